#pragma once

#include <Eigen/Core>

#include "core/train/scheme_tables.h"

namespace eq::train {

/// λ on the simplex with the least ½‖Σ λ_t f_t + ν q‖² − ν φ‖q‖², ν = max(0, Σ λ_t π_t) the best
/// for it, π_t = φ − ⟨q, f_t⟩/‖q‖²: d = Σ λ_t f_t + ν q lowers all f_t as far as they can be
/// lowered together while q falls by φ‖q‖² at the least. \param products [K + 1, K + 1] of f_1..f_K
/// and q.
struct ForumWeights {
  Eigen::VectorXd lambda;  ///< [K]
  double nu = 0;
};
ForumWeights forumWeights(const Eigen::MatrixXd& products, double phi);
/// ν of given weights.
double forumNu(const Eigen::MatrixXd& products, const Eigen::VectorXd& lambda, double phi);

SchemeRow forumRow();

}  // namespace eq::train

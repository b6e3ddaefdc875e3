#pragma once

#include <vector>

#include "core/merge/question.h"

namespace eq::merge {

/// The triples of a thin SVD that count; those with σ at most the threshold are left out.
struct Triples {
  Eigen::MatrixXd u, v;   ///< columns of what is kept
  Eigen::VectorXd sigma;  ///< of what is kept, descending
  Eigen::Index rank = 0;  ///< min(rows, columns)
};

/// \param tolerance of the largest σ, or of `reference` where that is above 0.
Triples triplesOf(const Eigen::MatrixXd& matrix, double tolerance, double reference = 0);

/// The first `count` at most.
Triples firstOf(const Triples& triples, Eigen::Index count);

double largestSingularValue(const Eigen::MatrixXd& matrix);

/// Σ p_i q_iᵀ over the σ_i above tolerance·σ_1: the nearest partial isometry.
Eigen::MatrixXd polarFactor(const Eigen::MatrixXd& matrix, double tolerance);

/// Side by side.
struct Stacked {
  Eigen::MatrixXd u, v;
  Eigen::VectorXd sigma;
};
Stacked stacked(const std::vector<Triples>& parts, Eigen::Index rows, Eigen::Index columns);

/// σ with zeros up to `count` numbers.
std::vector<double> paddedSigma(const Eigen::VectorXd& sigma, Eigen::Index count);

}  // namespace eq::merge

#pragma once

#include <vector>

#include <Eigen/Core>

#include "core/train/scheme_tables.h"

namespace eq::train {

/// The probability that a round is a curriculum: a third each of the share of losses more than two
/// standard deviations from their mean, of e^(−round/1000) and of e^(−mean normalised loss/40).
double camrlIndex(const Eigen::VectorXd& losses, const Eigen::VectorXd& firstLosses,
                  std::int64_t round);

/// What CAMRL makes of one task's row of the transfer matrix.
struct CamrlTask {
  Eigen::Index task = 0;
  Eigen::VectorXd losses;               ///< [K]
  Eigen::MatrixXd heads;                ///< [K, features] mean of each head's weights; or empty
  Eigen::MatrixXd transfer;             ///< [K, K] B >= 0
  std::vector<Eigen::Index> untrained;  ///< in the round, this one included
  Eigen::Vector2d rankScales = {1, 1};  ///< what the two rank terms are divided by

  /// (1 + μ|B_t|₁) L_t; λ Σ_s ‖w_s − Σ_j B_js w_j − B_ts w_t‖², s untrained, j trained; the squared
  /// differences of B_t's soft ranks from those of the losses and of the heads' cosines.
  Eigen::Vector4d terms(const Eigen::VectorXd& row) const;
  double cost(const Eigen::VectorXd& row) const;
  /// B_t after ten steps of Frank and Wolfe within 0.05 of what it is.
  Eigen::VectorXd improved() const;
};

SchemeRow curriculumCamrlRow();

}  // namespace eq::train

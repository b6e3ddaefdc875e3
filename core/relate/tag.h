#pragma once

#include <optional>
#include <vector>

#include <Eigen/Core>

namespace eq::relate {

/// The losses of K tasks at one probe.
struct Probe {
  Eigen::VectorXd before;  ///< [K]
  Eigen::MatrixXd after;   ///< [K, K] row i: after a step of plain SGD for task i alone
};

/// What a gradient step for task i does for the loss of task j: the mean over the probes of
/// 1 − after_ij/before_j, [K, K]; above 0 it helps. A probe without a number for a pair is left out
/// of its mean; NaN where none has one. Fifty et al., NeurIPS 2021.
Eigen::MatrixXd tagAffinity(const std::vector<Probe>& probes);

/// The same in first order: η G_ij/L_j.
struct GramianProbe {
  Eigen::MatrixXd gramian;  ///< [K, K]
  Eigen::VectorXd losses;   ///< [K]
  double rate = 0;          ///< η
};
Eigen::MatrixXd tagAffinity(const std::vector<GramianProbe>& probes);

}  // namespace eq::relate

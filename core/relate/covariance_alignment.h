#pragma once

#include <Eigen/Core>

namespace eq::relate {

/// How alike the inputs of two tasks are spread: ‖F_xᵀF_y‖/(‖F_x‖ ‖F_y‖), F = U D^½ of XᵀX = U D
/// Uᵀ, not centred, of the fewest directions that hold the share `variance` of the trace. Between 0
/// and 1; of equal inputs ‖D‖/tr D, not 1. NaN where one of them is 0 throughout. Wu, Zhang, Ré,
/// ICLR 2020. \param x [n, D]. \param y [m, D].
double covarianceAlignment(const Eigen::MatrixXd& x, const Eigen::MatrixXd& y, double variance);

}  // namespace eq::relate

#pragma once

#include <Eigen/Core>

namespace eq::balance {

/// Quadratic programs on the Gramian, solved exactly by an active set. G is symmetric and positive
/// semi-definite with a positive diagonal; rows may differ in length by many decades.

/// argmin over the simplex of wᵀ G w / 2 + bᵀ w, with b in the range of G. \param start support to
/// begin with, a point of the simplex; empty: a vertex.
Eigen::VectorXd minimizeOnSimplex(const Eigen::MatrixXd& gramian, const Eigen::VectorXd& linear,
                                  const Eigen::VectorXd& start = {});

/// The point of least norm in the convex hull of the gradients: argmin over the simplex of wᵀ G w.
Eigen::VectorXd minNormPoint(const Eigen::MatrixXd& gramian);

/// argmin over u >= 0 of uᵀ G u / 2 + bᵀ u. Where there is none, b leaves the range of G and the
/// result is not feasible for the dual: some (G u + b)_i < 0.
Eigen::VectorXd minimizeOnOrthant(const Eigen::MatrixXd& gramian, const Eigen::VectorXd& linear);

/// argmin over v >= u of vᵀ G v. Jᵀ v is then the projection of Jᵀ u onto the cone of the
/// directions that conflict with no gradient, {d: J d >= 0}.
Eigen::VectorXd dualConePoint(const Eigen::MatrixXd& gramian, const Eigen::VectorXd& lower);

}  // namespace eq::balance

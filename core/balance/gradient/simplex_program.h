#pragma once

#include <Eigen/Core>

namespace eq::balance {

/// argmin over the simplex of wᵀ S w / 2 + bᵀ w for any symmetric S, as products of gradients of
/// two batches leave it: definite or not. Where S is not convex along the simplex and K is at most
/// 10, the least of all faces; beyond, the least that descents from every vertex and from the
/// middle come to.
Eigen::VectorXd leastOnSimplex(const Eigen::MatrixXd& symmetric, const Eigen::VectorXd& linear);

}  // namespace eq::balance

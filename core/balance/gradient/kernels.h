#pragma once

#include <optional>

#include <Eigen/Core>

namespace eq::balance {

/// Euclidean projection onto the simplex {w >= 0, sum w = 1}.
Eigen::VectorXd projectOntoSimplex(const Eigen::VectorXd& v);

/// α > 0 with G α = α^(-1/a): Nash-MTL with a = 1, FairGrad with any a > 0. Nothing when there is
/// none: some w >= 0, w ≠ 0 has Jᵀ w = 0 (a Pareto-stationary point).
std::optional<Eigen::VectorXd> positiveFixedPoint(const Eigen::MatrixXd& gramian, double a);

/// The weights, made smaller where ‖Jᵀ w‖ is above `longest`; 0: no limit.
Eigen::VectorXd shortened(const Eigen::MatrixXd& gramian, const Eigen::VectorXd& weights,
                          double longest);

/// Whether Jᵀ w, w >= 0, is zero to what the Gramian resolves.
bool cancels(const Eigen::MatrixXd& gramian, const Eigen::VectorXd& weights);

/// argmin over the simplex of wᵀ G p + c ‖g₀‖ √(wᵀ G w) with p = 1/K and ‖g₀‖² = pᵀ G p.
Eigen::VectorXd cagradPoint(const Eigen::MatrixXd& gramian, double c);

}  // namespace eq::balance

#pragma once

#include <optional>

#include <Eigen/Core>

namespace eq::balance {

/// Euclidean projection onto the simplex {w >= 0, sum w = 1}.
Eigen::VectorXd projectOntoSimplex(const Eigen::VectorXd& v);

/// argmin over the simplex of wᵀ G w / 2 + bᵀ w, exactly, by an active set. G is symmetric and
/// positive semi-definite with a positive diagonal, b in its range. \param start support to begin
/// with, a point of the simplex; empty: a vertex.
Eigen::VectorXd minimizeOnSimplex(const Eigen::MatrixXd& gramian, const Eigen::VectorXd& linear,
                                  const Eigen::VectorXd& start = {});

/// The point of least norm in the convex hull of the gradients: argmin over the simplex of wᵀ G w.
Eigen::VectorXd minNormPoint(const Eigen::MatrixXd& gramian);

/// α > 0 with G α = α^(-1/a): Nash-MTL with a = 1, FairGrad with any a > 0. Nothing when there is
/// none: some w >= 0, w ≠ 0 has Jᵀ w = 0 (a Pareto-stationary point).
std::optional<Eigen::VectorXd> positiveFixedPoint(const Eigen::MatrixXd& gramian, double a);

/// Whether Jᵀ w, w >= 0, is zero to what the Gramian resolves.
bool cancels(const Eigen::MatrixXd& gramian, const Eigen::VectorXd& weights);

/// argmin over the simplex of wᵀ G p + c ‖g₀‖ √(wᵀ G w) with p = 1/K and ‖g₀‖² = pᵀ G p.
Eigen::VectorXd cagradPoint(const Eigen::MatrixXd& gramian, double c);

}  // namespace eq::balance

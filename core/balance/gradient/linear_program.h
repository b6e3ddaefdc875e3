#pragma once

#include <optional>

#include <Eigen/Core>

namespace eq::balance {

/// The point of the simplex {β >= 0, Σ β = 1} that maximises `gain`·β subject to `rows` β >=
/// `lower`; nothing where no point of the simplex fulfils them. Exact up to rounding, by the
/// two-phase simplex method on a dense tableau. An entry of `lower` of minus infinity asks for
/// nothing.
std::optional<Eigen::VectorXd> bestOnSimplex(const Eigen::VectorXd& gain,
                                             const Eigen::MatrixXd& rows,
                                             const Eigen::VectorXd& lower);

}  // namespace eq::balance

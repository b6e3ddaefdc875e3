#pragma once

#include <vector>

#include <Eigen/Core>

namespace eq {

/// Indices of the rows that are not zero: ‖g_k‖² > 1e-24 tr G. \param squares [K] diagonal of G.
std::vector<Eigen::Index> nonZeroRows(const Eigen::VectorXd& squares);

/// Eigenvalues above λ_max K ε in ascending order, with their vectors as columns.
struct SymmetricEigen {
  Eigen::VectorXd values;
  Eigen::MatrixXd vectors;
};
SymmetricEigen keptEigen(const Eigen::MatrixXd& symmetric);

/// G⁺ b with the same cut.
Eigen::VectorXd pseudoSolve(const Eigen::MatrixXd& symmetric, const Eigen::VectorXd& right);

}  // namespace eq

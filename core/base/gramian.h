#pragma once

#include <vector>

#include <Eigen/Core>

namespace eq {

/// Indices of the rows that are not zero: ‖g_k‖² > 1e-24 tr G. \param squares [K] diagonal of G.
std::vector<Eigen::Index> nonZeroRows(const Eigen::VectorXd& squares);

/// The rounding of the numbers that gradients were computed in: below λ_max K times it an
/// eigenvalue is noise.
constexpr double kDoubleRounding = 2.220446049250313e-16;
constexpr double kSingleRounding = 5.960464477539063e-08;

/// Eigenvalues above λ_max K ε, ε the `rounding`, in ascending order, with their vectors as
/// columns.
struct SymmetricEigen {
  Eigen::VectorXd values;
  Eigen::MatrixXd vectors;
};
SymmetricEigen keptEigen(const Eigen::MatrixXd& symmetric, double rounding = kDoubleRounding);

/// The eigenvalues of a Gramian that belong to its rank, each to its own digits however unlike the
/// rows are in length: by the singular values of a factor A with G = A Aᵀ, whose rank is found in
/// the matrix of cosines. \pre a positive diagonal.
SymmetricEigen gradedEigen(const Eigen::MatrixXd& gramian, double rounding = kDoubleRounding);

/// Places of vectors with this Gramian: V, lower triangular, with V Vᵀ = G. Row 0 lies along the
/// first axis, row 1 in the plane of the first two, and so on; what is left of a row that depends
/// on those before it is 0. \pre positive semidefinite.
Eigen::MatrixXd coordinatesOf(const Eigen::MatrixXd& gramian);

/// G⁺ b with the same cut.
Eigen::VectorXd pseudoSolve(const Eigen::MatrixXd& symmetric, const Eigen::VectorXd& right,
                            double rounding = kDoubleRounding);

}  // namespace eq

#include "core/base/gramian.h"

#include <algorithm>
#include <limits>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/SVD>

namespace eq {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kZeroRow = 1e-24;
/// Pivots of cosines below so many K ε are rounding.
constexpr double kRankCut = 16;

}  // namespace

std::vector<Index> nonZeroRows(const VectorXd& squares) {
  const double limit = kZeroRow * squares.sum();
  std::vector<Index> rows;
  for (Index k = 0; k < squares.size(); ++k)
    if (squares[k] > limit) rows.push_back(k);
  return rows;
}

SymmetricEigen keptEigen(const MatrixXd& symmetric) {
  const Index size = symmetric.rows();
  if (size == 0) return {};
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver((symmetric + symmetric.transpose()) / 2);
  const auto& values = solver.eigenvalues();
  const double cut = std::max(
      0.0, values[size - 1] * static_cast<double>(size) * std::numeric_limits<double>::epsilon());
  Index kept = 0;
  while (kept < size && values[size - 1 - kept] > cut) ++kept;
  return {values.tail(kept), solver.eigenvectors().rightCols(kept)};
}

namespace {

/// A with C = A Aᵀ, one column for each rank, largest first.
MatrixXd factorOf(const MatrixXd& cosines) {
  const Eigen::LDLT<MatrixXd> factored(cosines);
  const VectorXd pivots = factored.vectorD();
  const double cut =
      kRankCut * static_cast<double>(cosines.rows()) * std::numeric_limits<double>::epsilon();
  Index rank = 0;
  while (rank < pivots.size() && pivots[rank] > cut) ++rank;
  const MatrixXd lower = MatrixXd(factored.matrixL()).leftCols(rank);
  const MatrixXd columns = lower * pivots.head(rank).cwiseSqrt().asDiagonal();
  return factored.transpositionsP().transpose() * columns;
}

}  // namespace

SymmetricEigen gradedEigen(const MatrixXd& gramian) {
  if (gramian.rows() == 0) return {};
  const VectorXd norms = gramian.diagonal().cwiseSqrt();
  const VectorXd inverse = norms.cwiseInverse();
  const MatrixXd factor =
      norms.asDiagonal() * factorOf(inverse.asDiagonal() * gramian * inverse.asDiagonal());
  const Eigen::JacobiSVD<MatrixXd> svd(factor, Eigen::ComputeThinU);
  return {svd.singularValues().cwiseAbs2().reverse(), svd.matrixU().rowwise().reverse()};
}

VectorXd pseudoSolve(const MatrixXd& symmetric, const VectorXd& right) {
  const auto [values, vectors] = keptEigen(symmetric);
  return vectors * (vectors.transpose() * right).cwiseQuotient(values);
}

}  // namespace eq

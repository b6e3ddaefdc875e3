#include "core/base/gramian.h"

#include <algorithm>
#include <limits>

#include <Eigen/Eigenvalues>

namespace eq {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kZeroRow = 1e-24;

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

VectorXd pseudoSolve(const MatrixXd& symmetric, const VectorXd& right) {
  const auto [values, vectors] = keptEigen(symmetric);
  return vectors * (vectors.transpose() * right).cwiseQuotient(values);
}

}  // namespace eq

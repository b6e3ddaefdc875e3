#include "core/base/gramian.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <Eigen/Eigenvalues>
#include <Eigen/Jacobi>

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

SymmetricEigen keptEigen(const MatrixXd& symmetric, double rounding) {
  const Index size = symmetric.rows();
  if (size == 0) return {};
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver((symmetric + symmetric.transpose()) / 2);
  const auto& values = solver.eigenvalues();
  const double cut = std::max(0.0, values[size - 1] * static_cast<double>(size) * rounding);
  Index kept = 0;
  while (kept < size && values[size - 1 - kept] > cut) ++kept;
  return {values.tail(kept), solver.eigenvectors().rightCols(kept)};
}

MatrixXd coordinatesOf(const MatrixXd& gramian) {
  constexpr double kDependent = 1e-12;  // of a row's square: rounding
  MatrixXd places = MatrixXd::Zero(gramian.rows(), gramian.rows());
  for (Index k = 0; k < gramian.rows(); ++k) {
    for (Index j = 0; j < k; ++j)
      if (places(j, j) > 0)
        places(k, j) =
            (gramian(k, j) - places.row(k).head(j).dot(places.row(j).head(j))) / places(j, j);
    const double left = gramian(k, k) - places.row(k).head(k).squaredNorm();
    if (left > kDependent * gramian(k, k)) places(k, k) = std::sqrt(left);
  }
  return places;
}

namespace {

/// A with C = A Aᵀ, one column for each rank, largest pivot first. By hand: Eigen's LDLT looks for
/// the next pivot among diagonals that it has not brought up to date, so that a row which depends
/// on those before it ends the factor, whatever comes after it.
MatrixXd factorOf(MatrixXd rest, double rounding) {
  const Index size = rest.rows();
  const double cut = kRankCut * static_cast<double>(size) * rounding;
  MatrixXd factor(size, size);
  for (Index rank = 0; rank < size; ++rank) {
    Index pivot = 0;
    const double largest = rest.diagonal().maxCoeff(&pivot);
    if (!(largest > cut)) return factor.leftCols(rank);
    factor.col(rank) = rest.col(pivot) / std::sqrt(largest);
    rest -= factor.col(rank) * factor.col(rank).transpose();
  }
  return factor;
}

struct Rotated {
  MatrixXd columns, rotation;
};

/// A V with orthogonal columns, and V: Jacobi's rotations from one side, until every pair is
/// orthogonal next to its own lengths. Columns of very unlike lengths keep their digits.
Rotated orthogonalColumns(MatrixXd columns) {
  constexpr int kSweeps = 60;
  constexpr double kOrthogonal = 4 * std::numeric_limits<double>::epsilon();
  const Index count = columns.cols();
  MatrixXd rotation = MatrixXd::Identity(count, count);
  bool turned = true;
  for (int sweep = 0; sweep < kSweeps && turned; ++sweep) {
    turned = false;
    for (Index i = 0; i < count; ++i)
      for (Index j = i + 1; j < count; ++j) {
        const double a = columns.col(i).squaredNorm(), b = columns.col(j).squaredNorm();
        const double along = columns.col(i).dot(columns.col(j));
        if (std::abs(along) <= kOrthogonal * std::sqrt(a) * std::sqrt(b)) continue;
        turned = true;
        Eigen::JacobiRotation<double> turn;
        turn.makeJacobi(a, along, b);
        columns.applyOnTheRight(i, j, turn);
        rotation.applyOnTheRight(i, j, turn);
      }
  }
  return {std::move(columns), std::move(rotation)};
}

}  // namespace

SymmetricEigen gradedEigen(const MatrixXd& gramian, double rounding) {
  const Index size = gramian.rows();
  if (size == 0) return {};
  const VectorXd norms = gramian.diagonal().cwiseSqrt();
  const VectorXd inverse = norms.cwiseInverse();
  const MatrixXd factor = factorOf(inverse.asDiagonal() * gramian * inverse.asDiagonal(), rounding);
  const auto [columns, rotation] = orthogonalColumns(factor.transpose() * norms.asDiagonal());
  const VectorXd squares = columns.colwise().squaredNorm();
  std::vector<Index> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](Index i, Index j) { return squares[i] < squares[j]; });
  order.erase(order.begin(), order.begin() + (size - factor.cols()));
  return {squares(order), rotation(Eigen::all, order)};
}

VectorXd pseudoSolve(const MatrixXd& symmetric, const VectorXd& right, double rounding) {
  const auto [values, vectors] = keptEigen(symmetric, rounding);
  return vectors * (vectors.transpose() * right).cwiseQuotient(values);
}

}  // namespace eq

#include "core/balance/gradient/linear_program.h"

#include <cmath>
#include <vector>

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kZero = 1e-11;  ///< of numbers of the size of 1

/// The size of the largest entry; 1 of zeros.
double largestOf(const VectorXd& values) {
  const double largest = values.cwiseAbs().maxCoeff();
  return largest > 0 ? largest : 1;
}

/// A x = b, x >= 0, b >= 0, with a basis: each row is solved for one variable. The last row is the
/// objective's: minus what a variable would gain, and the value reached.
class Tableau {
 public:
  /// Columns: K weights, a surplus for each inequality, an artificial variable for each row, b.
  Tableau(const MatrixXd& rows, const VectorXd& lower)
      : weights_(rows.cols()),
        columns_(rows.cols() + rows.rows()),
        table_(MatrixXd::Zero(rows.rows() + 2, columns_ + rows.rows() + 2)) {
    const Index count = rows.rows();
    table_.row(0).head(weights_).setOnes();
    table_(0, last()) = 1;
    for (Index i = 0; i < count; ++i) {
      const double sign = lower[i] < 0 ? -1 : 1;
      table_.row(i + 1).head(weights_) = sign * rows.row(i);
      table_(i + 1, weights_ + i) = -sign;
      table_(i + 1, last()) = sign * lower[i];
    }
    for (Index i = 0; i <= count; ++i) {
      table_(i, columns_ + i) = 1;
      basis_.push_back(columns_ + i);
    }
  }

  /// Drives the artificial variables to 0. \returns whether that is possible.
  bool findStart() {
    const Index goal = table_.rows() - 1;
    for (Index i = 0; i < goal; ++i) {
      table_.row(goal).head(columns_) -= table_.row(i).head(columns_);
      table_(goal, last()) -= table_(i, last());
    }
    improve();
    if (table_(goal, last()) < -kZero) return false;
    for (Index i = 0; i < goal; ++i)
      if (basis_[static_cast<size_t>(i)] >= columns_) leave(i);
    return true;
  }

  VectorXd maximise(const VectorXd& gain) {
    const Index goal = table_.rows() - 1;
    table_.row(goal).setZero();
    table_.row(goal).head(weights_) = -gain;
    for (Index i = 0; i < goal; ++i) {
      const Index variable = basis_[static_cast<size_t>(i)];
      if (variable < weights_) table_.row(goal) += gain[variable] * table_.row(i);
    }
    improve();
    VectorXd best = VectorXd::Zero(weights_);
    for (Index i = 0; i < goal; ++i)
      if (const Index variable = basis_[static_cast<size_t>(i)]; variable < weights_)
        best[variable] = std::max(table_(i, last()), 0.0);
    return best;
  }

 private:
  Index last() const { return table_.cols() - 1; }

  /// An artificial variable that stays in the basis at 0 gives its place to any other.
  void leave(Index row) {
    Index column = 0;
    table_.row(row).head(columns_).cwiseAbs().maxCoeff(&column);
    if (std::abs(table_(row, column)) > kZero) pivot(row, column);
  }

  /// Pivots until no variable gains: the one that gains the most, and where that goes round in
  /// circles the first one (Bland), which never does.
  void improve() {
    const Index patience = 10 * table_.cols();
    for (Index round = 0; round < 100 * patience; ++round) {
      const Index column = entering(round > patience);
      const Index row = column < 0 ? -1 : leaving(column);
      if (row < 0) return;
      pivot(row, column);
    }
  }

  Index entering(bool first) const {
    const auto goal = table_.row(table_.rows() - 1);
    Index found = -1;
    for (Index j = 0; j < columns_; ++j) {
      if (goal[j] >= -kZero || (found >= 0 && (first || goal[j] >= goal[found]))) continue;
      found = j;
    }
    return found;
  }

  Index leaving(Index column) const {
    Index found = -1;
    double least = 0;
    for (Index i = 0; i + 1 < table_.rows(); ++i) {
      if (table_(i, column) <= kZero) continue;
      const double ratio = table_(i, last()) / table_(i, column);
      const bool isTie = found >= 0 && ratio == least;
      if (found >= 0 && ratio > least) continue;
      if (isTie && basis_[static_cast<size_t>(i)] > basis_[static_cast<size_t>(found)]) continue;
      found = i;
      least = ratio;
    }
    return found;
  }

  void pivot(Index row, Index column) {
    table_.row(row) /= table_(row, column);
    for (Index i = 0; i < table_.rows(); ++i)
      if (i != row) table_.row(i) -= table_(i, column) * table_.row(row);
    basis_[static_cast<size_t>(row)] = column;
  }

  Index weights_, columns_;
  MatrixXd table_;
  std::vector<Index> basis_;
};

}  // namespace

std::optional<VectorXd> bestOnSimplex(const VectorXd& gain, const MatrixXd& rows,
                                      const VectorXd& lower) {
  std::vector<Index> asked;
  for (Index i = 0; i < lower.size(); ++i)
    if (std::isfinite(lower[i])) asked.push_back(i);
  MatrixXd scaledRows = rows(asked, Eigen::all);
  VectorXd scaledLower = lower(asked);
  for (Index i = 0; i < scaledRows.rows(); ++i) {
    const double largest = largestOf(scaledRows.row(i));
    scaledRows.row(i) /= largest;
    scaledLower[i] /= largest;
  }
  Tableau tableau(scaledRows, scaledLower);
  if (!tableau.findStart()) return std::nullopt;
  const VectorXd best = tableau.maximise(gain / largestOf(gain));
  return VectorXd(best / best.sum());
}

}  // namespace eq::balance

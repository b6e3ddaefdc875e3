#include "core/gradient/conflict.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <Eigen/SVD>

#include "core/base/gramian.h"

namespace eq::gradient {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
/// ‖g_i + g_j‖² below this share of ‖g_i‖² + ‖g_j‖² is rounding.
constexpr double kOpposite = 4 * kEpsilon;

/// Rows that are neither zero nor spoilt by a value that is not finite.
std::vector<Index> usableRows(const MatrixXd& gramian) {
  const VectorXd squares = gramian.diagonal().array().isFinite().select(
      gramian.diagonal(), VectorXd::Zero(gramian.rows()));
  return nonZeroRows(squares);
}

void comparePair(Conflict& result, const MatrixXd& gramian, Index i, Index j) {
  const double product = result.norms[i] * result.norms[j];
  const double squares = gramian(i, i) + gramian(j, j);
  const double cosine = std::clamp(gramian(i, j) / product, -1.0, 1.0);
  const double sum = squares + 2 * gramian(i, j);
  const double difference = std::max(0.0, squares - 2 * gramian(i, j));
  result.cosines(i, j) = cosine;
  result.angles(i, j) = std::acos(cosine) * 180 / std::numbers::pi;
  result.magnitudeSimilarity(i, j) = 2 * product / squares;
  result.curvature(i, j) =
      sum <= kOpposite * squares ? kNan : (1 - cosine * cosine) * difference / sum;
}

void compareSelf(Conflict& result, Index i) {
  result.cosines(i, i) = 1;
  result.angles(i, i) = 0;
  result.magnitudeSimilarity(i, i) = 1;
  result.curvature(i, i) = 0;
}

void decompose(Conflict& result, const MatrixXd& gramian) {
  result.sumNorm = std::sqrt(std::max(0.0, gramian.sum()));
  result.conditionNumber = kNan;
  if (!gramian.allFinite()) {
    result.sumNorm = kNan;
    return;
  }
  const auto kept = keptEigen(gramian);
  result.rank = kept.values.size();
  if (result.rank > 0)
    result.conditionNumber = std::sqrt(kept.values[result.rank - 1] / kept.values[0]);
}

void decomposeRows(Conflict& result, const MatrixXd& jacobian) {
  result.sumNorm = jacobian.colwise().sum().norm();
  const VectorXd singular = jacobian.transpose().jacobiSvd().singularValues();
  const double rounding = static_cast<double>(jacobian.rows()) * kEpsilon;
  const double cut = singular[0] * std::sqrt(rounding);
  result.rank = (singular.array() > cut).count();
  result.conditionNumber = result.rank == 0 ? kNan : singular[0] / singular[result.rank - 1];
}

}  // namespace

Conflict conflict(const MatrixXd& gramian) {
  const Index count = gramian.rows();
  const MatrixXd unknown = MatrixXd::Constant(count, count, kNan);
  Conflict result;
  result.norms = gramian.diagonal().cwiseSqrt();
  result.cosines = result.angles = result.magnitudeSimilarity = result.curvature = unknown;
  const auto rows = usableRows(gramian);
  for (const Index i : rows)
    for (const Index j : rows)
      if (i == j)
        compareSelf(result, i);
      else
        comparePair(result, gramian, i, j);
  decompose(result, gramian);
  return result;
}

Conflict conflictOfRows(const MatrixXd& jacobian) {
  const MatrixXd gramian = jacobian * jacobian.transpose();
  Conflict result = conflict(gramian);
  if (gramian.allFinite() && jacobian.size() > 0) decomposeRows(result, jacobian);
  return result;
}

void ConflictFrequency::add(const MatrixXd& cosines) {
  const Index count = cosines.rows();
  if (seen_.size() == 0) conflicts_ = seen_ = MatrixXd::Zero(count, count);
  int pairs = 0;
  int inConflict = 0;
  for (Index i = 0; i < count; ++i)
    for (Index j = i + 1; j < count; ++j) {
      if (std::isnan(cosines(i, j))) continue;
      const int negative = cosines(i, j) < 0;
      seen_(i, j) += 1;
      conflicts_(i, j) += negative;
      ++pairs;
      inConflict += negative;
    }
  shares_.push_back(pairs == 0 ? kNan : static_cast<double>(inConflict) / pairs);
}

MatrixXd ConflictFrequency::pairs() const {
  MatrixXd shares = MatrixXd::Zero(seen_.rows(), seen_.cols());
  for (Index i = 0; i < seen_.rows(); ++i)
    for (Index j = i + 1; j < seen_.cols(); ++j)
      shares(i, j) = shares(j, i) = seen_(i, j) == 0 ? kNan : conflicts_(i, j) / seen_(i, j);
  return shares;
}

double ConflictFrequency::meanFrom(size_t first) const {
  double sum = 0;
  int count = 0;
  for (size_t t = first; t < shares_.size(); ++t) {
    if (std::isnan(shares_[t])) continue;
    sum += shares_[t];
    ++count;
  }
  return count == 0 ? kNan : sum / count;
}

}  // namespace eq::gradient

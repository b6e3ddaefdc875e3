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
/// Between these, sums of products neither overflow, nor does a 1e-24th part of them vanish.
constexpr double kSmallest = 0x1p-400;
constexpr double kLargest = 0x1p480;

/// Rows that are neither zero nor spoilt by a value that is not finite.
std::vector<Index> usableRows(const MatrixXd& gramian) {
  const VectorXd squares = gramian.diagonal().array().isFinite().select(
      gramian.diagonal(), VectorXd::Zero(gramian.rows()));
  return nonZeroRows(squares);
}

/// \param product ‖g_i‖ ‖g_j‖. \param dot <g_i, g_j>.
PairConflict compared(double squares, double product, double dot, double cosine) {
  const double sum = squares + 2 * dot;
  const double difference = std::max(0.0, squares - 2 * dot);
  return {std::acos(cosine) * 180 / std::numbers::pi, 2 * product / squares,
          sum <= kOpposite * squares ? kNan : (1 - cosine * cosine) * difference / sum};
}

void comparePair(Conflict& result, const MatrixXd& gramian, Index i, Index j) {
  const double product = result.norms[i] * result.norms[j];
  const double cosine = std::clamp(gramian(i, j) / product, -1.0, 1.0);
  const auto pair = compared(gramian(i, i) + gramian(j, j), product, gramian(i, j), cosine);
  result.cosines(i, j) = cosine;
  result.angles(i, j) = pair.angle;
  result.magnitudeSimilarity(i, j) = pair.magnitudeSimilarity;
  result.curvature(i, j) = pair.curvature;
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

/// The power of two that brings the largest number near 1; 0 where the squares are safe as they
/// are.
int exponentOf(const MatrixXd& numbers) {
  const double largest = numbers.size() == 0 ? 0 : numbers.cwiseAbs().maxCoeff();
  if (largest == 0 || (largest >= kSmallest && largest <= kLargest)) return 0;
  return std::ilogb(largest);
}

MatrixXd timesPowerOfTwo(const MatrixXd& numbers, int exponent) {
  if (exponent == 0) return numbers;
  return numbers.unaryExpr([exponent](double number) { return std::ldexp(number, exponent); });
}

double lengthOf(const VectorXd& vector) {
  const int exponent = exponentOf(vector);
  return std::ldexp(timesPowerOfTwo(vector, -exponent).norm(), exponent);
}

/// \param exponent that of the rows.
double lengthOfSum(const MatrixXd& rows, int exponent) {
  const VectorXd sum = rows.colwise().sum();
  if (!sum.allFinite())
    return std::ldexp(timesPowerOfTwo(rows, -exponent).colwise().sum().norm(), exponent);
  return exponentOf(sum) == 0 ? rows.colwise().sum().norm() : lengthOf(sum);
}

/// \param exponent that of the rows, at whose scale `norms` were measured.
void scaleBack(VectorXd& norms, const MatrixXd& rows, int exponent) {
  for (Index k = 0; k < norms.size(); ++k) {
    const bool vanishes = std::ldexp(rows.row(k).cwiseAbs().maxCoeff(), -exponent) < kSmallest;
    norms[k] = vanishes ? lengthOf(rows.row(k)) : std::ldexp(norms[k], exponent);
  }
}

void decomposeRows(Conflict& result, const MatrixXd& jacobian) {
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
  // Rounding can leave a square of nearly nothing below 0.
  result.norms = (gramian.diagonal().array() < 0).select(0, gramian.diagonal()).cwiseSqrt();
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
  if (jacobian.size() == 0 || !jacobian.allFinite())
    return conflict(jacobian * jacobian.transpose());
  const int exponent = exponentOf(jacobian);
  const MatrixXd scaled = timesPowerOfTwo(jacobian, -exponent);
  Conflict result = conflict(scaled * scaled.transpose());
  decomposeRows(result, scaled);
  scaleBack(result.norms, jacobian, exponent);
  result.sumNorm = lengthOfSum(jacobian, exponent);
  return result;
}

PairConflict pairConflict(double normI, double normJ, double cosine) {
  if (std::isnan(cosine)) return {kNan, kNan, kNan};
  const double larger = std::max(normI, normJ);  // whose square may be no number
  const double i = normI / larger, j = normJ / larger, clipped = std::clamp(cosine, -1.0, 1.0);
  return compared(i * i + j * j, i * j, clipped * i * j, clipped);
}

double conflictShare(const MatrixXd& cosines) {
  int pairs = 0, inConflict = 0;
  for (Index i = 0; i < cosines.rows(); ++i)
    for (Index j = i + 1; j < cosines.rows(); ++j) {
      if (std::isnan(cosines(i, j))) continue;
      ++pairs;
      inConflict += cosines(i, j) < 0;
    }
  return pairs == 0 ? kNan : static_cast<double>(inConflict) / pairs;
}

void PairCounts::count(const MatrixXd& cosines, int sign) {
  const Index count = cosines.rows();
  if (seen_.size() == 0) conflicts_ = seen_ = sums_ = MatrixXd::Zero(count, count);
  for (Index i = 0; i < count; ++i)
    for (Index j = i + 1; j < count; ++j) {
      if (std::isnan(cosines(i, j))) continue;
      seen_(i, j) += sign;
      conflicts_(i, j) += cosines(i, j) < 0 ? sign : 0;
      sums_(i, j) += sign * cosines(i, j);
    }
}

MatrixXd PairCounts::shares() const {
  MatrixXd shares = MatrixXd::Zero(seen_.rows(), seen_.cols());
  for (Index i = 0; i < seen_.rows(); ++i)
    for (Index j = i + 1; j < seen_.cols(); ++j)
      shares(i, j) = shares(j, i) = seen_(i, j) == 0 ? kNan : conflicts_(i, j) / seen_(i, j);
  return shares;
}

MatrixXd PairCounts::meanCosines() const {
  MatrixXd means = MatrixXd::Identity(seen_.rows(), seen_.cols());
  for (Index i = 0; i < seen_.rows(); ++i)
    for (Index j = i + 1; j < seen_.cols(); ++j)
      means(i, j) = means(j, i) = seen_(i, j) == 0 ? kNan : sums_(i, j) / seen_(i, j);
  return means;
}

void ConflictFrequency::add(const MatrixXd& cosines) {
  counts_.add(cosines);
  shares_.push_back(conflictShare(cosines));
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

#include "core/merge/trimming.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/merge/method.h"

namespace eq::merge {
namespace {

Eigen::VectorXd largestEntries(const Eigen::VectorXd& vector, Eigen::Index n) {
  std::vector<Eigen::Index> order(static_cast<size_t>(vector.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  const auto before = [&](Eigen::Index a, Eigen::Index b) {
    const double x = std::abs(vector[a]), y = std::abs(vector[b]);
    return x != y ? x > y : a < b;
  };
  std::nth_element(order.begin(), order.begin() + n, order.end(), before);
  Eigen::VectorXd kept = Eigen::VectorXd::Zero(vector.size());
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto place = order[static_cast<size_t>(i)];
    kept[place] = vector[place];
  }
  return kept;
}

Eigen::VectorXd entriesFrom(const Eigen::VectorXd& vector, Eigen::Index rank) {
  std::vector<double> sizes(static_cast<size_t>(vector.size()));
  for (Eigen::Index i = 0; i < vector.size(); ++i)
    sizes[static_cast<size_t>(i)] = std::abs(vector[i]);
  std::nth_element(sizes.begin(), sizes.begin() + rank - 1, sizes.end());
  const double least = sizes[static_cast<size_t>(rank - 1)];
  return (vector.array().abs() >= least).select(vector, 0.0);
}

double signOf(double x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

/// Of the exact sum, by Shewchuk's expansions: parts that do not overlap, smallest first.
double signOfExactSum(const std::vector<double>& terms) {
  std::vector<double> parts;
  for (double sum : terms) {
    std::vector<double> next;
    for (const double part : parts) {
      const double high = sum + part, taken = high - sum;
      const double low = (sum - (high - taken)) + (part - taken);
      if (low != 0) next.push_back(low);
      sum = high;
    }
    if (sum != 0) next.push_back(sum);
    parts = std::move(next);
  }
  return parts.empty() ? 0 : signOf(parts.back());
}

/// Of Σ_k v_k, entry by entry: exact, so that the order of the vectors decides no sign.
Eigen::VectorXd signsOfSum(const Vectors& vectors) {
  Eigen::VectorXd sizes = Eigen::VectorXd::Zero(vectors[0].size());
  for (const auto& vector : vectors) sizes += vector.cwiseAbs();
  const Eigen::VectorXd sum = sumOf(vectors);
  Eigen::VectorXd signs = sum.unaryExpr(&signOf);
  const double rounding =
      static_cast<double>(vectors.size()) * std::numeric_limits<double>::epsilon();
  for (Eigen::Index i = 0; i < sum.size(); ++i) {
    if (std::abs(sum[i]) > rounding * sizes[i]) continue;
    std::vector<double> terms;
    for (const auto& vector : vectors) terms.push_back(vector[i]);
    signs[i] = signOfExactSum(terms);
  }
  return signs;
}

}  // namespace

Eigen::VectorXd trimmed(const Eigen::VectorXd& vector, double keep, TrimCount count) {
  const auto d = vector.size();
  const auto n = std::min(countOfShare(keep, d), d);
  if (n == d) return vector;
  if (keep == 0) return Eigen::VectorXd::Zero(d);  // "released" would keep one entry and its ties
  return count == TrimCount::exact ? largestEntries(vector, n) : entriesFrom(vector, d - n);
}

Eigen::VectorXd electedSigns(const Vectors& vectors) {
  const Eigen::VectorXd signs = signsOfSum(vectors);
  const double majority = signs.sum() < 0 ? -1 : 1;
  return (signs.array() == 0).select(majority, signs);
}

Eigen::VectorXd agreeing(const Eigen::VectorXd& vector, const Eigen::VectorXd& signs) {
  return (vector.array() * signs.array() > 0).select(vector, 0.0);
}

Eigen::VectorXd tiesVector(const Vectors& taus, double keep, TrimCount count, SignMerge merge) {
  Vectors kept;
  for (const auto& tau : taus) kept.push_back(trimmed(tau, keep, count));
  const auto signs = electedSigns(kept);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(signs.size());
  Eigen::VectorXd number = sum, largest = sum;
  for (const auto& tau : kept) {
    const auto part = agreeing(tau, signs);
    sum += part;
    largest = largest.cwiseMax(part.cwiseAbs()).eval();
    number.array() += (part.array() != 0).cast<double>();
  }
  if (merge == SignMerge::sum) return sum;
  if (merge == SignMerge::max) return signs.cwiseProduct(largest);
  return sum.cwiseQuotient(number.cwiseMax(1));
}

}  // namespace eq::merge

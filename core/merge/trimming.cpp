#include "core/merge/trimming.h"

#include <algorithm>
#include <cmath>
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

}  // namespace

Eigen::VectorXd trimmed(const Eigen::VectorXd& vector, double keep, TrimCount count) {
  const auto d = vector.size();
  const auto n = std::min(countOfShare(keep, d), d);
  if (n == d) return vector;
  return count == TrimCount::exact ? largestEntries(vector, n) : entriesFrom(vector, d - n);
}

Eigen::VectorXd electedSigns(const Vectors& vectors) {
  Eigen::VectorXd signs = sumOf(vectors).unaryExpr(&signOf);
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

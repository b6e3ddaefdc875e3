#include "core/metric/ordering.h"
#include "core/metric/undefined.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace eq::metric {
namespace {

bool isConstant(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(),
                     [&](double value) { return value == values.front(); });
}

double meanOf(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Merge sort of `values` from begin to end that counts the pairs out of order.
std::int64_t sortCountingSwaps(std::vector<double>& values, std::vector<double>& spare,
                               size_t begin, size_t end) {
  if (end - begin < 2) return 0;
  const size_t middle = begin + (end - begin) / 2;
  std::int64_t swaps = sortCountingSwaps(values, spare, begin, middle) +
                       sortCountingSwaps(values, spare, middle, end);
  size_t left = begin, right = middle;
  for (size_t k = begin; k < end; ++k) {
    const bool fromRight = left == middle || (right < end && values[right] < values[left]);
    if (fromRight) swaps += static_cast<std::int64_t>(middle - left);
    spare[k] = fromRight ? values[right++] : values[left++];
  }
  std::copy(spare.begin() + static_cast<std::ptrdiff_t>(begin),
            spare.begin() + static_cast<std::ptrdiff_t>(end),
            values.begin() + static_cast<std::ptrdiff_t>(begin));
  return swaps;
}

/// Pairs of equal values. \pre sorted.
double tiedPairs(const std::vector<double>& sorted) {
  double pairs = 0;
  double run = 0;
  for (size_t i = 1; i < sorted.size(); ++i) {
    run = sorted[i] == sorted[i - 1] ? run + 1 : 0;
    pairs += run;
  }
  return pairs;
}

}  // namespace

std::vector<double> averageRanks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double shared = static_cast<double>(begin + 1 + end) / 2;
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = shared;
    begin = end;
  }
  return ranks;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() < 2 || isConstant(a) || isConstant(b)) return kUndefined;
  const double meanA = meanOf(a), meanB = meanOf(b);
  double both = 0, squaresA = 0, squaresB = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    both += (a[i] - meanA) * (b[i] - meanB);
    squaresA += (a[i] - meanA) * (a[i] - meanA);
    squaresB += (b[i] - meanB) * (b[i] - meanB);
  }
  return std::clamp(both / (std::sqrt(squaresA) * std::sqrt(squaresB)), -1.0, 1.0);
}

double kendallWithStep(const std::vector<double>& values) {
  if (values.size() < 2 || isConstant(values)) return kUndefined;
  const auto count = static_cast<double>(values.size());
  std::vector<double> sorted = values, spare = values;
  const auto swaps = static_cast<double>(sortCountingSwaps(sorted, spare, 0, sorted.size()));
  const double pairs = count * (count - 1) / 2;
  const double untied = pairs - tiedPairs(sorted);
  return (untied - 2 * swaps) / (std::sqrt(pairs) * std::sqrt(untied));
}

}  // namespace eq::metric

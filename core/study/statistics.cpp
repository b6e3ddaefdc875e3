#include "core/study/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

#include "core/base/student.h"
#include "core/metric/ordering.h"

namespace eq::study {
namespace {

constexpr double kSameValue = 1e-9;     // share of a value
constexpr double kOutside95 = 0.05;     // of a 95 % interval
constexpr std::size_t kMostExact = 25;  // differences that are not 0

double plainMean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double plainMedian(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

/// Divides by n - 1.
double deviationOf(const std::vector<double>& values, double mean) {
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

/// The ranks of |differences|, and which of them belong to a difference above 0.
struct SignedRanks {
  std::vector<std::int64_t> doubled;  // whole numbers, as a shared rank ends in .5
  std::int64_t positive = 0;          // sum of those above 0
  std::int64_t all = 0;
};

SignedRanks signedRanks(const std::vector<double>& differences) {
  std::vector<double> sizes;
  for (const double difference : differences) sizes.push_back(std::abs(difference));
  SignedRanks ranks;
  std::size_t i = 0;
  for (const double rank : sharedRanks(std::move(sizes))) {
    const auto doubled = static_cast<std::int64_t>(std::llround(2 * rank));
    ranks.doubled.push_back(doubled);
    ranks.all += doubled;
    if (differences[i++] > 0) ranks.positive += doubled;
  }
  return ranks;
}

/// Twice the share of the 2^m signs whose sum of positive ranks is at most the smaller one found.
double exactP(const SignedRanks& ranks) {
  const auto least = std::min(ranks.positive, ranks.all - ranks.positive);
  std::vector<double> ways(static_cast<std::size_t>(least) + 1);  // of a sum; whole, below 2^25
  ways[0] = 1;
  for (const auto rank : ranks.doubled)
    for (auto sum = least; sum >= rank; --sum)
      ways[static_cast<std::size_t>(sum)] += ways[static_cast<std::size_t>(sum - rank)];
  const double count = std::accumulate(ways.begin(), ways.end(), 0.0);
  return std::min(1.0, 2 * std::ldexp(count, -static_cast<int>(ranks.doubled.size())));
}

/// sum (t³ - t) over the groups of t equal ranks.
double tieSum(std::vector<std::int64_t> ranks) {
  std::sort(ranks.begin(), ranks.end());
  double sum = 0;
  for (auto begin = ranks.begin(); begin != ranks.end();) {
    const auto end = std::upper_bound(begin, ranks.end(), *begin);
    const auto count = static_cast<double>(end - begin);
    sum += count * count * count - count;
    begin = end;
  }
  return sum;
}

double normalP(const SignedRanks& ranks) {
  const auto m = static_cast<double>(ranks.doubled.size());
  const double variance = m * (m + 1) * (2 * m + 1) / 24 - tieSum(ranks.doubled) / 48;
  const double distance =
      std::abs(static_cast<double>(ranks.positive) - static_cast<double>(ranks.all) / 2) / 2;
  return normalTails(std::max(0.0, distance - 0.5) / std::sqrt(variance));
}

}  // namespace

std::vector<double> sharedRanks(std::vector<double> values) {
  if (values.empty()) return {};
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  for (std::size_t i = 1; i < order.size(); ++i) {
    double& value = values[order[i]];
    const double before = values[order[i - 1]];
    if (value - before <= kSameValue * std::abs(value)) value = before;
  }
  return metric::averageRanks(values);
}

Summary summarise(const std::vector<double>& values) {
  Summary summary;
  if (values.empty()) return summary;
  summary.mean = plainMean(values);
  // Not a number has no place in an order.
  summary.median = std::isnan(*summary.mean) ? *summary.mean : plainMedian(values);
  if (values.size() < 2) return summary;
  const auto n = static_cast<double>(values.size());
  summary.deviation = deviationOf(values, *summary.mean);
  const double half = studentQuantile(kOutside95, static_cast<std::int64_t>(values.size()) - 1) *
                      *summary.deviation / std::sqrt(n);
  summary.low = *summary.mean - half;
  summary.high = *summary.mean + half;
  return summary;
}

double wilcoxonP(const std::vector<double>& differences) {
  std::vector<double> left;
  std::copy_if(differences.begin(), differences.end(), std::back_inserter(left),
               [](double difference) { return difference != 0; });
  if (left.empty()) return 1;
  const auto ranks = signedRanks(left);
  return left.size() <= kMostExact ? exactP(ranks) : normalP(ranks);
}

double pairedTP(const std::vector<double>& differences) {
  const auto [least, most] = std::minmax_element(differences.begin(), differences.end());
  if (*least == *most) return *least == 0 ? 1 : 0;
  const double mean = plainMean(differences);
  const double error =
      deviationOf(differences, mean) / std::sqrt(static_cast<double>(differences.size()));
  return studentTails(mean / error, static_cast<std::int64_t>(differences.size()) - 1);
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(p.size() - i) * p[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

}  // namespace eq::study

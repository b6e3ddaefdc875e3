#include "core/data/table_leaks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "core/data/number_resolution.h"

namespace eq::data {
namespace {

constexpr size_t kFewestPairs = 10;
constexpr double kSame = 1e-9;

/// Every text of the column goes with one value of the target, and stands twice on average.
bool determines(const CsvTable& table, const TableInputColumn& input, const TableTarget& target) {
  std::unordered_map<std::string_view, double> goesWith;
  size_t rows = 0;
  for (size_t row = 0; row < table.rows(); ++row) {
    const double value = target.values[row];
    const auto cell = trimmed(table.cell(row, input.column));
    if (std::isnan(value) || input.format.isMissing(cell)) continue;
    ++rows;
    if (const auto [found, isNew] = goesWith.emplace(cell, value); !isNew && found->second != value)
      return false;
  }
  return rows >= kFewestPairs && goesWith.size() > 1 && 2 * goesWith.size() <= rows;
}

/// The column's numbers beside the target's, where both are there; empty where it holds others.
std::vector<std::pair<double, double>> pairsOf(const CsvTable& table, const TableInputColumn& input,
                                               const TableTarget& target) {
  std::vector<std::pair<double, double>> pairs;
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto cell = table.cell(row, input.column);
    if (std::isnan(target.values[row]) || input.format.isMissingNumber(cell)) continue;
    const auto number = input.format.number(cell);
    if (!number) return {};
    pairs.emplace_back(*number, target.values[row]);
  }
  return pairs;
}

/// y = a x + b throughout, up to the rounding of both.
bool isLine(const std::vector<std::pair<double, double>>& pairs, double xRounding,
            double yRounding) {
  constexpr double kWide = 8;  // so far must the numbers spread beyond their rounding

  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  const auto count = static_cast<double>(pairs.size());
  for (const auto& [a, b] : pairs) x += a / count, y += b / count;
  for (const auto& [a, b] : pairs)
    xx += (a - x) * (a - x), yy += (b - y) * (b - y), xy += (a - x) * (b - y);
  if (!(xx > 0 && yy > 0)) return false;
  if (1 - xy * xy / (xx * yy) < kSame) return true;
  const double slope = xy / xx, bound = std::abs(slope) * xRounding + yRounding;
  double furthest = 0;
  for (const auto& [a, b] : pairs) furthest = std::max(furthest, std::abs(b - y - slope * (a - x)));
  return furthest < 1.25 * bound && std::sqrt(yy / count) > kWide * bound;  // 1.25: of the fit
}

/// Sorted by one, the other rises or falls throughout: a logarithm, a rank.
bool isOrder(std::vector<std::pair<double, double>> pairs) {
  for (const double sign : {1.0, -1.0}) {
    for (auto& pair : pairs) pair.first *= sign;
    std::sort(pairs.begin(), pairs.end());
    std::set<double> first, second;
    bool rises = true;
    for (size_t i = 0; i < pairs.size() && rises; ++i) {
      rises = i == 0 || pairs[i].second >= pairs[i - 1].second;
      first.insert(pairs[i].first), second.insert(pairs[i].second);
    }
    if (rises) return std::min(first.size(), second.size()) >= kFewestPairs;
  }
  return false;
}

/// The numbers of each class stand in a range of their own.
bool divides(std::vector<std::pair<double, double>> pairs) {
  std::sort(pairs.begin(), pairs.end());
  std::map<double, std::pair<double, double>> ranges;
  for (const auto& [number, value] : pairs) {
    const auto [range, isNew] = ranges.emplace(value, std::pair(number, number));
    if (!isNew) range->second.second = number;
  }
  std::vector<std::pair<double, double>> sorted;
  for (const auto& [value, range] : ranges) sorted.push_back(range);
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i].first <= sorted[i - 1].second) return false;
  return sorted.size() > 1 && pairs.size() >= kFewestPairs * sorted.size();
}

std::string leakOf(const CsvTable& table, const TableInputColumn& input,
                   const TableTarget& target) {
  const bool number = target.info.kind == TaskKind::regression;
  if (determines(table, input, target)) return "each of its values goes with one value of";
  const auto pairs = pairsOf(table, input, target);
  if (pairs.size() < kFewestPairs) return {};
  const double rounding = number ? roundingOf(table, input.column, input.format) : 0;
  if (number && isLine(pairs, rounding, target.rounding))
    return "it is the same up to unit and offset as";
  if (number && isOrder(pairs)) return "it puts the rows in the same or the reverse order as";
  if (!number && divides(pairs)) return "its ranges tell apart all classes of";
  return {};
}

}  // namespace

void noteLeaks(const CsvTable& table, const std::vector<TableInputColumn>& inputs,
               const std::vector<TableTarget>& targets, std::vector<Warning>& warnings) {
  for (const auto& target : targets)
    for (const auto& input : inputs)
      if (const auto leak = leakOf(table, input, target); !leak.empty())
        warnings.push_back(
            {table.file(), fmt::format("column \"{}\": {} the target \"{}\"; is it known before "
                                       "the target is?",
                                       table.names()[input.column], leak, target.info.name)});
}

}  // namespace eq::data

#include "core/data/number_resolution.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include <fmt/format.h>

namespace eq::data {
namespace {

/// The power of ten of the last digit: -1 of 12.5, -3 of 1.50e-1, 0 of 12.
int lastDecimal(const std::string& text, char mark) {
  const size_t exponentAt = std::min(text.find_first_of("eE"), text.size());
  const int exponent = exponentAt < text.size() ? std::atoi(text.c_str() + exponentAt + 1) : 0;
  const size_t point = text.find(mark);
  if (point >= exponentAt) return exponent;
  return exponent - static_cast<int>(exponentAt - point - 1);
}

}  // namespace

Kept keptIn32Bits(const std::vector<double>& values) {
  std::set<double> all;
  std::set<float> left;
  double sum = 0, count = 0, rounding = 0, squares = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    const auto rounded = static_cast<float>(value);
    all.insert(value), left.insert(rounded);
    rounding = std::max(rounding, std::abs(value - static_cast<double>(rounded)));
    sum += value, ++count;
  }
  for (const double value : values)
    if (!std::isnan(value)) squares += std::pow(value - sum / count, 2);
  const double deviation = count > 0 ? std::sqrt(squares / count) : 0;
  return {all.size(), left.size(), all.size() > 1 && deviation > 0 ? rounding / deviation : 0};
}

void noteResolution(const std::vector<double>& values, const std::string& file,
                    const std::string& column, std::vector<Warning>& warnings) {
  const auto kept = keptIn32Bits(values);
  if (kept.tooFew())
    warnings.push_back(
        {file, fmt::format("column \"{}\": its {} different values are {} as numbers "
                           "of 32 bits; subtract a number from the column",
                           column, kept.distinct, kept.left)});
}

double roundingOf(const CsvTable& table, size_t column, const CellFormat& format) {
  std::optional<int> finest;
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto cell = table.cell(row, column);
    if (!format.number(cell)) continue;
    const int last = lastDecimal(plainText(cell), format.decimalComma ? ',' : '.');
    finest = std::min(last, finest.value_or(last));
  }
  return finest && format.dates == DateOrder::none ? 0.5 * std::pow(10.0, *finest) : 0;
}

}  // namespace eq::data

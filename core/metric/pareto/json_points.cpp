#include "core/metric/pareto/json_points.h"

#include <cmath>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/metric/undefined.h"

namespace eq::metric {

using nlohmann::json;

std::string quoted(const json& value) {
  constexpr size_t kLongest = 60;
  const auto text = jsonText(value);
  return text.size() <= kLongest ? text : std::string(cutAt(text, kLongest)) + "...";
}

double readNumber(const json& value, const std::string& path) {
  if (!value.is_number()) fail("{}: expected a number, found {}", path, quoted(value));
  const double number = value.get<double>();
  if (!std::isfinite(number)) fail("{}: must be finite, found {}", path, quoted(value));
  return number;
}

Point readNumbers(const json& value, const std::string& path, std::optional<size_t> length) {
  if (!value.is_array()) fail("{}: expected a list of numbers, found {}", path, quoted(value));
  if (length && value.size() != *length)
    fail("{}: expected {} numbers, found {}: {}", path, *length, value.size(), quoted(value));
  Point numbers;
  for (size_t i = 0; i < value.size(); ++i)
    numbers.push_back(readNumber(value[i], fmt::format("{}[{}]", path, i)));
  return numbers;
}

Points readRows(const json& value, const std::string& path, bool nullable) {
  if (!value.is_array()) fail("{}: expected a list of rows, found {}", path, quoted(value));
  Points rows;
  for (size_t i = 0; i < value.size(); ++i) {
    const auto place = fmt::format("{}[{}]", path, i);
    if (!value[i].is_array())
      fail("{}: expected a list of numbers, found {}", place, quoted(value[i]));
    if (i > 0 && value[i].size() != rows[0].size())
      fail("{}: expected {} numbers as in the rows before, found {}: {}", place, rows[0].size(),
           value[i].size(), quoted(value[i]));
    Point row;
    for (size_t k = 0; k < value[i].size(); ++k) {
      const bool isMissing = nullable && value[i][k].is_null();
      row.push_back(isMissing ? kUndefined
                              : readNumber(value[i][k], fmt::format("{}[{}]", place, k)));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

const json& fieldOf(const json& input, const std::string& name, const std::string& method) {
  if (!input.is_object())
    fail("{}: expected an object with \"{}\", found {}", method, name, quoted(input));
  if (!input.contains(name) || input[name].is_null())
    fail("{}.{}: is required and missing", method, name);
  return input[name];
}

}  // namespace eq::metric

#include "core/run/json_numbers.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/base/number_text.h"

namespace eq::run {
namespace {

using nlohmann::json;

constexpr const char* kKey = "$number";

}  // namespace

json withNumbersAsText(const json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>()))
    return {{kKey, numberText(value.get<double>())}};
  if (!value.is_structured()) return value;
  json copy = value;
  for (auto& part : copy) part = withNumbersAsText(part);
  return copy;
}

json withTextAsNumbers(json value) {
  if (value.is_object() && value.size() == 1 && value.contains(kKey)) {
    const double infinity = std::numeric_limits<double>::infinity();
    if (value[kKey] == "inf") return infinity;
    if (value[kKey] == "-inf") return -infinity;
    return std::numeric_limits<double>::quiet_NaN();
  }
  for (auto& part : value)
    if (part.is_structured()) part = withTextAsNumbers(std::move(part));
  return value;
}

}  // namespace eq::run

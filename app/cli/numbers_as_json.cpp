#include "app/cli/numbers_as_json.h"

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "core/base/number_text.h"

namespace eq::cli {
namespace {

using nlohmann::json;

void collect(const json& value, std::vector<double>& numbers) {
  if (value.is_structured())
    for (const auto& part : value) collect(part, numbers);
  else if (value.is_number())
    numbers.push_back(value.get<double>());
}

/// "value is inf"; "gradient: 2 of 6 numbers are not finite, first inf"; empty where all are.
std::string remarkOn(const std::string& name, const json& value) {
  std::vector<double> numbers, wrong;
  collect(value, numbers);
  for (const double number : numbers)
    if (!std::isfinite(number)) wrong.push_back(number);
  if (wrong.empty()) return {};
  const auto first = numberText(wrong.front());
  return value.is_number() ? fmt::format("{} is {}", name, first)
                           : fmt::format("{}: {} of {} numbers are not finite, the first is {}",
                                         name, wrong.size(), numbers.size(), first);
}

}  // namespace

void remarkNonFinite(json& answer) {
  auto remarks = answer.value("remarks", json::array());
  for (const auto& [name, value] : answer.items())
    if (const auto remark = remarkOn(name, value); !remark.empty())
      remarks.push_back(remark + ", for which JSON has null: inputs are too large for the formula");
  if (!remarks.empty()) answer["remarks"] = std::move(remarks);
}

}  // namespace eq::cli

#include "core/run/merging/number_nest.h"

namespace eq::run {

std::vector<double> numbersOf(const nlohmann::json& nest) {
  std::vector<double> numbers;
  for (const auto& value : nest.flatten()) numbers.push_back(value.get<double>());
  return numbers;
}

nlohmann::json nestOf(const std::vector<double>& numbers, const nlohmann::json& like) {
  auto flat = like.flatten();
  size_t i = 0;
  for (auto& value : flat) value = numbers.at(i++);
  return flat.unflatten();
}

}  // namespace eq::run

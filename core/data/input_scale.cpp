#include "core/data/input_scale.h"

namespace eq::data {

nlohmann::json toJson(const std::vector<InputScale>& inputs) {
  auto list = nlohmann::json::array();
  for (const auto& input : inputs)
    list.push_back({{"name", input.name}, {"offset", input.offset}, {"scale", input.scale}});
  return list;
}

std::vector<InputScale> inputScalesFromJson(const nlohmann::json& value) {
  std::vector<InputScale> inputs;
  for (const auto& input : value)
    inputs.push_back({input.at("name"), input.at("offset"), input.at("scale")});
  return inputs;
}

}  // namespace eq::data

#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace eq::data {

/// What an input of the network stands for: x = (value - offset) / scale.
struct InputScale {
  std::string name;  ///< "ash", "colour=red"; "pixel" for all of an image
  double offset = 0, scale = 1;

  bool operator==(const InputScale&) const = default;
};

nlohmann::json toJson(const std::vector<InputScale>& inputs);
std::vector<InputScale> inputScalesFromJson(const nlohmann::json& value);

}  // namespace eq::data

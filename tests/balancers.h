#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "core/balance/catalog.h"

/// What balancers cannot do without, for tests over all of them.
namespace eq::test {

inline const Descriptor& balancerDescriptor(const std::string& id) {
  const auto& slot =
      balance::weightings().contains(id) ? balance::weightings() : balance::gradientMethods();
  return slot.descriptor(id);
}

inline bool balancerHas(const std::string& id, const std::string& parameter) {
  const auto& specs = balancerDescriptor(id).parameters;
  return std::any_of(specs.begin(), specs.end(),
                     [&](const auto& spec) { return spec.name == parameter; });
}

/// The parameters without which `id` is refused.
inline nlohmann::json neededParams(const std::string& id, std::int64_t tasks) {
  auto params = nlohmann::json::object();
  if (balancerHas(id, "inner")) params["inner"] = "mgda";
  if (balancerHas(id, "sizes"))
    for (std::int64_t k = 0; k < tasks; ++k)
      params["sizes"].push_back(std::pow(3.0, static_cast<double>(k % 7)));
  return params;
}

/// Below it there is nothing to choose among: Krum compares each row with its neighbours, a trimmed
/// mean leaves some out.
inline std::int64_t fewestTasks(const std::string& id) {
  if (balancerHas(id, "trim")) return 3;
  return balancerHas(id, "byzantine") ? 4 : 1;
}

}  // namespace eq::test

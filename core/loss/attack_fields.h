#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace eq::loss {

/// The inputs of a loss and of the losses in it that only an attack on the examples tells:
/// "natural", "steps"; the trait "made_by_attack". From core/loss/nesting.cpp.
std::vector<std::string> attackFields(const std::string& id, const nlohmann::json& params);

}  // namespace eq::loss

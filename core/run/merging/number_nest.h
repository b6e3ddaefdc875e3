#pragma once

#include <vector>

#include <nlohmann/json.hpp>

namespace eq::run {

/// The numbers of a nest of lists and objects, in the order of their places.
std::vector<double> numbersOf(const nlohmann::json& nest);
/// Such a nest with other numbers. \pre as many as it has places.
nlohmann::json nestOf(const std::vector<double>& numbers, const nlohmann::json& like);

}  // namespace eq::run

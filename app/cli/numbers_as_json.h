#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace eq::cli {

/// Adds `remarks`, one line each, for the entries of an answer that hold numbers which are not
/// finite: JSON has none of them and prints null.
void remarkNonFinite(nlohmann::json& answer);

}  // namespace eq::cli

#pragma once

#include <nlohmann/json.hpp>

namespace eq::run {

/// Numbers that JSON does not have, which it would write as null, become
/// {"$number": "nan" | "inf" | "-inf"}.
nlohmann::json withNumbersAsText(const nlohmann::json& value);

/// The way back.
nlohmann::json withTextAsNumbers(nlohmann::json value);

}  // namespace eq::run

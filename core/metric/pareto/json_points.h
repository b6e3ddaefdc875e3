#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/metric/points.h"

namespace eq::metric {

// Numbers from a person's JSON. \param path for messages: `points[1]`.

/// How a value is quoted in a message: its JSON, shortened.
std::string quoted(const nlohmann::json& value);

/// A finite number. \throws Error `reference[0]: expected a number, found "x"`.
double readNumber(const nlohmann::json& value, const std::string& path);

/// A list of finite numbers, of the length asked for.
Point readNumbers(const nlohmann::json& value, const std::string& path,
                  std::optional<size_t> length = std::nullopt);

/// A list of rows of equal length. \param nullable whether null stands for NaN.
Points readRows(const nlohmann::json& value, const std::string& path, bool nullable = false);

/// The field of an input. \throws Error `cosmos.losses: is required and missing`.
const nlohmann::json& fieldOf(const nlohmann::json& input, const std::string& name,
                              const std::string& method);

}  // namespace eq::metric

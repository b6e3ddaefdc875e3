#pragma once

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

namespace eq::metric {

/// The value of a metric that has none: of no examples, of one class alone, of 0/0.
inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// Null for NaN.
inline nlohmann::json orNull(double value) {
  return std::isnan(value) ? nlohmann::json() : nlohmann::json(value);
}

}  // namespace eq::metric

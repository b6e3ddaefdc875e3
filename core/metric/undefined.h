#pragma once

#include <limits>

namespace eq::metric {

/// The value of a metric that has none: of no examples, of one class alone, of 0/0.
inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

}  // namespace eq::metric

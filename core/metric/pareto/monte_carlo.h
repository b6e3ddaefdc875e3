#pragma once

#include <cstdint>

#include "core/metric/points.h"

namespace eq::metric {

/// A volume estimated from random places, and its standard error.
struct SampledVolume {
  double volume = 0, error = 0;
};

/// The hypervolume from uniform places in the box between `ideal` and `reference`: V p̂ ±
/// V √(p̂ (1 − p̂)/N). 0 where the box is empty. \param ideal the least of each objective.
SampledVolume sampledVolume(const Points& points, const Point& ideal, const Point& reference,
                            std::uint64_t samples, std::uint64_t seed);

}  // namespace eq::metric

#pragma once

#include <cstdint>
#include <vector>

#include "core/metric/points.h"

namespace eq::metric {

/// The hypervolume of all points up to a step.
struct VolumeAt {
  std::int64_t step = 0;
  double volume = 0;
  bool operator==(const VolumeAt&) const = default;
};

/// How a hypervolume grew: an entry for each step at which there are points. All objectives are
/// minimised; points with a number that is not finite do not count.
/// \param steps [points] of each. \param reference [objectives].
std::vector<VolumeAt> volumeHistory(const Points& points, const std::vector<std::int64_t>& steps,
                                    const Point& reference);

}  // namespace eq::metric

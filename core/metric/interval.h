#pragma once

#include <cstdint>

namespace eq::metric {

/// Where a number would lie with other examples of the same kind: a percentile bootstrap interval.
struct Interval {
  double low = 0, high = 0;    ///< NaN when no resample defined the number
  double confidence = 0.95;    ///< share of the resamples between both
  std::int64_t resamples = 0;  ///< that defined the number; the others are left out
};

}  // namespace eq::metric

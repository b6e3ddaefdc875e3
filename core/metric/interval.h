#pragma once

#include <cstdint>

namespace eq::metric {

/// Where the mean of a number over other samples of as many examples of the same kind lies: a
/// bootstrap interval, which holds the number itself. A number that is undefined has none.
struct Interval {
  double low = 0, high = 0;    ///< both NaN: there is none
  double confidence = 0.95;    ///< how often such an interval holds that mean, about
  std::int64_t resamples = 0;  ///< that defined the number; the others are left out
};

}  // namespace eq::metric

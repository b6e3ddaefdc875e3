#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "core/metric/interval.h"

namespace eq::metric {

/// Between which numbers a metric can lie at all.
struct MetricRange {
  double lowest = -std::numeric_limits<double>::infinity();
  double highest = std::numeric_limits<double>::infinity();
};

/// What an interval is made from.
struct Resampled {
  double estimate = 0;          ///< of the examples as they are
  std::vector<double> drawn;    ///< of each resample; NaN where it is undefined
  std::vector<double> leftOut;  ///< of the examples without each of some equal parts of them
  std::int64_t examples = 0;    ///< that count, and on which the value turns
  MetricRange range;
};

/// BCa (B. Efron, Better Bootstrap Confidence Intervals, 1987) of the resampled values after they
/// were moved so that their mean is the estimate, for the mean that the metric has over samples of
/// as many examples. Resampling shifts a metric that is not a mean: it repeats examples, so that
/// a calibration error of resamples lies above that of the examples, often all of them do; then
/// percentiles exclude the estimate and BCa's own correction is infinite. What is left of bias
/// after the move is the median's, which BCa corrects; the acceleration comes from `leftOut`. The
/// normal quantiles are widened to √(n / (n − 1)) times Student's (T. Hesterberg, What Teachers
/// Should Know About the Bootstrap, 2015), without which few examples give too short intervals.
///
/// The interval holds the estimate and lies within the range. Where a metric that goes from 0 to 1
/// is at an end of it in all resamples, the other end of the interval is that of n right ones of n
/// (Clopper and Pearson, 1934). NaN where all resamples agree elsewhere, without two examples, with
/// an estimate that is not finite or without a defined resample.
Interval biasCorrectedInterval(const Resampled& values, double confidence);

}  // namespace eq::metric

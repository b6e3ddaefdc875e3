#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/metric/interval.h"
#include "core/train/evaluator.h"

namespace eq::train {

/// Resamples behind the intervals that a run records.
inline constexpr std::int64_t kIntervalResamples = 200;
/// Numbers that a task predicts over a split up to which its metrics have intervals; beyond,
/// hundreds of resamples would take longer than they tell.
inline constexpr std::int64_t kMostBootstrapped = std::int64_t{1} << 18;
/// The same of all tasks together, each of which may have its part.
inline constexpr std::int64_t kMostBootstrappedInAll = 4 * kMostBootstrapped;

/// 95 % bootstrap intervals over the examples of a split, by task and metric: of the metrics that
/// are one number over examples, and of the loss where it is a mean over examples. The model
/// predicts once. Less than two examples have none, and neither have metrics of
/// too many numbers, nor values that are undefined.
std::map<size_t, std::map<std::string, metric::Interval>> taskIntervals(
    const data::Split& split, const std::vector<TaskRuntime>& tasks,
    const std::vector<TaskSpec>& specs, const Predict& predict, std::uint64_t seed);

}  // namespace eq::train

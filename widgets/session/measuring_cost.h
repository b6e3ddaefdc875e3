#pragma once

#include <cstdint>
#include <optional>

#include "widgets/session/run_data.h"

namespace eq::widgets {

/// What a run samples beside its training.
enum class Sampled {
  conflict,  ///< the gradients are compared
  affinity   ///< it is looked ahead
};

/// What a sampled step takes longer than another, as the newest 2,000 steps of a run say.
struct MeasuringCost {
  double seconds = 0;     ///< of one sample: the difference of the medians, at least 0
  double share = 0;       ///< added to the time of all these steps by their samples
  bool together = false;  ///< of what else was sampled on the same steps, too
};
/// Steps with and without it are compared that are alike in the other one: neither has it, or both
/// do. Where what is sampled falls on the same steps throughout, it is the cost of both together.
/// Nothing as long as there are not five steps of either kind: where every step is sampled there is
/// none to compare with.
std::optional<MeasuringCost> measuringCost(const RunData& data, Sampled what);

/// How rarely something that is sampled every so many steps must be sampled that `share` becomes
/// `budget`.
std::int64_t everyWithin(std::int64_t every, double share, double budget);

}  // namespace eq::widgets

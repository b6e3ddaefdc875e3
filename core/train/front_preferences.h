#pragma once

#include <cstdint>
#include <string>

#include "core/base/random.h"
#include "core/metric/points.h"

namespace eq::train {

// Preferences: how much each of K tasks counts, none below 0, sum 1.

/// A draw of Dirichlet(concentration, ..., concentration). \pre concentration > 0.
metric::Point drawPreference(RandomStream& stream, size_t tasks, double concentration);

/// \throws Error that names `path` where so few cannot hold each task alone. \pre two tasks or
/// more.
void requireFrontPoints(size_t tasks, std::int64_t points, const std::string& path);

/// The draws of a step, a pure function of these.
metric::Points stepPreferences(std::uint64_t seed, std::int64_t step, std::int64_t samples,
                               size_t tasks, double concentration);

/// Those at which a front is shown. Two tasks: equally spaced, (1, 0) first. Three: the finest
/// lattice of at most so many. More: each task alone, all alike, and draws of Dirichlet(1).
/// \param points how many at most. \param seed of the draws. \param path of `points`, for the
/// message. \throws Error as `requireFrontPoints`.
metric::Points frontPreferences(size_t tasks, std::int64_t points, std::uint64_t seed,
                                const std::string& path);

/// 1/K each.
metric::Point equalPreference(size_t tasks);

/// \throws Error that names `path` where there is not one number a task, one is negative or not
/// finite, or all are 0. \returns them divided by their sum.
metric::Point checkedPreference(metric::Point given, size_t tasks, const std::string& path);

}  // namespace eq::train

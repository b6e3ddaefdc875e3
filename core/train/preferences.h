#pragma once

#include <string>

#include <Eigen/Core>

#include "core/train/experiment.h"

namespace eq::train {

/// Whether a slot's method takes a preference, as its descriptor says.
bool takesPreference(const BalancerSpec& balancer);

/// Those of the tasks, [K]; NaN for a task that has none.
Eigen::VectorXd preferencesOf(const Experiment& experiment);

/// \throws Error for preferences of tasks that a method which takes some cannot have: beside a list
/// of its own, all 0, or of clusters of tasks.
void requirePreferencesFit(const Experiment& experiment);

/// A line for the first preference of a task that no method in force takes; else empty.
std::string idlePreference(const Experiment& experiment);

}  // namespace eq::train

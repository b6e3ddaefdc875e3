#pragma once

#include <string>
#include <vector>

#include "core/study/sweep/sweep_spec.h"

namespace eq::study {

/// A line for everything in a sweep that means nothing to its method, for who wrote it.
std::vector<std::string> unreadIn(const SweepSpec& sweep);

}  // namespace eq::study

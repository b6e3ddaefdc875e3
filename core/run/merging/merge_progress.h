#pragma once

#include <functional>
#include <string>

namespace eq::run {

/// Called before each part of a merge that takes time with what it is; what it throws ends the
/// merge.
using MergeProgress = std::function<void(const std::string&)>;

}  // namespace eq::run

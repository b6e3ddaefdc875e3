#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace eq::run {

/// A part of a merge that takes time.
struct MergePart {
  std::string what;
  std::int64_t step = 0;  ///< of `of` steps that take alike; 0 of 0: one part
  std::int64_t of = 0;
  bool isRemark = false;  ///< something to know instead, which takes no time
};

/// Called before each part; what it throws ends the merge.
using MergeProgress = std::function<void(const MergePart&)>;

}  // namespace eq::run

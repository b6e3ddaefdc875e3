#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "widgets/plots/task_ways.h"
#include "widgets/session/run_data.h"

namespace eq::widgets {

/// The ways of a run's tasks at every step at which they are known: from its beginning, from the
/// events of a model that changes its structure, and while branches are drawn from what was
/// observed of them.
class TreeSamples {
 public:
  /// Branches are drawn anew at every step: their shares are means over so many observations.
  static constexpr std::size_t kMeanOver = 10;

  /// Whether the run has any.
  static bool any(const RunData& data);

  void restart();
  /// Adds what the run has recorded since.
  void grow(const RunData& data);

  int count() const { return static_cast<int>(samples_.size()); }
  std::int64_t stepOf(int sample) const { return samples_[at(sample)].step; }
  /// Whether the branches are drawn at that sample, not settled.
  bool isDrawn(int sample) const { return samples_[at(sample)].row.has_value(); }
  TaskWays ways(const RunData& data, int sample) const;

 private:
  struct Sample {
    std::int64_t step = 0;
    std::optional<std::size_t> row;  ///< of the observed branches; else
    GroupsOfTasks groups;
  };
  static std::size_t at(int sample) { return static_cast<std::size_t>(sample); }
  void add(Sample sample);

  std::vector<Sample> samples_;  ///< by step
  std::size_t events_ = 0;       ///< that were looked at
  std::size_t rows_ = 0;
};

}  // namespace eq::widgets

#pragma once

#include <vector>

#include "core/run/merging/merge_progress.h"
#include "core/run/merging/merge_scores.h"

namespace eq::run {

/// What base and experts are worth on some validation examples, and what any merged model is.
class LabBench {
 public:
  /// Evaluates base and experts. \param standing where the base stood. \param progress called
  /// before each of them; after what it throws `standing` can be used again.
  LabBench(train::Trainer& standing, const MergePlan& plan, const MergeSource& base,
           const std::vector<MergeSource>& experts, const MergeProgress& progress);

  std::vector<TaskScore> scores(const ParameterMap& merged);

 private:
  std::vector<TaskScore> own_;  ///< without a merged model
  MergeBench bench_;
};

}  // namespace eq::run

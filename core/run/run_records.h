#pragma once

#include <vector>

#include "core/train/records.h"

namespace eq::run {

/// What happened in a stretch of a run, in order.
struct Records {
  std::vector<train::StepRecord> steps;
  std::vector<train::EvaluationRecord> evaluations;
  std::vector<train::EventRecord> events;
  std::vector<train::IntervalRecord> intervals = {};  ///< of evaluations here or before

  bool empty() const {
    return steps.empty() && evaluations.empty() && events.empty() && intervals.empty();
  }
};

}  // namespace eq::run

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/train/experiment.h"
#include "core/train/records.h"
#include "core/train/snapshot.h"

namespace eq::train {

/// What balancers read beside losses and gradients, as far as it stays from step to step.
struct BalancerFeed {
  /// [K + 1] on the device: the losses after the newest update on its own batch, then 1 where it
  /// was not applied. Read with the next step's numbers; undefined where nothing waits.
  at::Tensor lossesAfter;
  std::int64_t validationPosition = 0;  ///< where the next validation batch begins
  std::vector<double> kpi;              ///< [K] at the newest evaluation; NaN before it

  explicit BalancerFeed(size_t tasks);

  /// Takes the indicators of an evaluation of the validation split.
  void look(const EvaluationRecord& evaluation, const std::vector<TaskSpec>& tasks);
  /// Another loss weighting begins anew.
  void forgetWeighting();

  void addState(Snapshot& snapshot) const;
  /// Older checkpoints have none of it.
  void restore(const Snapshot& snapshot, const at::Device& device);
};

/// The task's first metric from 0 to 1 that should be high; none: nothing.
std::optional<std::string> indicatorOf(const TaskSpec& task);
/// \throws Error that names the first task without one.
void requireIndicators(const std::vector<TaskSpec>& tasks, const std::string& place);

}  // namespace eq::train

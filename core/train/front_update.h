#pragma once

#include <optional>
#include <vector>

#include "core/metric/points.h"
#include "core/train/passes.h"
#include "core/train/pending_conflict.h"
#include "core/train/records.h"

namespace eq::train {

/// What one step of a method that trains a front comes to.
struct FrontUpdate {
  gradient::Gradients gradients;  ///< by trained parameter; undefined where nothing flows
  /// For the record: losses and their terms as means over the step's preferences, without a graph,
  /// and what the model recorded of itself at the first one.
  BatchPass shown;
  std::vector<double> weights;                ///< [K] on the losses, summed over the preferences
  std::vector<PreferenceRecord> preferences;  ///< those of the step
  std::optional<PendingConflict> conflict;    ///< on sampled steps, at the first preference
  gradient::Way way = gradient::Way::stacked;
  std::vector<balance::SlotRemark> remarks = {};  ///< what people should know of a task
};

/// A list of numbers, or rows of them. Reads the device.
metric::Point onHost(const at::Tensor& values);
metric::Points rowsOnHost(const at::Tensor& values);

/// Losses and terms of several passes of one batch, as means over them. \pre not empty; all of the
/// same tasks.
BatchPass meanOf(const std::vector<BatchPass>& passes);

/// Conflict at a pass whose update has these weights, on sampled steps. \pre the pass is not ended.
std::optional<PendingConflict> conflictAt(RunParts& parts, BatchPass& pass,
                                          const std::vector<double>& weights);

}  // namespace eq::train

#pragma once

#include <vector>

#include "core/train/evaluator.h"
#include "core/train/probe/parameter_probe.h"
#include "core/train/run_parts.h"

namespace eq::train {

/// ln p of the classes in float64, [N, C]; of a binary task [N, 2].
at::Tensor logProbabilities(const at::Tensor& logits);

/// What the parts of the probe share.
struct ParameterProbe::State {
  State(const Experiment& experiment, data::Problem problem);

  /// What a head reads of inputs.
  std::vector<at::Tensor> represented(size_t task, const at::Tensor& inputs) const;
  /// What a task's head puts out for what it reads.
  model::HeadOutput headOf(size_t task, const std::vector<at::Tensor>& read) const;
  /// A task's batch of some validation examples, on a graph.
  loss::Batch batchOf(size_t task, const at::Tensor& rows) const;
  /// The predictions as metrics read them.
  at::Tensor decoded(size_t task, const loss::Batch& batch) const;
  at::Tensor objectiveOf(Objective objective, size_t task, const at::Tensor& rows) const;
  /// By leaf; undefined where nothing flows.
  std::vector<at::Tensor> gradientsOf(const at::Tensor& value, bool again) const;
  NamedTensors named(const std::vector<at::Tensor>& tensors) const;
  std::vector<at::Tensor> zeros() const;

  RunParts parts;
  std::vector<TaskInfo> infos;
  std::vector<at::Tensor> leaves;  ///< that are trained
  std::vector<std::string> names;  ///< theirs
};

}  // namespace eq::train

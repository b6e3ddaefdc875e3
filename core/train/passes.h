#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>
#include <Eigen/Core>

#include "core/gradient/engine.h"
#include "core/train/run_parts.h"

namespace eq::train {

// What goes through the model: a training batch with its losses, or inputs whose predictions are
// wanted. A second batch and a look ahead belong here.

/// A batch on its way: its graph, and the parts of the losses that have some.
struct BatchPass {
  gradient::Forward forward;
  at::Tensor losses;                           ///< [K] on the device, without a graph
  std::vector<std::vector<at::Tensor>> terms;  ///< [task], as `TaskRuntime::terms` names them
  /// [K, P] J of an analytic problem in closed form; then there is no graph and no tape.
  std::optional<Eigen::MatrixXd> rows = std::nullopt;
};

/// The sampler's batch through the model, with the losses of the tasks that are enabled and have a
/// target in it.
BatchPass passBatch(const RunParts& parts, gradient::Purpose purpose);

/// What all tasks' heads put out, without dropout. Second views are the same at every call.
std::vector<model::HeadOutput> predict(const RunParts& parts, const at::Tensor& inputs);

/// The inputs, followed by second views of them if `views`.
at::Tensor withViews(const data::Problem& problem, const at::Tensor& inputs, bool views,
                     std::uint64_t seed);
/// The seed of the second views of `predict`.
std::uint64_t seedOfViews(const Experiment& experiment);

}  // namespace eq::train

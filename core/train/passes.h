#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <Eigen/Core>

#include "core/gradient/engine.h"
#include "core/model/observations.h"
#include "core/train/run_parts.h"

namespace eq::train {

// What goes through the model: a training batch with its losses, or inputs whose predictions are
// wanted. A second batch and a look ahead belong here.

/// What is recorded of a task whose head reads several places: the loss at each.
inline constexpr const char* kLossAtPlaces = "loss_after";

/// A batch on its way: its graph, and the parts of the losses that have some.
struct BatchPass {
  gradient::Forward forward;
  at::Tensor losses;                           ///< [K] on the device, without a graph
  std::vector<std::vector<at::Tensor>> terms;  ///< [task], as `TaskRuntime::terms` names them
  /// [K, P] J of an analytic problem in closed form; then there is no graph and no tape.
  std::optional<Eigen::MatrixXd> rows = std::nullopt;
  model::Observations seen = {};               ///< what the model recorded, on observed steps
  std::vector<model::Penalty> penalties = {};  ///< of the model
  gradient::Gradients ofPenalties = {};        ///< by parameter; empty without any

  // What the same batch once more needs.
  std::vector<char> active = {};        ///< [K]
  at::Tensor examples = {};             ///< which training examples they are
  at::Tensor inputs = {};               ///< with second views
  model::RandomState randomState = {};  ///< before the pass; where it will be asked for
};

/// J of an analytic problem in closed form, [K, P] where the losses are. \pre `pass.rows`.
at::Tensor rowsOfPoint(const BatchPass& pass);

/// Tasks that are enabled and have a target in every batch of the step to come, [K].
std::vector<char> availableTasks(const RunParts& parts);

/// A batch of training examples before it goes through the model. \param stream of second views.
BatchPass batchOf(const RunParts& parts, at::Tensor examples, std::vector<char> active,
                  const std::string& stream);
/// The batch of the step to come, of the tasks that its choice takes.
BatchPass batchToCome(const RunParts& parts);

/// A batch through the model, with the losses of the available tasks that the step's choice takes.
/// \param batch 0: the sampler's; 1, 2: those of the further samplers.
BatchPass passBatch(RunParts& parts, gradient::Purpose purpose, size_t batch = 0);

/// What of a batch goes through the model once more.
struct Again {
  std::vector<char> active;  ///< [K] some of those of the first pass
  std::int64_t first = 0;    ///< of its examples
  std::int64_t count = -1;   ///< of them; -1: to the end
  gradient::Purpose purpose = gradient::Purpose::sum;
  /// What of a task's loss is meant; empty: all of it.
  std::function<at::Tensor(size_t task, const loss::Value& value)> part = {};
};
/// The same batch at the parameters of now, with the same views and dropout masks; the dropout
/// stream stands where it stood. \pre the first pass kept its random state.
BatchPass passAgain(const RunParts& parts, const BatchPass& first, const Again& again);

/// The gradients of one task's loss on examples of a batch, at the parameters of now.
gradient::Gradients gradientsOfTask(const RunParts& parts, const BatchPass& first, size_t task,
                                    std::int64_t begin = 0, std::int64_t count = -1);

/// The losses of the same batch at the parameters of now, [K] on the device, without a graph: with
/// the same views and dropout masks, so that the dropout stream stands where it stood.
/// \pre the balancer asked for them when the pass was made.
at::Tensor lossesAgain(const RunParts& parts, const BatchPass& pass);

/// The losses of the validation batch to come, [K] on the device, without dropout; NaN where it has
/// no target of a task. \throws Error where there are no validation examples.
at::Tensor validationLosses(const RunParts& parts);
/// Moves on to the next one; past the end it goes on at the beginning.
void advanceValidation(RunParts& parts);

/// What all tasks' heads put out, without dropout. Second views are the same at every call.
std::vector<model::HeadOutput> predict(const RunParts& parts, const at::Tensor& inputs);

/// Inputs as the model reads them, see FrontMethod::withPreference.
at::Tensor asRead(const RunParts& parts, const at::Tensor& inputs);

/// The inputs, followed by second views of them if `views`.
at::Tensor withViews(const data::Problem& problem, const at::Tensor& inputs, bool views,
                     std::uint64_t seed);
/// The seed of the second views of `predict`.
std::uint64_t seedOfViews(const Experiment& experiment);

}  // namespace eq::train

#include "core/train/passes.h"

#include <algorithm>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>

#include "core/base/random.h"
#include "core/train/second_view.h"

namespace eq::train {
namespace {

std::vector<char> activeTasks(const RunParts& parts) {
  const auto rows = parts.sampler->hostIndices();
  std::vector<char> active;
  for (size_t k = 0; k < parts.tasks.size(); ++k)
    active.push_back(parts.experiment.tasks[k].enabled && parts.tasks[k].hasTarget(rows));
  return active;
}

bool anyReadsViews(const std::vector<TaskRuntime>& tasks, const std::vector<char>& active) {
  bool views = false;
  for (size_t k = 0; k < tasks.size(); ++k) views = views || (active[k] && tasks[k].readsViews());
  return views;
}

}  // namespace

BatchPass passBatch(const RunParts& parts, gradient::Purpose purpose) {
  BatchPass pass;
  pass.terms.resize(parts.tasks.size());
  const auto rows = parts.sampler->indices();
  const auto lossOf = [&](size_t k, const model::HeadOutput& output) {
    auto batch = parts.tasks[k].batch(parts.problem.train, rows, output);
    batch.step = parts.progress.steps;
    auto found = parts.tasks[k].loss().evaluate(batch);
    pass.terms[k] = std::move(found.terms);
    return found.value;
  };
  const auto active = activeTasks(parts);
  const bool views = anyReadsViews(parts.tasks, active);
  const auto inputs =
      withViews(parts.problem, parts.problem.train.inputs.index_select(0, rows), views,
                deriveSeed(parts.experiment.seed, "views", parts.progress.steps));
  pass.forward = parts.engine->forward(inputs, lossOf, active, purpose, views);
  pass.losses = at::stack(pass.forward.losses).detach();
  return pass;
}

std::vector<model::HeadOutput> predict(const RunParts& parts, const at::Tensor& inputs) {
  const model::Pass pass{.views =
                             anyReadsViews(parts.tasks, std::vector<char>(parts.tasks.size(), 1))};
  std::vector<model::HeadOutput> outputs;
  const auto representation = parts.model->trunk(
      withViews(parts.problem, inputs, pass.views, seedOfViews(parts.experiment)), pass);
  for (size_t k = 0; k < parts.tasks.size(); ++k)
    outputs.push_back(parts.model->head(k, representation, pass));
  return outputs;
}

at::Tensor withViews(const data::Problem& problem, const at::Tensor& inputs, bool views,
                     std::uint64_t seed) {
  return views ? at::cat({inputs, secondView(inputs, problem.augmentation, seed)}) : inputs;
}

std::uint64_t seedOfViews(const Experiment& experiment) {
  return deriveSeed(experiment.seed, "evaluated views");
}

}  // namespace eq::train

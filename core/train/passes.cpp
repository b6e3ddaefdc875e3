#include "core/train/passes.h"

#include <algorithm>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

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

/// Whether the losses are those of an analytic problem as they are.
bool inClosedForm(const RunParts& parts) {
  if (!parts.problem.objective || !parts.problem.objective->closedForm) return false;
  return std::all_of(parts.experiment.tasks.begin(), parts.experiment.tasks.end(),
                     [](const TaskSpec& task) { return task.loss.id == "given"; });
}

/// The losses and their gradients without a graph: autograd over a handful of numbers is a hundred
/// times as much work.
BatchPass passPoint(const RunParts& parts, std::vector<char> active) {
  const auto& point = parts.model->parameters().values();
  const auto host = point.to(at::kCPU, at::kDouble);
  const std::vector<double> x(host.const_data_ptr<double>(),
                              host.const_data_ptr<double>() + host.numel());
  const auto values = parts.problem.objective->closedForm(x);
  const auto columns = static_cast<Eigen::Index>(x.size());
  BatchPass pass;
  pass.terms.resize(parts.tasks.size());
  pass.rows = Eigen::MatrixXd::Zero(std::ssize(active), columns);
  std::vector<double> losses(active.size());
  for (size_t k = 0; k < active.size(); ++k) {
    if (!active[k]) continue;
    const auto index = parts.tasks[k].index();
    losses[k] = values.losses[index];
    pass.rows->row(static_cast<Eigen::Index>(k)) =
        Eigen::Map<const Eigen::RowVectorXd>(values.rows[index].data(), columns);
  }
  pass.losses = at::tensor(losses, at::kDouble).to(point.options());
  pass.forward.active = std::move(active);
  return pass;
}

}  // namespace

BatchPass passBatch(const RunParts& parts, gradient::Purpose purpose) {
  if (inClosedForm(parts)) return passPoint(parts, activeTasks(parts));
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

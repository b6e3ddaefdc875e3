#include "core/train/passes.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/loss/weights/wrapper.h"
#include "core/train/evaluator.h"
#include "core/train/look_ahead.h"
#include "core/train/second_view.h"

namespace eq::train {
namespace {

constexpr const char* kViews = "views";  ///< the stream of the sampler's batch

/// Leaves the tasks that have a target in these training examples.
void meet(const RunParts& parts, const std::vector<std::int64_t>& examples,
          std::vector<char>& active) {
  for (size_t k = 0; k < parts.tasks.size(); ++k)
    active[k] = active[k] && parts.tasks[k].hasTarget(examples);
}

/// Of the available tasks those that the step's choice takes.
std::vector<char> activeTasks(const RunParts& parts) {
  auto active = parts.choice.tasks;
  if (parts.choice.examples) meet(parts, *parts.choice.examples, active);
  return active;
}

/// The training examples of one of the step's batches.
at::Tensor examplesOf(const RunParts& parts, size_t batch) {
  if (batch > 0) return parts.further.at(batch - 1).indices();
  const auto& chosen = parts.choice.examples;
  return chosen ? at::tensor(*chosen, at::kLong).to(parts.device) : parts.sampler->indices();
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

/// Of one task in these training examples, for its loss at each place that its head reads.
std::vector<loss::Batch> batchesOfTask(const RunParts& parts, size_t k, const at::Tensor& rows,
                                       const model::HeadOutput& output) {
  auto places = parts.tasks[k].batches(parts.problem.train, rows, output);
  for (auto& batch : places) batch.step = parts.progress.steps;
  return places;
}

loss::Value lossOfBatch(const RunParts& parts, size_t k, const at::Tensor& rows,
                        const model::HeadOutput& output) {
  return parts.tasks[k].lossAt(batchesOfTask(parts, k, rows, output));
}

/// Some of the examples, and of second views of them if `views`.
at::Tensor someOf(const at::Tensor& inputs, std::int64_t first, std::int64_t count, bool views) {
  std::vector<at::Tensor> parts;
  for (const auto& part : inputs.chunk(views ? 2 : 1))
    parts.push_back(part.narrow(0, first, count));
  return views ? at::cat(parts) : parts.front();
}

bool isObserved(const RunParts& parts) {
  const auto every = parts.experiment.observe.every;
  return every > 0 && parts.progress.steps % every == 0;
}

/// Records a task's loss at each place, where its head reads several.
void observePlaces(const RunParts& parts, size_t k, const std::vector<loss::Batch>& places,
                   model::Observations& seen) {
  if (places.size() == 1) return;
  std::vector<at::Tensor> losses;
  for (const auto& batch : places)
    losses.push_back(parts.tasks[k].loss().evaluate(batch).value.detach());
  seen.add(kLossAtPlaces, static_cast<std::int64_t>(k), {}, at::stack(losses));
}

/// Records what the samples are worth, where the task's loss weighs them.
void observeWeights(const RunParts& parts, size_t k, const loss::Batch& batch,
                    model::Observations& seen) {
  const auto* weighing = dynamic_cast<const loss::Wrapper*>(&parts.tasks[k].loss());
  if (!weighing) return;
  seen.add(loss::kEffectiveSampleSize, static_cast<std::int64_t>(k), {},
           loss::effectiveSampleSize(weighing->sampleWeights(batch)));
}

/// What the first batch of a step is asked beside its losses.
gradient::Beside besideOf(const RunParts& parts, BatchPass& pass, size_t batch) {
  if (batch > 0) return {nullptr, nullptr, parts.ofPass()};
  return {isObserved(parts) ? &pass.seen : nullptr,
          parts.model->hasPenalties() ? &pass.penalties : nullptr, parts.ofPass()};
}

}  // namespace

at::Tensor rowsOfPoint(const BatchPass& pass) {
  const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> flat = *pass.rows;
  const at::ArrayRef<double> numbers(flat.data(), static_cast<size_t>(flat.size()));
  return at::tensor(numbers, at::kDouble).view({flat.rows(), flat.cols()}).to(pass.losses.device());
}

std::vector<char> availableTasks(const RunParts& parts) {
  std::vector<char> available;
  for (const auto& task : parts.experiment.tasks) available.push_back(task.enabled);
  meet(parts, parts.sampler->hostIndices(), available);
  for (const auto& sampler : parts.further) meet(parts, sampler.hostIndices(), available);
  return available;
}

BatchPass batchOf(const RunParts& parts, at::Tensor examples, std::vector<char> active,
                  const std::string& stream) {
  BatchPass pass;
  pass.active = std::move(active);
  pass.terms.resize(parts.tasks.size());
  pass.inputs =
      asRead(parts, withViews(parts.problem, parts.problem.train.inputs.index_select(0, examples),
                              anyReadsViews(parts.tasks, pass.active),
                              deriveSeed(parts.experiment.seed, stream, parts.progress.steps)));
  pass.examples = std::move(examples);
  return pass;
}

BatchPass batchToCome(const RunParts& parts) {
  return batchOf(parts, examplesOf(parts, 0), activeTasks(parts), kViews);
}

BatchPass passBatch(RunParts& parts, gradient::Purpose purpose, size_t number) {
  BatchPass pass;
  if (inClosedForm(parts)) {
    pass = passPoint(parts, activeTasks(parts));
    pass.active = pass.forward.active;
    return pass;
  }
  const auto stream = number == 0 ? std::string(kViews) : fmt::format("views {}", number);
  pass = batchOf(parts, examplesOf(parts, number), activeTasks(parts), stream);
  const bool views = anyReadsViews(parts.tasks, pass.active);
  const auto& rows = pass.examples;
  if (parts.balancer->needs().lossesAfter || parts.schemes.replays() || looksAhead(parts))
    pass.randomState = parts.model->randomState();
  std::vector<at::Tensor> losses(parts.tasks.size());
  const auto lossOf = [&](size_t k, const model::HeadOutput& output) {
    const auto places = batchesOfTask(parts, k, rows, output);
    auto found = parts.tasks[k].lossAt(places, parts.schemes.readsExamples());
    losses[k] = found.value.detach();
    if (number == 0 && isObserved(parts)) {
      observePlaces(parts, k, places, pass.seen);
      observeWeights(parts, k, places.back(), pass.seen);
    }
    const auto trained = parts.schemes.lossOf(parts, k, places.back(), found);
    pass.terms[k] = std::move(found.terms);
    return trained;
  };
  pass.forward = parts.engine->forward(pass.inputs, lossOf, pass.active, purpose, views,
                                       besideOf(parts, pass, number));
  if (!pass.penalties.empty())
    pass.ofPenalties = parts.engine->ofPenalties(pass.forward, pass.penalties);
  for (size_t k = 0; k < losses.size(); ++k)
    if (!losses[k].defined()) losses[k] = pass.forward.losses[k];
  pass.losses = at::stack(losses);
  return pass;
}

BatchPass passAgain(const RunParts& parts, const BatchPass& first, const Again& again) {
  const at::AutoGradMode graph(true);
  const auto standing = parts.model->randomState();
  parts.model->restoreRandomState(first.randomState);
  const bool views = anyReadsViews(parts.tasks, first.active);
  const auto count = again.count < 0 ? first.examples.size(0) - again.first : again.count;
  BatchPass pass;
  pass.active = again.active;
  pass.examples = first.examples.narrow(0, again.first, count);
  pass.inputs = someOf(first.inputs, again.first, count, views);
  pass.terms.resize(parts.tasks.size());
  const auto lossOf = [&](size_t k, const model::HeadOutput& output) {
    const auto found = lossOfBatch(parts, k, pass.examples, output);
    return again.part ? again.part(k, found) : found.value;
  };
  pass.forward = parts.engine->forward(pass.inputs, lossOf, pass.active, again.purpose, views,
                                       {nullptr, nullptr, parts.ofPass()});
  pass.losses = at::stack(pass.forward.losses).detach();
  parts.model->restoreRandomState(standing);
  return pass;
}

gradient::Gradients gradientsOfTask(const RunParts& parts, const BatchPass& first, size_t task,
                                    std::int64_t begin, std::int64_t count) {
  Again again{std::vector<char>(parts.tasks.size(), 0), begin, count};
  again.active[task] = 1;
  auto pass = passAgain(parts, first, again);
  std::vector<double> one(parts.tasks.size(), 0);
  one[task] = 1;
  return parts.engine->backward(pass.forward, one, one);
}

at::Tensor lossesAgain(const RunParts& parts, const BatchPass& pass) {
  if (inClosedForm(parts)) return passPoint(parts, pass.active).losses;
  const at::NoGradGuard noGradients;
  const auto standing = parts.model->randomState();
  parts.model->restoreRandomState(pass.randomState);
  const auto& rows = pass.examples;
  model::Pass training{true, nullptr, anyReadsViews(parts.tasks, pass.active), nullptr,
                       &pass.active};
  training.at = parts.ofPass();
  const auto found = parts.model->represent(pass.inputs, training);
  std::vector<at::Tensor> losses;
  for (size_t k = 0; k < parts.tasks.size(); ++k)
    losses.push_back(
        pass.active[k] ? lossOfBatch(parts, k, rows,
                                     parts.model->head(k, parts.model->readBy(k, found), training))
                             .value
                       : at::zeros({}, pass.losses.options()));
  parts.model->restoreRandomState(standing);
  return at::stack(losses);
}

at::Tensor validationLosses(const RunParts& parts) {
  const at::NoGradGuard noGradients;
  const auto& split = parts.problem.validation;
  if (split.size() == 0)
    fail("the balancer reads validation losses, but there are no validation examples");
  const auto first = parts.feed.validationPosition;
  const auto rows = at::arange(first, first + std::min(parts.experiment.batchSize, split.size()),
                               split.inputs.options().dtype(at::kLong))
                        .remainder(split.size());
  const auto outputs = predict(parts, split.inputs.index_select(0, rows));
  std::vector<at::Tensor> losses;
  for (size_t k = 0; k < parts.tasks.size(); ++k) {
    const auto places = parts.tasks[k].batches(split, rows, outputs[k]);
    const auto value = parts.tasks[k].lossAt(places).value;
    const auto empty = (countedEntries(places.back()) > 0).logical_not().all();
    losses.push_back(value.masked_fill(empty, std::numeric_limits<double>::quiet_NaN()));
  }
  return at::stack(losses);
}

void advanceValidation(RunParts& parts) {
  const auto size = parts.problem.validation.size();
  auto& position = parts.feed.validationPosition;
  position = (position + std::min(parts.experiment.batchSize, size)) % size;
}

std::vector<model::HeadOutput> predict(const RunParts& parts, const at::Tensor& inputs) {
  const model::Pass pass{
      .views = anyReadsViews(parts.tasks, std::vector<char>(parts.tasks.size(), 1)),
      .at = parts.ofPass()};
  std::vector<model::HeadOutput> outputs;
  const auto viewed = withViews(parts.problem, inputs, pass.views, seedOfViews(parts.experiment));
  const auto found = parts.model->represent(asRead(parts, viewed), pass);
  for (size_t k = 0; k < parts.tasks.size(); ++k)
    outputs.push_back(parts.model->head(k, parts.model->readBy(k, found), pass));
  return outputs;
}

at::Tensor asRead(const RunParts& parts, const at::Tensor& inputs) {
  return parts.front ? parts.front->withPreference(inputs) : inputs;
}

at::Tensor withViews(const data::Problem& problem, const at::Tensor& inputs, bool views,
                     std::uint64_t seed) {
  return views ? at::cat({inputs, secondView(inputs, problem.augmentation, seed)}) : inputs;
}

std::uint64_t seedOfViews(const Experiment& experiment) {
  return deriveSeed(experiment.seed, "evaluated views");
}

}  // namespace eq::train

#include "core/train/training_step.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/train/front_step.h"
#include "core/train/look_ahead.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/passes.h"
#include "core/train/step_ends.h"
#include "core/train/step_measurement.h"
#include "core/train/step_work.h"
#include "core/train/structure.h"

namespace eq::train {
namespace {

std::vector<double> toVector(const at::Tensor& values) {
  const auto host = values.to(at::kCPU, at::kDouble).contiguous();
  const auto* first = host.const_data_ptr<double>();
  return {first, first + host.numel()};
}

std::vector<double> toVector(const Eigen::VectorXd& values) {
  return {values.data(), values.data() + values.size()};
}

std::string balancerName(const RunParts& parts) {
  const auto& [weighting, gradient] = parts.experiment.balancer;
  return gradient.id.empty() ? weighting.id : weighting.id + " and " + gradient.id;
}

/// Refuses weights that the model's numbers cannot hold.
void checkWeights(const std::vector<double>& weights, const RunParts& parts) {
  constexpr double kLargest = std::numeric_limits<float>::max();
  for (size_t k = 0; k < weights.size(); ++k)
    if (std::isfinite(weights[k]) && std::abs(weights[k]) > kLargest)
      throw Error(fmt::format("step {}: the weight of {} is {:.4g}, but the model's numbers "
                              "end at "
                              "{:.2g}; choose smaller weights, another balancer or another "
                              "parameter of it (here: {})",
                              parts.progress.steps + 1, parts.tasks[k].info().name, weights[k],
                              kLargest, balancerName(parts)),
                  ErrorKind::failure);
}

/// Calls the balancer.
StepWork weigh(RunParts& parts, BatchPass& pass, StepMeasurement& measurement) {
  Eigen::VectorXd factors(std::ssize(parts.tasks));
  for (size_t k = 0; k < parts.tasks.size(); ++k)
    factors[static_cast<Eigen::Index>(k)] = parts.experiment.tasks[k].weight;
  StepWork work{pass, measurement, measurement.inputs(), std::move(factors), {}};
  auto own = parts.schemes.weigh(parts, work.inputs, work.factors, pass.active, measurement);
  work.weights =
      own ? std::move(*own)
          : parts.balancer->weigh(work.inputs, work.factors, pass.active, measurement.parts());
  if (work.weights.rowFactors.size() > 0)
    work.direction =
        parts.balancer->direction(measurement.rows(), pass.losses, work.weights, pass.active);
  return work;
}

/// What the balancer says of the step, under the ids of its slots.
void addRemarks(const balance::Weights& weights, const RunParts& parts, PendingRecord& pending) {
  const auto& slots = parts.experiment.balancer;
  const auto idOf = [&](bool gradient) { return (gradient ? slots.gradient : slots.weighting).id; };
  for (const auto& [gradient, task, value] : weights.wrong)
    pending.weights.push_back({static_cast<size_t>(task), idOf(gradient), value});
  for (const auto& [gradient, remark] : weights.remarks)
    pending.remarks.push_back({static_cast<size_t>(remark.task), idOf(gradient), remark.text});
}

/// The update of an analytic problem in closed form; none where no task takes part.
gradient::Gradients pointGradients(const BatchPass& pass, const balance::Weights& weights,
                                   const at::Tensor& direction) {
  if (std::find(pass.active.begin(), pass.active.end(), 1) == pass.active.end())
    return {at::Tensor()};
  if (direction.defined()) return {direction.to(pass.losses.options())};
  const Eigen::VectorXd combined = pass.rows->transpose() * weights.weights;
  return {at::tensor(toVector(combined), at::kDouble).to(pass.losses.options())};
}

/// \param apart gradients that a scheme has made. \param pass that the update comes from.
gradient::Gradients gradientsOf(RunParts& parts, BatchPass& pass,
                                const std::optional<TaskRows>& apart, const StepWork& work) {
  const auto& weights = work.weights;
  const auto& direction = work.direction;
  if (pass.rows) return pointGradients(pass, weights, direction);
  auto gradients =
      apart && !apart->own.empty()
          ? updateOf(parts, *apart,
                     direction.defined() ? direction : combined(parts, apart->shared, weights),
                     weights.heads)
          : usualUpdate(parts, pass, weights, direction);
  parts.schemes.beforeOptimizer(parts, work, gradients);
  return gradients;
}

/// Adds the gradients of the model's penalties to an update.
void addPenalties(const BatchPass& pass, gradient::Gradients& gradients) {
  for (size_t i = 0; i < pass.ofPenalties.size(); ++i) {
    const auto& add = pass.ofPenalties[i];
    if (!add.defined()) continue;
    auto& gradient = gradients[i];
    gradient = gradient.defined() ? gradient + add.reshape(gradient.sizes()) : add;
  }
}

/// Drops the gradients of what stays as it is.
void rest(const RunParts& parts, gradient::Gradients& gradients) {
  const auto& resting = parts.choice.resting;
  for (size_t i = 0; i < resting.size(); ++i)
    if (resting[i]) gradients[i].reset();
  for (const auto index : parts.model->resting()) gradients[index].reset();
}

/// What is left for the step to come.
void feedNext(RunParts& parts, const BatchPass& pass, const at::Tensor& skip) {
  const auto needs = parts.balancer->needs();
  if (needs.lossesAfter)
    parts.feed.lossesAfter = at::cat({lossesAgain(parts, pass), skip.reshape({1})});
  if (needs.validationLosses) advanceValidation(parts);
}

/// Of the batch, and of two more where the balancer reads them.
std::vector<BatchPass> passesOf(RunParts& parts, double rate) {
  const bool several = parts.balancer->needs().crossGramian;
  if (several && parts.further.empty()) parts.further = furtherSamplers(parts);
  parts.choice = parts.schemes.choose(parts, availableTasks(parts));
  parts.schemes.ahead(parts, rate);
  std::vector<BatchPass> passes;
  passes.push_back(passBatch(parts, StepMeasurement::purpose(parts)));
  if (!several) return passes;
  passes.push_back(passBatch(parts, gradient::Purpose::exact, 1));
  const auto update = parts.parts.empty() ? gradient::Purpose::sum : gradient::Purpose::exact;
  passes.push_back(passBatch(parts, update, 2));
  return passes;
}

}  // namespace

gradient::Gradients usualUpdate(const RunParts& parts, BatchPass& pass,
                                const balance::Weights& weights, const at::Tensor& direction) {
  const auto heads = toVector(weights.heads);
  if (direction.defined()) return parts.engine->backward(pass.forward, direction, heads);
  if (weights.parts.empty())
    return parts.engine->backward(pass.forward, toVector(weights.weights), heads);
  std::vector<std::vector<double>> ofParts;
  for (const auto& part : weights.parts) ofParts.push_back(toVector(part));
  return parts.engine->backward(pass.forward, indicesOf(parts.parts), ofParts, heads);
}

PendingRecord takeStep(RunParts& parts) {
  if (parts.front) return takeFrontStep(parts);
  const auto started = StepClock::now();
  StepRecord record;
  if (parts.problem.objective) record.point = toVector(parts.model->parameters().values());
  record.learningRate = baseRate(parts.experiment.optimizer) * parts.schemes.rateFactor(parts);
  auto passes = passesOf(parts, record.learningRate);
  auto& pass = passes.front();
  StepMeasurement measurement(parts, pass, passes.size() > 1 ? &passes[1] : nullptr);
  auto apart = parts.schemes.rows(parts, pass, record.learningRate);
  auto values = valuesOf(pass, parts.tasks, record);
  if (apart) measurement.take(apart->shared);
  const auto work = weigh(parts, pass, measurement);
  const auto& weights = work.weights;
  record.weights = toVector(weights.weights);
  for (const auto& factors : {record.weights, toVector(weights.heads)})
    checkWeights(factors, parts);
  for (const auto& part : weights.parts) checkWeights(toVector(part), parts);
  auto conflict = measurement.conflict(weights, work.direction);
  const auto spoilt = measurement.nonFinite();
  const auto way = pass.forward.way;
  // Where several batches are read, the update comes from the last.
  auto gradients = gradientsOf(parts, passes.back(), apart, work);
  addPenalties(pass, gradients);
  rest(parts, gradients);
  if (looksAhead(parts)) {
    record.affinity.emplace();
    values = at::cat({values, lookAhead(parts, pass, record.learningRate).reshape({-1})});
  }
  const auto skip = applyUpdate(parts, gradients, pass, weights.nonFinite, record.learningRate);
  feedNext(parts, pass, skip);
  parts.schemes.afterOptimizer(parts, pass);
  advance(parts, started, record);
  PendingRecord pending{std::move(record), values, skip, pass.active, spoilt};
  addRemarks(weights, parts, pending);
  pending.way = way;
  pending.conflict = std::move(conflict);
  return pending;
}

}  // namespace eq::train

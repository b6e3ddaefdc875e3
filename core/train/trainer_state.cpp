#include "core/train/trainer_state.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/gradient/conflict.h"
#include "core/gradient/finite.h"
#include "core/model/catalog.h"
#include "core/train/device.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/scripts.h"

namespace eq::train {
namespace {

using Clock = std::chrono::steady_clock;

/// Steps in a row without an update after which a run ends as failed.
constexpr std::int64_t kSkippedAtMost = 100;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void moveTo(data::Problem& problem, const at::Device& device) {
  problem.train = problem.train.to(device);
  problem.validation = problem.validation.to(device);
  problem.test = problem.test.to(device);
}

/// The objective's losses in the order of the experiment's tasks.
std::function<at::Tensor(const at::Tensor&)> chosenLosses(const data::Objective& objective,
                                                          const std::vector<TaskRuntime>& tasks) {
  std::vector<std::int64_t> columns;
  for (const auto& task : tasks) columns.push_back(static_cast<std::int64_t>(task.index()));
  return [losses = objective.losses, columns](const at::Tensor& point) {
    return losses(point).index_select(
        0, at::tensor(columns, point.options().dtype(at::kLong).requires_grad(false)));
  };
}

std::unique_ptr<model::Model> makeModel(const Experiment& experiment, const data::Problem& problem,
                                        const std::vector<TaskRuntime>& tasks) {
  model::Setting setting;
  setting.inputShape = problem.inputShape;
  for (const auto& task : tasks) {
    setting.tasks.push_back(task.info());
    setting.readouts.push_back(task.readouts());
  }
  setting.seed = deriveSeed(experiment.seed, "model");
  if (problem.objective) {
    setting.start = problem.objective->start;
    setting.objective = chosenLosses(*problem.objective, tasks);
  }
  return model::catalog().create(experiment.model.id, experiment.model.params, "model", setting);
}

std::unique_ptr<balance::TwoSlots> makeBalancer(const Experiment& experiment,
                                                const std::vector<TaskRuntime>& tasks) {
  balance::Setting setting;
  setting.tasks = std::ssize(tasks);
  setting.seed = deriveSeed(experiment.seed, "balancer");
  for (const auto& task : tasks) setting.kinds.push_back(task.info().kind);
  const auto& [weighting, gradient] = experiment.balancer;
  if (const auto granularity = gradient.params.value("granularity", "whole");
      granularity != "whole")
    fail("balancer.gradient.granularity: runs know \"whole\" so far, found \"{}\"", granularity);
  setting.path = "balancer.weighting";
  auto first = balance::weightings().create(weighting.id, weighting.params, setting.path, setting);
  setting.path = "balancer.gradient";
  std::unique_ptr<balance::Balancer> second;
  if (!gradient.id.empty())
    second = balance::gradientMethods().create(gradient.id, gradient.params, setting.path, setting);
  return std::make_unique<balance::TwoSlots>(std::move(first), std::move(second));
}

double baseRate(const MethodSpec& optimizer) {
  return Parameters(optimizers().descriptor(optimizer.id).parameters, optimizer.params, "optimizer")
      .number("lr");
}

Eigen::VectorXd toEigen(const at::Tensor& values) {
  const auto host = values.to(at::kCPU, at::kDouble).contiguous();
  return Eigen::Map<const Eigen::VectorXd>(host.const_data_ptr<double>(), host.numel());
}

Eigen::MatrixXd toMatrix(const at::Tensor& values) {
  const auto host = values.to(at::kCPU, at::kDouble).contiguous();
  return Eigen::Map<const Eigen::MatrixXd>(host.const_data_ptr<double>(), host.size(0),
                                           host.size(1));
}

std::vector<double> toVector(const Eigen::VectorXd& values) {
  return {values.data(), values.data() + values.size()};
}

/// The losses, and behind them the terms, which `record` then names.
at::Tensor withTerms(const at::Tensor& losses, const std::vector<std::vector<at::Tensor>>& terms,
                     const std::vector<TaskRuntime>& tasks, StepRecord& record) {
  std::vector<at::Tensor> all{losses};
  for (size_t k = 0; k < terms.size(); ++k)
    for (size_t i = 0; i < terms[k].size(); ++i) {
      record.terms.push_back({static_cast<std::int64_t>(k), tasks[k].terms().at(i)});
      all.push_back(terms[k][i].detach().reshape({1}));
    }
  return all.size() == 1 ? losses : at::cat(all);
}

/// Refuses weights that the model's numbers cannot hold.
void checkWeights(const std::vector<double>& weights, const std::vector<TaskRuntime>& tasks,
                  std::int64_t step) {
  constexpr double kLargest = std::numeric_limits<float>::max();
  for (size_t k = 0; k < weights.size(); ++k)
    if (std::isfinite(weights[k]) && std::abs(weights[k]) > kLargest)
      throw Error(fmt::format("step {}: the weight of {} is {:.4g}, but the model's numbers end at "
                              "{:.2g}; choose smaller weights or another parameter of the balancer",
                              step, tasks[k].info().name, weights[k], kLargest),
                  ErrorKind::failure);
}

ConflictRecord conflictOf(const Eigen::MatrixXd& gramian, const std::vector<double>& weights,
                          GradientSource source) {
  const auto statistics = gradient::conflict(gramian);
  ConflictRecord record;
  record.source = source;
  record.norms = toVector(statistics.norms);
  for (Eigen::Index i = 0; i < gramian.rows(); ++i)
    for (Eigen::Index j = 0; j < gramian.cols(); ++j)
      record.cosines.push_back(statistics.cosines(i, j));
  record.conditionNumber = statistics.conditionNumber;
  record.sumNorm = statistics.sumNorm;
  const Eigen::Map<const Eigen::VectorXd> w(weights.data(), gramian.rows());
  record.updateNorm = std::sqrt(std::max(0.0, w.dot(gramian * w)));
  return record;
}

/// Times that a probe of so many examples goes into a chunk of about 1,024, or of all.
std::int64_t chunkOfProbes(std::int64_t probe, std::int64_t examples) {
  return std::clamp((examples + probe - 1) / probe, std::int64_t{1},
                    std::max<std::int64_t>(1, 1024 / probe));
}

/// All examples in chunks of one size, each from everywhere in the data; some come twice.
std::vector<at::Tensor> chunksOf(std::int64_t examples, std::int64_t size) {
  const auto count = (examples + size - 1) / size;
  std::vector<at::Tensor> chunks;
  for (std::int64_t first = 0; first < count; ++first)
    chunks.push_back((at::arange(size, at::kLong) * count + first).remainder(examples));
  return chunks;
}

/// Each of the rows `times`; of first and second views apart.
at::Tensor repeated(const at::Tensor& rows, std::int64_t times, bool views) {
  std::vector<at::Tensor> parts;
  for (const auto& part : rows.chunk(views ? 2 : 1))
    parts.insert(parts.end(), static_cast<size_t>(times), part);
  return at::cat(parts);
}

}  // namespace

Trainer::State::State(Experiment given, data::Problem loaded, Purpose purpose)
    : experiment(std::move(given)),
      device(deviceFromText(experiment.device)),
      problem(std::move(loaded)) {
  experiment = resolved(std::move(experiment), problem);
  tasks = makeTasks(experiment, problem, purpose == Purpose::training);
  guarded("model", [&] {
    model = makeModel(experiment, problem, tasks);
    model->to(device);
    moveTo(problem, device);
    optimizer = optimizers().create(experiment.optimizer.id, experiment.optimizer.params,
                                    "optimizer", model->parameters());
  });
  engine = std::make_unique<gradient::Engine>(*model);
  schedule = schedules().create(experiment.schedule.id, experiment.schedule.params, "schedule");
  balancer = makeBalancer(experiment, tasks);
  sampler = std::make_unique<Sampler>(problem.train.size(), experiment.batchSize, experiment.seed,
                                      device);
  frozen.assign(tasks.size(), 0);
  finite_.assign(tasks.size() + 1, 1);
  if (purpose == Purpose::teaching) return;
  for (size_t k = 0; k < tasks.size(); ++k) probe(*model, tasks[k], k);
}

std::vector<size_t> Trainer::State::Measured::nonFinite(const std::vector<char>& active) const {
  std::vector<size_t> found;
  for (size_t k = 0; k < active.size(); ++k) {
    const auto at = static_cast<Eigen::Index>(k);
    const auto spoilt = [&](const auto& gramian) {
      return gramian && !std::isfinite((*gramian)(at, at));
    };
    if (active[k] && (spoilt(exact) || spoilt(representation))) found.push_back(k);
  }
  return found;
}

std::vector<char> Trainer::State::activeTasks() const {
  const auto rows = sampler->hostIndices();
  std::vector<char> active;
  for (size_t k = 0; k < tasks.size(); ++k)
    active.push_back(experiment.tasks[k].enabled && tasks[k].hasTarget(rows));
  return active;
}

gradient::Forward Trainer::State::forward(const at::Tensor& rows, const std::vector<char>& active,
                                          std::vector<std::vector<at::Tensor>>& terms) const {
  const auto lossOf = [&](size_t k, const model::HeadOutput& output) {
    auto batch = tasks[k].batch(problem.train, rows, output);
    batch.step = steps;
    auto found = tasks[k].loss().evaluate(batch);
    terms[k] = std::move(found.terms);
    return found.value;
  };
  bool views = false;
  for (size_t k = 0; k < tasks.size(); ++k) views = views || (active[k] && tasks[k].readsViews());
  const auto inputs = withViews(problem.train.inputs.index_select(0, rows), views,
                                deriveSeed(experiment.seed, "views", steps));
  return engine->forward(inputs, lossOf, active, needsExactGramian(), views);
}

const Eigen::MatrixXd& Trainer::State::gramian(const gradient::Forward& pass, bool representation,
                                               Measured& measured) const {
  auto& slot = representation ? measured.representation : measured.exact;
  const auto source = representation ? gradient::Source::representation : gradient::Source::exact;
  if (!slot) slot = toMatrix(engine->gramian(pass, source));
  return *slot;
}

balance::Weights Trainer::State::weigh(const gradient::Forward& pass, const at::Tensor& losses,
                                       Measured& measured) {
  const auto needs = balancer->needs();
  balance::Inputs inputs;
  inputs.step = steps;
  inputs.epoch = sampler->epoch();
  if (needs.losses) inputs.losses = toEigen(losses);
  if (needs.rowNorms || needs.gramian) {
    inputs.gramian = gramian(pass, needs.representation, measured);
    inputs.rowNorms = inputs.gramian.diagonal().cwiseMax(0).cwiseSqrt();
  }
  Eigen::VectorXd factors(static_cast<Eigen::Index>(tasks.size()));
  for (size_t k = 0; k < tasks.size(); ++k)
    factors[static_cast<Eigen::Index>(k)] = experiment.tasks[k].weight;
  return balancer->weigh(inputs, factors, pass.active);
}

void Trainer::State::update() {
  const auto started = Clock::now();
  const auto rows = sampler->indices();
  StepRecord record;
  if (problem.objective) record.point = toVector(toEigen(model->parameters().values()));
  std::vector<std::vector<at::Tensor>> terms(tasks.size());
  auto pass = forward(rows, activeTasks(), terms);
  const auto active = pass.active;
  const auto losses = at::stack(pass.losses).detach();
  const auto values = withTerms(losses, terms, tasks, record);
  Measured measured;
  const auto weights = weigh(pass, losses, measured);
  record.weights = toVector(weights.weights);
  const auto heads = toVector(weights.heads);
  for (const auto& factors : {record.weights, heads}) checkWeights(factors, tasks, steps + 1);
  if (isSampled()) {
    const bool representation = experiment.conflict.source == "representation";
    record.conflict =
        conflictOf(gramian(pass, representation, measured), record.weights,
                   representation ? GradientSource::representation : GradientSource::exact);
  }
  record.learningRate = baseRate(experiment.optimizer) * schedule->factor(steps, totalSteps());
  const auto gradients = engine->backward(pass, record.weights, heads);
  // Decided on the device: a loss or gradient that is not finite leaves parameters and moments as
  // they are.
  const auto skip = at::full({}, weights.nonFinite ? 1 : 0, losses.options().dtype(at::kFloat));
  auto watched = gradients;
  watched.push_back(losses);
  gradient::markNonFinite(watched, skip);
  optimizer->step(gradients, record.learningRate, frozen, skip);

  ++steps;
  examples += sampler->batchSize();
  sampler->advance();
  seconds += secondsSince(started);
  record.step = steps;
  record.epoch = epochs();
  record.examples = examples;
  record.seconds = seconds;
  pending.add({std::move(record), values, skip, active, measured.nonFinite(active)});
}

void Trainer::State::note(std::int64_t step, std::string kind, std::string text,
                          nlohmann::json detail) {
  events.push_back({step, seconds, std::move(kind), std::move(text), std::move(detail)});
}

std::vector<StepRecord> Trainer::State::takeRecords() {
  TakenRecords taken;
  guarded(fmt::format("step {}", steps), [&] { taken = pending.take(); });
  watch(taken);
  return std::move(taken.records);
}

void Trainer::State::watch(const TakenRecords& taken) {
  auto next = taken.nonFinite.begin();
  for (const auto& record : taken.records) {
    std::vector<char> finite(tasks.size() + 1, 1);
    for (; next != taken.nonFinite.end() && next->step == record.step; ++next) {
      // Whose gradient it was stays known until a step is applied.
      if (!next->task && !finite_.back()) finite = finite_;
      if (!next->loss) finite.back() = 0;
      const auto place = next->task.value_or(tasks.size());
      finite[place] = 0;
      if (finite_[place]) report(*next);
    }
    const bool skipped = std::count(finite.begin(), finite.end(), 0) > 0;
    skipped_ = skipped ? skipped_ + 1 : 0;
    finite_ = std::move(finite);
  }
}

void Trainer::State::report(const NonFinite& found) {
  const auto subject = found.task ? tasks[*found.task].info().name + ": the " : "the ";
  const auto what = found.loss ? fmt::format("loss is {}", *found.loss) : "gradient is not finite";
  note(found.step, "nonfinite",
       fmt::format("{}{}; such steps are not applied. Lower the learning rate or change the loss",
                   subject, what),
       found.task ? nlohmann::json{{"task", *found.task}} : nlohmann::json::object());
}

void Trainer::State::requireProgress() const {
  if (skipped_ < kSkippedAtMost) return;
  std::vector<std::string> names;
  for (size_t k = 0; k < tasks.size(); ++k)
    if (!finite_[k]) names.push_back(tasks[k].info().name);
  const auto what = !finite_.back() ? "gradient" : "loss";
  const auto whose = names.empty() ? "" : fmt::format(" of {}", fmt::join(names, ", "));
  throw Error(fmt::format("step {}: the {}{} has not been finite for {} steps; go back to an "
                          "earlier checkpoint "
                          "with a lower learning rate or another loss",
                          steps, what, whose, skipped_),
              ErrorKind::failure);
}

/// Tries a loss on the predictions of a few examples, so that a class weight too many is refused
/// before it stops the run, and under these on the targets and fields of all of them.
void Trainer::State::probe(const model::Model& network, const TaskRuntime& task, size_t k) const {
  const at::NoGradGuard noGradients;
  const auto rows =
      sampler->indices().narrow(0, 0, std::min<std::int64_t>(sampler->batchSize(), 64));
  const model::Pass pass{.views = task.readsViews()};
  const auto inputs =
      withViews(problem.train.inputs.index_select(0, rows), pass.views, seedOfViews());
  const auto representation = network.trunk(inputs, pass);
  const auto check = [&](const at::Tensor& chosen, const model::HeadOutput& output) {
    task.loss().check(task.batch(problem.train, chosen, output));
  };
  try {
    check(rows, network.head(k, representation, pass));
    if (problem.objective) return;
    const auto repeats = chunkOfProbes(rows.size(0), problem.train.size());
    const auto output = network.head(k, repeated(representation, repeats, pass.views), pass);
    for (const auto& chunk : chunksOf(problem.train.size(), rows.size(0) * repeats))
      check(chunk.to(device), output);
  } catch (const Error& error) {
    throw Error(fmt::format("tasks[{}].loss: {}", k, error.what()), error.kind());
  }
}

void Trainer::State::setLoss(const Command& command) {
  const auto k = static_cast<size_t>(command.task);
  auto changed = tasks[k];
  changed.setLoss(command.method, fmt::format("tasks[{}]", k));
  if (changed.readouts() == tasks[k].readouts())
    probe(*model, changed, k);
  else
    changeHead(k, changed);
  tasks[k] = std::move(changed);
}

void Trainer::State::changeHead(size_t k, const TaskRuntime& changed) {
  auto all = tasks;
  all[k] = changed;
  auto next = makeModel(experiment, problem, all);
  next->to(device);
  next->takeOver(*model);
  probe(*next, changed, k);
  auto stepper = optimizers().create(experiment.optimizer.id, experiment.optimizer.params,
                                     "optimizer", next->parameters());
  stepper->takeOver(*optimizer);
  optimizer = std::move(stepper);
  engine = std::make_unique<gradient::Engine>(*next);
  model = std::move(next);
}

void Trainer::State::apply(const Command& given) {
  const Command command = withPinnedScripts(given, experiment.folder);
  const Experiment changed = applied(experiment, command);
  const std::string text = describe(experiment, command);
  switch (command.kind) {
    case Command::Kind::setLoss:
      setLoss(command);
      break;
    case Command::Kind::setTaskFrozen:
      frozen[static_cast<size_t>(command.task)] = command.flag;
      break;
    case Command::Kind::setWeighting:
    case Command::Kind::setGradient: {
      auto next = makeBalancer(changed, tasks);
      // The slot that was not named keeps what it has learned.
      next->takeOver(*balancer, command.kind == Command::Kind::setGradient,
                     command.kind == Command::Kind::setWeighting);
      balancer = std::move(next);
      break;
    }
    default:
      break;
  }
  experiment = changed;
  note(steps, command.kind == Command::Kind::note ? "note" : "command", text, toJson(command));
}

}  // namespace eq::train

#include "core/train/run_parts.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/catalog.h"
#include "core/train/device.h"
#include "core/train/idle_rules.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/rule.h"

namespace eq::train {
namespace {

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

/// \pre model and tasks are there.
void warnOfIdleRules(RunParts& parts) {
  TrainedParts trained;
  for (const auto& task : parts.tasks) trained.terms.push_back(task.terms());
  if (parts.problem.objective) trained.coordinates = parts.model->parameters().values().numel();
  for (const auto& lines :
       {idleRules(parts.experiment), rulesWithoutParts(parts.experiment, trained)})
    for (const auto& idle : lines) parts.problem.warnings.push_back({"rules", idle});
}

}  // namespace

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

std::unique_ptr<Optimizer> makeOptimizer(const Experiment& experiment,
                                         const model::Model& network) {
  return optimizers().create(experiment.optimizer.id, experiment.optimizer.params, "optimizer",
                             network.parameters());
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
  if (const auto norms = weighting.params.value("norms", "trunk"); norms != "trunk")
    fail("balancer.weighting.norms: runs measure them in the \"trunk\" so far, found \"{}\"",
         norms);
  setting.path = "balancer.weighting";
  auto first = balance::weightings().create(weighting.id, weighting.params, setting.path, setting);
  setting.path = "balancer.gradient";
  std::unique_ptr<balance::Balancer> second;
  if (!gradient.id.empty())
    second = balance::gradientMethods().create(gradient.id, gradient.params, setting.path, setting);
  return std::make_unique<balance::TwoSlots>(std::move(first), std::move(second));
}

RunParts::RunParts(Experiment given, data::Problem loaded, bool trains)
    : experiment(std::move(given)),
      device(deviceFromText(experiment.device)),
      problem(std::move(loaded)) {
  experiment = resolved(std::move(experiment), problem);
  if (trains) {
    requireRulesFit(experiment);
    best.follow(experiment);
  }
  tasks = makeTasks(experiment, problem, trains);
  if (trains) {
    std::vector<TaskInfo> infos;
    for (const auto& task : tasks) infos.push_back(task.info());
    requireRuleLossesFit(experiment, infos);
  }
  guarded("model", [&] {
    model = makeModel(experiment, problem, tasks);
    model->to(device);
    moveTo(problem, device);
    optimizer = makeOptimizer(experiment, *model);
  });
  if (trains) warnOfIdleRules(*this);
  engine = std::make_unique<gradient::Engine>(*model);
  schedule = schedules().create(experiment.schedule.id, experiment.schedule.params, "schedule");
  balancer = makeBalancer(experiment, tasks);
  sampler = std::make_unique<Sampler>(problem.train.size(), experiment.batchSize, experiment.seed,
                                      device);
  frozen.assign(tasks.size(), 0);
}

std::int64_t RunParts::totalSteps() const {
  const auto exact = experiment.epochs * static_cast<double>(sampler->stepsPerEpoch());
  return std::max<std::int64_t>(1, std::llround(exact));
}

double RunParts::epochs() const {
  return static_cast<double>(progress.examples) / static_cast<double>(problem.train.size());
}

}  // namespace eq::train

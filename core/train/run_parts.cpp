#include "core/train/run_parts.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/base/gramian.h"
#include "core/base/random.h"
#include "core/model/catalog.h"
#include "core/model/script/scripts.h"
#include "core/train/beginning.h"
#include "core/train/device.h"
#include "core/train/front_catalog.h"
#include "core/train/front_preferences.h"
#include "core/train/idle_rules.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/preferences.h"
#include "core/train/rule.h"
#include "core/train/scheme_catalog.h"

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

void warnOfIdlePreference(RunParts& parts) {
  if (auto idle = idlePreference(parts.experiment); !idle.empty())
    parts.problem.warnings.push_back({"tasks", std::move(idle)});
}

/// Parts are those of gradients in the parameters, by their products.
void requireProducts(const balance::Balancer& method, const std::string& place) {
  const auto needs = method.needs();
  if (needs.representation)
    fail(
        "{}.granularity: this method works on gradients in the trunk's output, which has no "
        "layers, it must be \"whole\"",
        place);
  if (!needs.gramian && !needs.crossGramian)
    fail("{}.granularity: this method works on the whole alone, it must be \"whole\"", place);
}

/// A method in a slot and the model that it would work on, for messages.
struct Asked {
  std::string path, method, model;
};

/// What a gradient method needs: columns, and a frontier where it reads that.
void requireSharedByAny(const balance::Needs& needs, const Asked& asked,
                        const model::Model& network) {
  if (network.parameters().columns().size() == 0)
    fail("{}: {} needs shared parameters; {} has none", asked.path, asked.method, asked.model);
  if (needs.representation && network.frontier() == 0)
    fail("{}: {} needs one place where the tasks part; {} has none", asked.path, asked.method,
         asked.model);
}

/// What a balancer needs that sees clusters of tasks.
void requireSharedByAll(const std::string& id, const model::Model& network) {
  const auto sharing = network.sharing();
  const bool all = std::find(sharing.begin(), sharing.end(), 0) == sharing.end();
  if (!all || !network.groups().empty())
    fail(
        "scheme: clusters of tasks are balanced where all tasks share all that is shared; {} has "
        "parts of some of them alone",
        id);
}

/// What a loss weighting needs that reads gradients: columns that each of its tasks reaches.
void requireShared(const balance::Needs& needs, const Asked& asked,
                   const std::vector<TaskRuntime>& tasks, const model::Model& network) {
  if (!(needs.rowNorms || needs.lastRowNorms || needs.gramian || needs.crossGramian ||
        needs.rowNumbers || needs.rows))
    return;
  requireSharedByAny(needs, asked, network);
  const auto sharing = network.sharing();
  for (size_t k = 0; k < tasks.size(); ++k)
    if (!sharing[k])
      fail("{}: {} needs parameters that each task shares with another; {} has none of task {}",
           asked.path, asked.method, asked.model, tasks[k].info().name);
  if (needs.lastRowNorms && !lastSharedLayer(network))
    fail(
        "{}: {} with the norms of the last layer needs one that all tasks share; {} has none; set "
        "norms to trunk",
        asked.path, asked.method, asked.model);
}

}  // namespace

void requireSource(const Experiment& experiment, const model::Model& network) {
  if (experiment.conflict.source == "representation" && network.frontier() == 0)
    fail("conflict.source: representation needs one place where the tasks part; {} has none",
         experiment.model.id);
}

namespace {

std::unique_ptr<model::Model> makeModel(const Experiment& experiment, const data::Problem& problem,
                                        const std::vector<TaskRuntime>& tasks, std::uint64_t seed,
                                        const nlohmann::json& structure, bool released) {
  model::Setting setting;
  setting.structure = structure;
  setting.inputShape = problem.inputShape;
  if (readsPreference(experiment)) setting.inputShape[0] += std::ssize(tasks);
  for (const auto& task : tasks) {
    setting.tasks.push_back(task.info());
    setting.readouts.push_back(task.readouts());
  }
  setting.seed = seed;
  for (const auto& input : problem.inputs) setting.inputNames.push_back(input.name);
  setting.trainingInputs = problem.train.inputs;
  if (!released) setting.frozen = experiment.init.freeze;
  if (problem.objective) {
    setting.start = problem.objective->start;
    setting.objective = chosenLosses(*problem.objective, tasks);
  }
  const auto& [id, params] = experiment.model;
  auto network = model::catalog().create(
      id, model::scripts().placed(id, params, experiment.folder, "model"), "model", setting);
  if (!released) requireFreezable(experiment.init, *network);
  return network;
}

std::uint64_t seedOfModel(const Experiment& experiment) {
  return deriveSeed(experiment.seed, "model");
}

}  // namespace

std::unique_ptr<model::Model> makeModel(const Experiment& experiment, const data::Problem& problem,
                                        const std::vector<TaskRuntime>& tasks,
                                        const nlohmann::json& structure, bool released) {
  return makeModel(experiment, problem, tasks, seedOfModel(experiment), structure, released);
}

std::unique_ptr<FrontMethod> makeFront(const Experiment& experiment, const data::Problem& problem,
                                       const std::vector<TaskRuntime>& tasks,
                                       const model::Model& network) {
  const auto& [id, params] = experiment.pareto;
  if (id.empty()) return nullptr;
  requireFrontFits(experiment);
  if (network.hasPenalties())
    fail(
        "pareto.id: {} trains on the tasks' losses alone, and this model has penalties beside "
        "them; take a model without (model.regularisers, or selectors, give some)",
        id);
  if (!network.isPlain())
    fail(
        "pareto.id: {} trains models that are trained by their losses alone, and {} changes itself "
        "beside them; take another model",
        id, experiment.model.id);
  const auto fresh = [&](std::uint64_t seed) {
    return makeModel(experiment, problem, tasks, seed, nlohmann::json::object(), false);
  };
  auto front = paretoMethods().create(
      id, params, "pareto", {experiment, network, fresh, seedOfModel(experiment), "pareto"});
  if (auto* own = front->own()) own->to(network.parameters().values().device());
  return front;
}

std::unique_ptr<Optimizer> makeOptimizer(const Experiment& experiment, const model::Model& network,
                                         FrontMethod* front) {
  const auto* own = front ? front->own() : nullptr;
  auto optimizer = optimizers().create(experiment.optimizer.id, experiment.optimizer.params,
                                       "optimizer", own ? *own : network.parameters());
  optimizer->setArchitectureRate(network.architectureRate());
  return optimizer;
}

gradient::Parts indicesOf(const std::vector<TrunkPart>& parts) {
  gradient::Parts indices;
  for (const auto& part : parts) indices.push_back(part.parameters);
  return indices;
}

std::vector<TrunkPart> sharedParts(const model::Model& network, bool byTensor) {
  std::vector<TrunkPart> parts;
  const auto& parameters = network.parameters();
  const auto total = static_cast<double>(parameters.columns().size());
  for (const auto index : parameters.columnIndices()) {
    const auto& info = parameters.infos()[index];
    const auto name = byTensor ? info.name : info.name.substr(0, info.name.rfind('.'));
    auto part = std::find_if(parts.begin(), parts.end(),
                             [&](const TrunkPart& one) { return one.name == name; });
    if (part == parts.end())
      part = parts.insert(parts.end(), {name, {}, 0, network.reach(info.block.owner)});
    part->parameters.push_back(index);
    part->share += static_cast<double>(info.count) / total;
  }
  return parts;
}

std::optional<TrunkPart> lastSharedLayer(const model::Model& network) {
  // Experts lie side by side, so that none of them is the last; above a stem there are groups.
  if (network.frontier() != 1 && network.groups().empty()) return std::nullopt;
  const auto& infos = network.parameters().infos();
  std::optional<TrunkPart> last;
  bool multiplies = false;
  for (auto& part : sharedParts(network, false)) {
    const auto& info = infos[part.parameters.front()];
    const bool ofAll = std::count(part.members.begin(), part.members.end(), 0) == 0;
    if (!ofAll || info.architecture) continue;
    const bool isMatrix = std::any_of(part.parameters.begin(), part.parameters.end(),
                                      [&](size_t index) { return infos[index].shape.size() > 1; });
    if (multiplies && !isMatrix) continue;  // a normalisation behind the last weights
    multiplies = isMatrix;
    last = std::move(part);
  }
  return last;
}

std::vector<TrunkPart> trunkParts(const Experiment& experiment, const model::Model& network) {
  const auto granularity =
      experiment.balancer.gradient.params.value("granularity", std::string("whole"));
  if (granularity == "whole") return {};
  auto parts = sharedParts(network, granularity == "tensor");
  if (parts.size() == 1) parts.clear();  // a single part is the whole
  return parts;
}

std::unique_ptr<balance::TwoSlots> makeBalancer(const Experiment& experiment,
                                                const std::vector<TaskRuntime>& tasks,
                                                const std::vector<TrunkPart>& parts,
                                                const model::Model& network) {
  balance::Setting setting;
  setting.tasks = balancedRows(experiment.schemes, std::ssize(tasks));
  setting.seed = deriveSeed(experiment.seed, "balancer");
  for (const auto& task : tasks) setting.kinds.push_back(task.info().kind);
  // Networks are trained in single precision, analytic problems in double.
  const bool analytic =
      std::count(setting.kinds.begin(), setting.kinds.end(), TaskKind::objective) > 0;
  const bool clusters = setting.tasks < std::ssize(tasks);
  if (clusters) setting.kinds.clear();  // a cluster may have several
  if (clusters) requireSharedByAll(experiment.model.id, network);
  setting.rounding = analytic ? kDoubleRounding : kSingleRounding;
  const auto& [weighting, gradient] = experiment.balancer;
  requirePreferencesFit(experiment);
  setting.path = "balancer.weighting";
  auto first = balance::weightings().create(weighting.id, weighting.params, setting.path, setting);
  if (first->needs().kpi) requireIndicators(experiment.tasks, setting.path + "." + weighting.id);
  requireShared(first->needs(), {setting.path + ".id", weighting.id, experiment.model.id}, tasks,
                network);
  setting.path = "balancer.gradient";
  std::vector<balance::MethodPart> methods;
  const auto add = [&](double share, const std::string& name, std::vector<char> members) {
    methods.push_back(
        {balance::gradientMethods().create(gradient.id, gradient.params, setting.path, setting),
         share, name, clusters ? std::vector<char>() : std::move(members)});
  };
  if (!gradient.id.empty() && parts.empty()) add(1, {}, network.sharing());
  for (const auto& part : parts) {
    // Each draws orders of its own.
    setting.seed = deriveSeed(experiment.seed, "balancer of " + part.name);
    add(part.share, part.name, part.members);
    requireProducts(*methods.back().method, setting.path);
  }
  for (const auto& part : methods) {
    if (part.method->needs().kpi) requireIndicators(experiment.tasks, setting.path);
    requireSharedByAny(part.method->needs(),
                       {setting.path + ".id", gradient.id, experiment.model.id}, network);
  }
  return std::make_unique<balance::TwoSlots>(std::move(first), std::move(methods));
}

std::unique_ptr<gradient::Engine> makeEngine(const Experiment& experiment,
                                             const model::Model& network) {
  gradient::EngineOptions options;
  options.memory = experiment.engine.memory;
  return std::make_unique<gradient::Engine>(network, options);
}

std::vector<Sampler> furtherSamplers(const RunParts& parts) {
  std::vector<Sampler> samplers;
  for (const char* stream : {"batch2", "batch3"})
    samplers.emplace_back(parts.problem.train.size(), parts.experiment.batchSize,
                          deriveSeed(parts.experiment.seed, stream), parts.device);
  return samplers;
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
    front = makeFront(experiment, problem, tasks, *model);
    settle();
    optimizer = makeOptimizer(experiment, *model, front.get());
  });
  if (trains) {
    warnOfIdleRules(*this);
    warnOfIdlePreference(*this);
  }
  engine = makeEngine(experiment, *model);
  schedule = schedules().create(experiment.schedule.id, experiment.schedule.params, "schedule");
  parts = trunkParts(experiment, *model);
  balancer = makeBalancer(experiment, tasks, parts, *model);
  requireSource(experiment, *model);
  feed = BalancerFeed(tasks.size());
  sampler = std::make_unique<Sampler>(problem.train.size(), experiment.batchSize, experiment.seed,
                                      device);
  if (trains) schemes = Schemes(experiment, tasks, problem);
  schemes.requirePlaceForPenalties(*model);
  frozen.assign(tasks.size(), 0);
}

std::int64_t RunParts::totalSteps() const {
  const auto exact = experiment.epochs * static_cast<double>(sampler->stepsPerEpoch());
  return std::max<std::int64_t>(1, std::llround(exact));
}

model::ParameterBuffer& RunParts::trained() const {
  auto* own = front ? front->own() : nullptr;
  return own ? *own : model->parameters();
}

void RunParts::settle() const {
  if (front) front->place(*model, equalPreference(tasks.size()));
}

double RunParts::epochs() const {
  return static_cast<double>(progress.examples) / static_cast<double>(problem.train.size());
}

model::Progress RunParts::ofPass() const {
  const auto share = static_cast<double>(progress.steps) / static_cast<double>(totalSteps());
  return {progress.steps, epochs(), std::min(1.0, share), experiment.epochs};
}

}  // namespace eq::train

#include "core/run/merging/scaled_sources.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/merge/catalog.h"
#include "core/run/merging/tensor_adam.h"
#include "core/train/sampler.h"

namespace eq::run {
namespace {

using Probes = std::vector<std::unique_ptr<train::ParameterProbe>>;

at::Tensor drawnNormals(RandomStream& stream, std::vector<std::int64_t> shape, double mean,
                        double deviation) {
  std::int64_t count = 1;
  for (const auto size : shape) count *= size;
  std::vector<double> draws;
  for (std::int64_t i = 0; i < count; ++i) draws.push_back(mean + deviation * stream.normal());
  return at::tensor(draws, at::kDouble).view(shape);
}

/// A task that is learned on the sources.
class Target {
 public:
  Target(size_t task, const Probes& sources, const Parameters& params, std::uint64_t seed)
      : task_(task),
        sources_(sources),
        drop_(params.number("dropout")),
        stream_(deriveSeed(seed, "scalearn", task)),
        sampler_(sources[0]->examples(), params.integer("batch_size"),
                 deriveSeed(seed, "merge batches", task), at::kCPU),
        adam_(params.number("lr")) {
    const auto some = read(sources[0]->inputs(at::tensor({0}, at::kLong)));
    const auto count = static_cast<std::int64_t>(sources.size());
    const bool uniform = params.text("variant") == "uniform";
    omega_ = drawnNormals(stream_, {count, uniform ? 1 : some.size(2)},
                          params.number("init") / static_cast<double>(count), 0.001)
                 .to(some.options());
  }

  /// [S, D], or [S] of the uniform variant.
  at::Tensor omega() const { return omega_.size(1) == 1 ? omega_.select(1, 0) : omega_; }

  at::Tensor reading(const at::Tensor& inputs) const { return mixed(read(inputs), omega_); }

  /// Its state under names that begin with `prefix`, and the way back; without the head.
  void keepIn(train::Snapshot& state, const std::string& prefix) const {
    addTensors({{"omega", omega_}}, prefix, state);
    adam_.keepIn(state, prefix + "adam");
    state.meta[prefix + "stream"] = stream_.state();
    state.meta[prefix + "sampler"] = sampler_.state();
  }
  void restore(const train::Snapshot& state, const std::string& prefix) {
    omega_ = state.tensors.at(prefix + "omega").to(omega_.options());
    adam_.restore(state, prefix + "adam");
    stream_.restore(state.meta.at(prefix + "stream"));
    sampler_.restore(state.meta.at(prefix + "sampler"));
  }

  /// One step of ω and of the head. \param model with the head; \param parameters its own.
  void step(train::ParameterProbe& model, ParameterMap& parameters,
            const train::Experiment& experiment) {
    const auto rows = sampler_.indices();
    sampler_.advance();
    const auto outputs = read(model.inputs(rows));
    const auto kept = drawnMask();
    const auto found = model.lossOfReading(task_, rows, mixed(outputs, omega_ * kept));
    auto slope = (outputs * found.reading.unsqueeze(0)).sum(1);
    if (omega_.size(1) == 1) slope = slope.sum(1, true);
    std::vector<std::string> names;
    std::vector<at::Tensor> values{omega_}, slopes{slope * kept};
    for (const auto& [name, gradient] : found.gradients)
      if (taskOfHead(name, experiment) == task_) {
        names.push_back(name);
        values.push_back(parameters.at(name));
        slopes.push_back(gradient);
      }
    adam_.step(values, slopes);
    omega_ = values[0];
    for (size_t i = 0; i < names.size(); ++i) parameters.at(names[i]) = values[i + 1];
  }

 private:
  /// What the heads of the sources would read, [S, N, D].
  at::Tensor read(const at::Tensor& inputs) const {
    std::vector<at::Tensor> all;
    for (const auto& source : sources_)
      all.push_back(source->readings(task_, inputs).to(at::kDouble));
    for (const auto& one : all)
      if (one.size(1) != all[0].size(1))
        fail("scalearn: the heads of the runs read {} and {} numbers; they have to be as many",
             all[0].size(1), one.size(1));
    return at::stack(all);
  }

  static at::Tensor mixed(const at::Tensor& outputs, const at::Tensor& omega) {
    return (outputs * omega.unsqueeze(1)).sum(0);
  }

  /// Of ω, scaled so that its mean is 1.
  at::Tensor drawnMask() {
    std::vector<double> mask;
    for (std::int64_t i = 0; i < omega_.numel(); ++i)
      mask.push_back(stream_.uniform() < drop_ ? 0 : 1 / (1 - drop_));
    return at::tensor(mask, at::kDouble).view(omega_.sizes()).to(omega_.options());
  }

  size_t task_;
  const Probes& sources_;
  double drop_;
  RandomStream stream_;
  train::Sampler sampler_;
  TensorAdam adam_;
  at::Tensor omega_;  ///< [S, D], [S, 1] of the uniform variant
};

/// What the evaluations of the merged model go on from.
struct Scaled {
  Probes sources;
  std::unique_ptr<train::ParameterProbe> model;
  std::map<size_t, Target> targets;
};

/// The base with heads as the model begins with them.
ParameterMap withNewHeads(const MergeTable& table, const MergePlan& plan) {
  auto parameters = parametersOf(table.base);
  const auto fresh = table.bench.trainer().twin()->snapshot();
  const std::string prefix = "model.";
  for (const auto& [key, tensor] : fresh.tensors) {
    if (!key.starts_with(prefix)) continue;
    const auto name = key.substr(prefix.size());
    const auto task = taskOfHead(name, plan.experiment);
    if (task && plan.heads[*task]) parameters[name] = tensor;
  }
  return parameters;
}

/// Before a step. \param parameters of the model, with the heads that are trained.
train::Snapshot stateOf(const Scaled& scaled, const ParameterMap& parameters, std::int64_t step) {
  train::Snapshot state{{}, {{"step", step}}};
  addTensors(parameters, "model.", state);
  for (const auto& [task, target] : scaled.targets) target.keepIn(state, fmt::format("{}.", task));
  return state;
}

/// Where a merge that was stopped was. \returns the first step.
std::int64_t restoreFrom(const std::optional<train::Snapshot>& kept, Scaled& scaled,
                         ParameterMap& parameters) {
  if (!kept) return 1;
  for (auto& [name, tensor] : parameters)
    tensor = kept->tensors.at("model." + name).to(tensor.options());
  scaled.model->set(parameters);
  for (auto& [task, target] : scaled.targets) target.restore(*kept, fmt::format("{}.", task));
  return kept->meta.at("step").get<std::int64_t>();
}

}  // namespace

MergedModel scaledSources(const RunMerger& merger, const MergeTable& table) {
  const Parameters params(merge::catalog().descriptor("scalearn").parameters, merger.params(),
                          "scalearn");
  const auto& plan = merger.plan();
  MergedModel merged{merger.question().base, nlohmann::json::object(), withNewHeads(table, plan)};
  const auto scaled = std::make_shared<Scaled>();
  scaled->model = probeOf(table, merged.parameters);
  for (const auto& expert : table.experts)
    scaled->sources.push_back(probeOf(table, expert, *scaled->model));
  for (size_t t = 0; t < plan.heads.size(); ++t)
    if (plan.heads[t])
      scaled->targets.emplace(t, Target(t, scaled->sources, params, merger.seed()));
  if (scaled->targets.empty()) fail("scalearn: the runs train none of the base's tasks");
  const auto steps = params.integer("steps");
  for (auto step = restoreFrom(keptBy(table.memory), *scaled, merged.parameters); step <= steps;
       ++step) {
    tellStep(table.progress, table.memory, {"step", step, steps},
             [&] { return stateOf(*scaled, merged.parameters, step); });
    for (auto& [task, target] : scaled->targets)
      target.step(*scaled->model, merged.parameters, plan.experiment);
    scaled->model->set(merged.parameters);
  }
  for (const auto& [task, target] : scaled->targets)
    merged.extras["omega." + table.scores[task].task] = target.omega().to(at::kCPU).clone();
  merged.judged = [scaled,
                   experiment = table.bench.trainer().experiment()](train::SplitName split) {
    const auto reread = [&](size_t task, const at::Tensor& inputs, const at::Tensor& reading) {
      const auto found = scaled->targets.find(task);
      return found == scaled->targets.end() ? reading : found->second.reading(inputs);
    };
    return mainValues(experiment, scaled->model->evaluate(split, reread));
  };
  return merged;
}

}  // namespace eq::run

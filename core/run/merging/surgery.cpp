#include "core/run/merging/surgery.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sign.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/merge/catalog.h"
#include "core/run/merging/tensor_adam.h"
#include "core/train/sampler.h"

namespace eq::run {
namespace {

using nlohmann::json;

/// A task's correction, its target, and how it is trained.
class Correction {
 public:
  /// \param readings, targets [N, D] of the merged model and of the expert.
  Correction(at::Tensor readings, at::Tensor targets, std::int64_t rank, double rate,
             train::Sampler sampler, RandomStream stream)
      : readings_(std::move(readings)),
        targets_(std::move(targets)),
        sampler_(std::move(sampler)),
        adam_(rate) {
    const auto width = readings_.size(1);
    const double bound = 1 / std::sqrt(static_cast<double>(width));
    std::vector<double> draws;
    for (std::int64_t i = 0; i < rank * width; ++i)
      draws.push_back(bound * (2 * stream.uniform() - 1));
    const auto options = readings_.options().dtype(at::kDouble);
    values_ = {at::tensor(draws, at::kDouble).view({rank, width}).to(options),
               at::zeros({width, rank}, options)};
  }

  const at::Tensor& down() const { return values_[0]; }  ///< A [r, D]
  const at::Tensor& up() const { return values_[1]; }    ///< B [D, r]

  at::Tensor apply(const at::Tensor& reading) const {
    return reading.to(at::kDouble) - hidden(reading).mm(up().t());
  }

  /// Over all examples.
  double loss() const {
    return (apply(readings_) - targets_.to(at::kDouble)).abs().mean().item<double>();
  }

  /// Its state under names that begin with `prefix`, and the way back.
  void keepIn(train::Snapshot& state, const std::string& prefix) const {
    addTensors({{"down", down()}, {"up", up()}}, prefix, state);
    adam_.keepIn(state, prefix + "adam");
    state.meta[prefix + "sampler"] = sampler_.state();
  }
  void restore(const train::Snapshot& state, const std::string& prefix) {
    const auto own = tensorsOf(state, prefix);
    values_ = {own.at("down").to(down().options()), own.at("up").to(up().options())};
    adam_.restore(state, prefix + "adam");
    sampler_.restore(state.meta.at(prefix + "sampler"));
  }

  void step() {
    const auto rows = sampler_.indices();
    sampler_.advance();
    const auto z = readings_.index_select(0, rows).to(at::kDouble);
    const auto active = hidden(z);
    const auto error = apply(z) - targets_.index_select(0, rows).to(at::kDouble);
    const auto slope = at::sign(error) / static_cast<double>(error.numel());
    const auto reached = slope.mm(up()) * (active > 0).to(at::kDouble);
    adam_.step(values_, {-reached.t().mm(z), -slope.t().mm(active)});
  }

 private:
  at::Tensor hidden(const at::Tensor& z) const {
    return at::relu(z.to(at::kDouble).mm(down().t()));
  }

  at::Tensor readings_, targets_;
  std::vector<at::Tensor> values_;
  train::Sampler sampler_;
  TensorAdam adam_;
};

/// By task; none of a task that no run trained.
using Corrections = std::map<size_t, Correction>;

Corrections corrections(const RunMerger& merger, const Parameters& params, const MergeTable& table,
                        const train::ParameterProbe& merged) {
  Corrections all;
  const auto& heads = merger.plan().heads;
  for (size_t t = 0; t < heads.size(); ++t) {
    if (!heads[t]) continue;
    const auto& expert = table.experts[*heads[t]];
    table.progress({"what the head of " + table.scores[t].task + " reads"});
    const auto readings = merged.readings(t);
    train::Sampler sampler(merged.examples(), params.integer("batch_size"),
                           deriveSeed(merger.seed(), "merge batches", t), readings.device());
    all.emplace(
        std::piecewise_construct, std::forward_as_tuple(t),
        std::forward_as_tuple(readings, probeOf(table, expert, merged)->readings(t),
                              params.integer("rank"), params.number("lr"), std::move(sampler),
                              RandomStream(deriveSeed(merger.seed(), "surgery", t))));
  }
  if (all.empty()) fail("surgery: the runs train none of the base's tasks");
  return all;
}

/// Before a step.
train::Snapshot stateOf(const Corrections& all, std::int64_t step) {
  train::Snapshot state{{}, {{"step", step}}};
  for (const auto& [task, correction] : all) correction.keepIn(state, fmt::format("{}.", task));
  return state;
}

/// Where a merge that was stopped was. \returns the first step.
std::int64_t restoreFrom(const std::optional<train::Snapshot>& kept, Corrections& all) {
  if (!kept) return 1;
  for (auto& [task, correction] : all) correction.restore(*kept, fmt::format("{}.", task));
  return kept->meta.at("step").get<std::int64_t>();
}

json lossesOf(const Corrections& all, const MergeTable& table) {
  auto losses = json::object();
  for (const auto& [task, correction] : all) losses[table.scores[task].task] = correction.loss();
  return losses;
}

}  // namespace

MergedModel operated(const RunMerger& merger, MergedModel merged, const MergeTable& table) {
  const Parameters params(merge::catalog().descriptor("surgery").parameters, merger.params(),
                          "surgery");
  const std::shared_ptr<train::ParameterProbe> probe = probeOf(table, merged.parameters);
  const auto all = std::make_shared<Corrections>(corrections(merger, params, table, *probe));
  merged.fields["losses_before"] = lossesOf(*all, table);
  const auto steps = params.integer("steps");
  for (auto step = restoreFrom(keptBy(table.memory), *all); step <= steps; ++step) {
    tellStep(table.progress, table.memory, {"step", step, steps},
             [&] { return stateOf(*all, step); });
    for (auto& [task, correction] : *all) correction.step();
  }
  merged.fields["losses"] = lossesOf(*all, table);
  for (const auto& [task, correction] : *all) {
    const auto& name = table.scores[task].task;
    merged.extras["surgery." + name + ".down"] = correction.down().to(at::kCPU);
    merged.extras["surgery." + name + ".up"] = correction.up().to(at::kCPU);
  }
  merged.judged = [probe, all,
                   experiment = table.bench.trainer().experiment()](train::SplitName split) {
    return mainValues(experiment, probe->evaluate(split, [&](size_t task, const at::Tensor&,
                                                             const at::Tensor& reading) {
      const auto found = all->find(task);
      return found == all->end() ? reading : found->second.apply(reading);
    }));
  };
  return merged;
}

}  // namespace eq::run

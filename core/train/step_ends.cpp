#include "core/train/step_ends.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include "core/gradient/finite.h"
#include "core/train/structure.h"

namespace eq::train {
namespace {

double secondsSince(StepClock::time_point start) {
  return std::chrono::duration<double>(StepClock::now() - start).count();
}

}  // namespace

at::Tensor valuesOf(const BatchPass& pass, const std::vector<TaskRuntime>& tasks,
                    StepRecord& record) {
  std::vector<at::Tensor> all{pass.losses};
  const auto addTerm = [&](std::int64_t task, const std::string& name, const at::Tensor& value) {
    record.terms.push_back({task, name});
    all.push_back(value.detach().reshape({1}));
  };
  for (size_t k = 0; k < pass.terms.size(); ++k)
    for (size_t i = 0; i < pass.terms[k].size(); ++i)
      addTerm(static_cast<std::int64_t>(k), tasks[k].terms().at(i), pass.terms[k][i]);
  for (const auto& penalty : pass.penalties) addTerm(-1, penalty.name, penalty.value);
  for (const auto& one : pass.seen.all()) {
    record.observations.push_back({one.name, one.task, one.place, one.values.sizes().vec()});
    all.push_back(one.values.flatten().to(pass.losses.options()));
  }
  return all.size() == 1 ? pass.losses : at::cat(all);
}

at::Tensor applyUpdate(RunParts& parts, const gradient::Gradients& gradients, const BatchPass& pass,
                       bool refused, double rate) {
  const auto skip = at::full({}, refused ? 1 : 0, pass.losses.options().dtype(at::kFloat));
  auto watched = gradients;
  watched.push_back(pass.losses);
  for (const auto& penalty : pass.penalties) watched.push_back(penalty.value.detach());
  gradient::markNonFinite(watched, skip);
  parts.schemes.step(parts, gradients, rate, skip);
  projectParameters(parts, gradients, skip);
  return skip;
}

void advance(RunParts& parts, StepClock::time_point started, StepRecord& record) {
  auto& progress = parts.progress;
  ++progress.steps;
  progress.examples += parts.sampler->batchSize();
  parts.sampler->advance();
  for (auto& sampler : parts.further) sampler.advance();
  progress.seconds += secondsSince(started);
  record.step = progress.steps;
  record.epoch = parts.epochs();
  record.examples = progress.examples;
  record.seconds = progress.seconds;
}

}  // namespace eq::train

#include "core/train/best_parameters.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "core/base/error.h"
#include "core/model/parameters.h"
#include "core/train/rule.h"
#include "core/train/series_expression.h"
#include "core/train/series_name.h"

namespace eq::train {
namespace {

constexpr const char* kBestKey = "best";

std::string tensorName(size_t number, const std::string& parameter) {
  return fmt::format("best.{}.{}", number, parameter);
}

}  // namespace

void BestParameters::follow(const Experiment& experiment) {
  std::map<std::string, Best> followed;
  for (size_t i = 0; i < experiment.rules.size(); ++i) {
    const auto path = fmt::format("rules[{}]", i);
    const auto action = actionOf(experiment.rules[i], path);
    if (action.command.kind != Command::Kind::restoreBest) continue;
    const auto series = keptSeries(experiment, action.command.text, path + ".then.series");
    const auto known = best_.find(series);
    if (known != best_.end())
      followed.insert(*known);
    else
      followed[series].parts = parseSeriesExpression(series, path).quantities[0].parts;
  }
  best_ = std::move(followed);
}

void BestParameters::add(const EvaluationRecord& evaluation, const std::vector<TaskSpec>& tasks,
                         const model::ParameterBuffer& trained) {
  const auto& infos = trained.infos();
  for (auto& [series, best] : best_) {
    if (toText(evaluation.split) != best.parts[0]) continue;
    const auto task =
        std::find_if(tasks.begin(), tasks.end(),
                     [&parts = best.parts](const TaskSpec& spec) { return spec.name == parts[1]; });
    const auto& metrics = evaluation.tasks.at(static_cast<size_t>(task - tasks.begin()));
    const auto found = metrics.find(best.parts[2]);
    if (found == metrics.end() || std::isnan(found->second)) continue;
    const double value = found->second;
    if (best.step >= 0 && !(isHigherBetter(best.parts) ? value > best.value : value < best.value))
      continue;
    best.step = evaluation.step;
    best.value = value;
    best.parameters.clear();
    for (size_t i = 0; i < infos.size(); ++i)
      best.parameters[infos[i].name] = trained.tensor(i).detach().clone();
  }
}

void BestParameters::lossChanged(const std::string& task) {
  for (auto& [series, best] : best_)
    if (isLossOf(best.parts, task)) best.forget();
}

void BestParameters::structureChanged() {
  for (auto& [series, best] : best_) best.forget();
}

void BestParameters::Best::forget() {
  step = -1;
  parameters.clear();
}

std::int64_t BestParameters::restoreInto(model::ParameterBuffer& trained,
                                         const std::string& series) const {
  const auto found = best_.find(series);
  if (found == best_.end())
    fail("restore_best: the best of {} is not kept; a rule with restore_best keeps it", series);
  const at::NoGradGuard noGradients;
  const auto& infos = trained.infos();
  for (size_t i = 0; i < infos.size(); ++i) {
    const auto kept = found->second.parameters.find(infos[i].name);
    if (kept == found->second.parameters.end()) continue;
    if (kept->second.sizes() == at::IntArrayRef(infos[i].shape))
      trained.tensor(i).copy_(kept->second);
  }
  return found->second.step;
}

void BestParameters::addState(Snapshot& snapshot) const {
  if (best_.empty()) return;
  auto list = nlohmann::json::array();
  for (const auto& [series, best] : best_) {
    for (const auto& [name, tensor] : best.parameters)
      snapshot.tensors[tensorName(list.size(), name)] = tensor.to(at::kCPU, false, true);
    list.push_back({{"series", series},
                    {"step", best.step},
                    {"value", std::bit_cast<std::uint64_t>(best.value)}});
  }
  snapshot.meta[kBestKey] = list;
}

void BestParameters::restore(const Snapshot& snapshot, const at::Device& device) {
  const auto list = snapshot.meta.find(kBestKey);
  if (list == snapshot.meta.end()) return;
  for (size_t number = 0; number < list->size(); ++number) {
    const auto& state = list->at(number);
    const auto found = best_.find(state.at("series").get<std::string>());
    if (found == best_.end()) continue;
    auto& best = found->second;
    best.step = state.at("step").get<std::int64_t>();
    best.value = std::bit_cast<double>(state.at("value").get<std::uint64_t>());
    best.parameters.clear();
    const auto prefix = tensorName(number, "");
    for (const auto& [name, tensor] : snapshot.tensors)
      if (name.starts_with(prefix))
        best.parameters[name.substr(prefix.size())] = tensor.to(device, false, true);
  }
}

}  // namespace eq::train

#include "core/train/scheme/dsg.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/metric/catalog.h"
#include "core/train/run_parts.h"
#include "core/train/scheme.h"

namespace eq::train {
namespace {

/// A rate that falls by more than this between two steps was dropped; smooth schedules never drop.
constexpr double kDrop = 0.9;

double signOf(const std::string& metric) {
  if (!metric::catalog().contains(metric)) return -1;  // the loss
  const auto& traits = metric::catalog().descriptor(metric).traits;
  return traits.value("direction", "min") == "max" ? 1 : -1;
}

class Dsg : public Scheme {
 public:
  Dsg(const Parameters& parameters, const SchemeSetting& setting)
      : settings_{parameters.number("threshold"), parameters.number("resume"),
                  parameters.integer("patience"), parameters.integer("cooldown")},
        gap_(parameters.integer("gap")),
        tasks_(setting.tasks.size()) {
    for (const auto& task : setting.experiment.tasks)
      metrics_.push_back(task.metrics.empty() ? "loss" : task.metrics.front().id);
  }

  std::vector<std::string> between(RunParts& parts) override {
    const double factor = parts.schedule->factor(parts.progress.steps, parts.totalSteps());
    const bool dropped = factor < kDrop * factor_;
    factor_ = factor;
    if (!dropped) return {};
    tasks_.assign(tasks_.size(), {});
    return {"the learning rate dropped, all tasks go again"};
  }

  StepChoice beforeForward(const RunParts& parts, StepChoice choice) override {
    const bool all = parts.progress.steps % gap_ == 0;
    for (size_t k = 0; !all && k < tasks_.size(); ++k) choice.tasks[k] &= !tasks_[k].stopped();
    return choice;
  }

  std::vector<std::string> look(const RunParts& parts,
                                const EvaluationRecord& evaluation) override {
    std::vector<std::string> lines;
    if (evaluation.split != SplitName::validation) return lines;
    for (size_t k = 0; k < tasks_.size(); ++k) {
      const auto found = evaluation.tasks.at(k).find(metrics_[k]);
      if (found == evaluation.tasks[k].end() || !std::isfinite(found->second)) continue;
      const auto turn = tasks_[k].take(found->second, signOf(metrics_[k]), settings_);
      const auto& name = parts.tasks[k].info().name;
      if (turn == StopAndGo::Turn::stopped)
        lines.push_back(fmt::format("{} stops, its {} gets no better", name, metrics_[k]));
      if (turn == StopAndGo::Turn::goes)
        lines.push_back(fmt::format("{} goes on, its {} got worse", name, metrics_[k]));
    }
    return lines;
  }

  nlohmann::json state() const override {
    nlohmann::json state{{"factor", factor_}, {"tasks", nlohmann::json::array()}};
    for (const auto& task : tasks_) state["tasks"].push_back(task.state());
    return state;
  }
  void restore(const nlohmann::json& state) override {
    factor_ = state.at("factor").get<double>();
    for (size_t k = 0; k < tasks_.size(); ++k) tasks_[k].restore(state.at("tasks").at(k));
  }

 private:
  StopAndGo::Settings settings_;
  std::int64_t gap_;
  std::vector<StopAndGo> tasks_;
  std::vector<std::string> metrics_;  ///< [K] by whose value a task is judged
  double factor_ = 0;                 ///< of the learning rate at the step before
};

}  // namespace

StopAndGo::Turn StopAndGo::take(double score, double sign, const Settings& settings) {
  const auto above = [&](double share) {
    return sign * (score - *best_) > share * std::abs(*best_);
  };
  if (!best_ || above(settings.threshold)) {
    best_ = score;
    bad_ = 0;
  } else {
    ++bad_;
  }
  if (cooling_ > 0) {
    --cooling_;
    bad_ = 0;
  }
  const bool worse = sign * (*best_ - score) > settings.resume * std::abs(*best_);
  if (bad_ > settings.patience) {
    const bool news = !stopped_;
    stopped_ = true;
    cooling_ = settings.cooldown;
    bad_ = 0;
    return news ? Turn::stopped : Turn::none;
  }
  if (!stopped_ || !worse) return Turn::none;
  stopped_ = false;
  cooling_ = settings.cooldown;
  bad_ = 0;
  return Turn::goes;
}

nlohmann::json StopAndGo::state() const {
  return {{"best", best_ ? nlohmann::json(*best_) : nlohmann::json()},
          {"bad", bad_},
          {"cooling", cooling_},
          {"stopped", stopped_}};
}

void StopAndGo::restore(const nlohmann::json& state) {
  const auto& best = state.at("best");
  best_ = best.is_null() ? std::nullopt : std::optional(best.get<double>());
  bad_ = state.at("bad").get<std::int64_t>();
  cooling_ = state.at("cooling").get<std::int64_t>();
  stopped_ = state.at("stopped").get<bool>();
}

SchemeRow dsgRow() {
  Descriptor descriptor;
  descriptor.id = "dsg";
  descriptor.title = "Dynamic stop-and-go";
  descriptor.summary =
      "A task whose first metric gets no better on the validation split is trained at every n-th "
      "step alone, until it gets worse. A drop of the learning rate by its schedule, by a tenth or "
      "more between two steps, lets all tasks go again.";
  descriptor.formula =
      "stop after more than patience scores ≤ best (1 + threshold); go at a score < best "
      "(1 − resume)";
  descriptor.citation = "Lu et al., 12-in-1: Multi-Task Vision and Language Learning, CVPR 2020";
  descriptor.parameters = {
      ParameterSpec::number("threshold", 0.001, "Relative gain that counts").from(0).to(1),
      ParameterSpec::integer("patience", 1, "Evaluations in a row without one that are let pass")
          .from(0)
          .in("evaluations"),
      ParameterSpec::integer("cooldown", 1, "Evaluations after a change that are not judged")
          .from(0)
          .in("evaluations"),
      ParameterSpec::number("resume", 0.005, "Relative loss at which a task goes again")
          .from(0)
          .to(1),
      ParameterSpec::integer("gap", 4, "While it is stopped, a task is trained at every n-th step")
          .from(1)
          .in("steps")};
  descriptor.traits = {{"kind", "W"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<Dsg>(parameters, setting);
          }};
}

}  // namespace eq::train

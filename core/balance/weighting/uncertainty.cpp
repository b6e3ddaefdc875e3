#include "core/balance/weighting/uncertainty.h"

#include <cmath>

#include <fmt/format.h>

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/scalar_optimizer.h"
#include "core/base/error.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double kBound = 10;

/// Per task, whether it is a classification: as `kinds` says, or else the run.
std::vector<char> classificationTasks(const nlohmann::json& kinds, const Setting& setting) {
  std::vector<char> found;
  if (kinds.is_null()) {
    for (const TaskKind kind : setting.kinds) found.push_back(kind != TaskKind::regression);
    return found;
  }
  if (!kinds.is_array() || std::ssize(kinds) != setting.tasks)
    fail("{}.kinds: expected a list of {} entries, found {}", setting.path, setting.tasks,
         kinds.dump());
  for (const auto& kind : kinds) {
    if (kind != "regression" && kind != "classification")
      fail("{}.kinds[{}]: expected \"regression\" or \"classification\", found {}", setting.path,
           found.size(), kind.dump());
    found.push_back(kind == "classification");
  }
  return found;
}

/// Per task, whether `full` applies in place of `half`.
std::vector<char> fullTasks(const Parameters& parameters, const Setting& setting) {
  const auto form = parameters.text("form");
  const auto count = static_cast<size_t>(setting.tasks);
  const auto classification = classificationTasks(parameters.at("kinds"), setting);
  if (form != "kendall") return std::vector<char>(count, form == "full");
  if (classification.size() != count)
    fail("{}.kinds: form kendall needs a list of \"regression\" or \"classification\"",
         setting.path);
  return classification;
}

class Uncertainty : public MaskedBalancer {
 public:
  Uncertainty(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        positive_(parameters.text("form") == "positive"),
        full_(fullTasks(parameters, setting)),
        logVariances_(VectorXd::Constant(setting.tasks, parameters.number("init"))),
        optimizer_(parameters, setting.tasks) {}

  Needs needs() const override { return {.losses = true}; }

  nlohmann::json state() const override {
    return {{"s", vectorToJson(logVariances_)}, {"optimizer", optimizer_.state()}};
  }
  void restore(const nlohmann::json& state) override {
    logVariances_ = vectorFromJson(state.at("s"));
    optimizer_.restore(state.at("optimizer"));
  }

  std::vector<Remark> remarks() const override {
    std::vector<Remark> found;
    for (Index k = 0; k < logVariances_.size(); ++k)
      if (const double s = logVariances_[k]; std::abs(s) >= kBound)
        found.push_back(
            {k, fmt::format("its s = log σ² is at the bound {}, so its weight stays at {:.3g}", s,
                            std::exp(-s) * (full_[static_cast<size_t>(k)] ? 1 : 0.5))});
    return found;
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    VectorXd weights(std::ssize(tasks));
    VectorXd gradient(std::ssize(tasks));
    for (Index i = 0; i < weights.size(); ++i) {
      const Index k = tasks[static_cast<size_t>(i)];
      const double s = logVariances_[k];
      weights[i] = std::exp(-s) * (full_[static_cast<size_t>(k)] ? 1 : 0.5);
      gradient[i] = penaltySlope(s) - weights[i] * inputs.losses[k];
    }
    optimizer_.step(logVariances_, tasks, gradient);
    logVariances_ = logVariances_.cwiseMax(-kBound).cwiseMin(kBound);
    return weights;
  }

  double penaltySlope(double s) const { return positive_ ? 0.5 / (1 + std::exp(-s)) : 0.5; }

  bool positive_;
  std::vector<char> full_;
  VectorXd logVariances_;
  ScalarOptimizer optimizer_;
};

std::vector<ParameterSpec> uncertaintyParameters() {
  ParameterSpec kinds;
  kinds.name = "kinds";
  kinds.type = ParameterType::any;
  kinds.nullable = true;
  kinds.doc =
      "For kendall: \"regression\" or \"classification\" a task; null: from the tasks of the run";
  std::vector<ParameterSpec> own = {
      ParameterSpec::choice("form", "half", {"half", "full", "kendall", "positive"},
                            "Objective in s: (e^-s L + s)/2, e^-s L + s/2, by the kind of task, or "
                            "(e^-s L + log(1+e^s))/2"),
      kinds,
      ParameterSpec::number("init", 0, "First value of s = log σ²").from(-kBound).to(kBound)};
  for (auto& spec : ScalarOptimizer::parameters("adam", 0.001)) own.push_back(std::move(spec));
  return own;
}

}  // namespace

CatalogRow<Balancer, const Setting&> uncertaintyRow() {
  Descriptor descriptor;
  descriptor.id = "uncertainty";
  descriptor.title = "Uncertainty weighting";
  descriptor.summary = "Learns each task's noise; noisy tasks count less.";
  descriptor.formula = "min_s Σ_k (e^{−s_k} L_k + s_k)/2,  w_k = e^{−s_k}/2";
  descriptor.citation =
      "Kendall, Gal, Cipolla, Multi-Task Learning Using Uncertainty to Weigh Losses, CVPR 2018";
  descriptor.parameters = withCommon(uncertaintyParameters(), Scale::own, true);
  descriptor.inputs = {lossesInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Uncertainty>(parameters, setting);
          }};
}

}  // namespace eq::balance

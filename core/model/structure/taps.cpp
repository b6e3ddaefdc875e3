#include "core/model/structure/taps.h"

#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "core/model/observations.h"
#include "core/model/penalty.h"
#include "core/model/structure/adapted_base.h"

namespace eq::model {
namespace {

constexpr double kThreshold = 0.1, kFirstIndicator = 0.15;

class Taps : public AdaptedBase {
 public:
  Taps(const Parameters& parameters, const Setting& setting)
      : AdaptedBase(baseFrom(parameters, setting.inputShape, "taps"),
                    parameters.boolean("train_base"), setting),
        sparsity_(parameters.number("sparsity")),
        warmup_(parameters.number("warmup")),
        own_(taskCount()) {
    architectureRate_ = parameters.number("architecture_lr");
    for (size_t k = 0; k < own_.size(); ++k)
      for (size_t stage = 0; stage < stages(); ++stage)
        own_[k].push_back({addDifference(k, stage), addIndicator(k, stage)});
    addHeads(parameters);
    parameters_.allocate(setting.type);
  }

  void penalise(const Pass& pass) const override {
    HeadedModel::penalise(pass);
    if (sparsity_ == 0) return;
    addPenalty(pass, "sparsity", [&] {
      auto sum = at::zeros({}, parameters_.values().options());
      if (pass.at.epoch < warmup_) return sum;
      for (const auto& ofTask : own_)
        for (const auto& own : ofTask)
          sum = sum + parameters_.tensor(own.indicator).abs().sum() * sparsity_;
      return sum;
    });
  }
  bool hasPenalties() const override { return sparsity_ > 0 || HeadedModel::hasPenalties(); }

 protected:
  /// W + 1[s >= 0.1] δ, with the gradient of the indicator in s.
  at::Tensor weightFor(size_t task, size_t stage) const override {
    const auto& own = own_[task][stage];
    const auto& s = parameters_.tensor(own.indicator);
    const auto straightThrough = (s - s.detach()) + isAdapted(s);
    return sharedWeight(stage) + straightThrough * parameters_.tensor(own.delta);
  }

  void record(size_t task, const at::Tensor&, const std::vector<at::Tensor>&,
              const Pass& pass) const override {
    std::vector<at::Tensor> indicators;
    for (const auto& own : own_[task]) indicators.push_back(parameters_.tensor(own.indicator));
    const auto all = at::cat(indicators).detach();
    pass.seen->add("adapted", static_cast<std::int64_t>(task), "", isAdapted(all));
    pass.seen->add("indicator", static_cast<std::int64_t>(task), "", all);
  }

 private:
  /// Parameters of one task at one stage.
  struct Own {
    size_t delta;
    size_t indicator;
  };

  size_t addIndicator(size_t task, size_t stage) {
    const auto block = blockOf(task, Part::task);
    return parameters_.add(block.name + ".indicator." + std::to_string(stage),
                           at::full({1}, kFirstIndicator, at::TensorOptions().dtype(at::kFloat)),
                           block, /*architecture=*/true);
  }

  static at::Tensor isAdapted(const at::Tensor& indicator) {
    return (indicator.detach() >= kThreshold).to(indicator.scalar_type());
  }

  double sparsity_, warmup_;
  std::vector<std::vector<Own>> own_;  ///< [task][stage]
};

}  // namespace

CatalogRow<Model, const Setting&> tapsRow() {
  Descriptor descriptor;
  descriptor.id = "taps";
  descriptor.title = "Task-adaptive parameter sharing";
  descriptor.summary =
      "A base network to whose weights every task may add a difference of its own, at the stages "
      "where its learned indicator is 0.1 or more; a penalty, whose weight is a choice here, draws "
      "the indicators to 0.";
  descriptor.formula = "W_{k,s} = W_s + 1[s_{k,s} >= 0.1] δ_{k,s}; λ Σ |s_{k,s}|";
  descriptor.citation = "Wallingford et al., Task adaptive parameter sharing, CVPR 2022";
  descriptor.parameters = withBase(
      {ParameterSpec::number("sparsity", 0.01, "Weight of the penalty on the indicators").from(0),
       ParameterSpec::number("warmup", 1, "How long there is no penalty").from(0).in("epochs"),
       ParameterSpec::boolean("train_base", true,
                              "Train the base with the tasks; else it stays as it begins")});
  descriptor.traits["series"] =
      nlohmann::json::array({{{"series", "adapted"},
                              {"draw", "matrix"},
                              {"axes", {"stage"}},
                              {"label", "1 where the task has weights of its own"}},
                             {{"series", "adapted"},
                              {"draw", "masks"},
                              {"axes", {"stage"}},
                              {"label", "Overlap of stages with weights of their own"}},
                             {{"series", "indicator"},
                              {"draw", "lines"},
                              {"axes", {"stage"}},
                              {"label", "Indicator, own weights from 0.1 on"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<Taps>(parameters, setting);
          }};
}

}  // namespace eq::model

#include "core/balance/gradient/nash_mtl.h"

#include "core/balance/gradient/gradient_method.h"
#include "core/balance/gradient/kernels.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

class NashMtl : public GradientMethod {
 public:
  NashMtl(const Parameters& parameters, const Setting& setting)
      : GradientMethod(parameters, setting, Scale::own),
        maxNorm_(parameters.number("max_norm")),
        updateEvery_(parameters.integer("update_every")),
        last_(VectorXd::Zero(setting.tasks)) {}

  nlohmann::json state() const override {
    return {{"weights", vectorToJson(last_)}, {"step", step_}};
  }
  void restore(const nlohmann::json& state) override {
    last_ = vectorFromJson(state.at("weights"));
    step_ = state.at("step").get<std::int64_t>();
  }

 private:
  VectorXd solve(const Rows& rows) override {
    const bool due = step_++ % updateEvery_ == 0;
    VectorXd weights = pick(last_, rows.tasks);
    // A task that was absent at the last solution has no weight to use again.
    if (due || !(weights.array() > 0).all()) {
      weights = positiveFixedPoint(rows.gramian, 1).value_or(VectorXd::Zero(weights.size()));
      put(last_, rows.tasks, weights);
    }
    return shortened(rows.gramian, weights, maxNorm_);
  }

  double maxNorm_;
  std::int64_t updateEvery_;
  VectorXd last_;  ///< before clipping
  std::int64_t step_ = 0;
};

}  // namespace

CatalogRow<Balancer, const Setting&> nashMtlRow() {
  Descriptor descriptor;
  descriptor.id = "nash_mtl";
  descriptor.title = "Nash-MTL";
  descriptor.summary = "The bargaining solution: every task gains the same, whatever its scale.";
  descriptor.formula = "G w = 1/w,  w > 0";
  descriptor.citation = "Navon et al., Multi-Task Learning as a Bargaining Game, ICML 2022";
  descriptor.parameters = withGradientCommon(
      {ParameterSpec::number("max_norm", 1, "Longest update ‖d‖; 0: no limit").from(0),
       ParameterSpec::integer("update_every", 1, "Steps between two solutions")
           .from(1)
           .in("steps")},
      Scale::own, true);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<NashMtl>(parameters, setting);
          }};
}

}  // namespace eq::balance

#include "core/balance/gradient/ol_aux.h"

#include "core/balance/gradient/gradient_method.h"
#include "core/balance/gradient/primary.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

class OnlineAuxiliary : public MaskedBalancer {
 public:
  OnlineAuxiliary(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        primary_(primaryOf(parameters, setting)),
        every_(parameters.integer("every")),
        beta_(parameters.number("beta")),
        weights_(VectorXd::Ones(setting.tasks)),
        sums_(VectorXd::Zero(setting.tasks)) {}

  Needs needs() const override { return {.gramian = true}; }

  nlohmann::json state() const override {
    return {{"weights", vectorToJson(weights_)}, {"sums", vectorToJson(sums_)}, {"count", count_}};
  }
  void restore(const nlohmann::json& state) override {
    weights_ = vectorFromJson(state.at("weights"));
    sums_ = vectorFromJson(state.at("sums"));
    count_ = state.at("count").get<std::int64_t>();
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    const VectorXd weights = pick(weights_, tasks);
    if (placeOf(primary_, tasks) < 0) return weights;
    put(sums_, tasks, pick(sums_, tasks) + cosinesWith(primary_, inputs.gramian, tasks));
    if (++count_ == every_) {
      weights_ += beta_ * sums_;
      weights_[primary_] = 1;
      sums_.setZero();
      count_ = 0;
    }
    return weights;
  }

  Index primary_;
  std::int64_t every_;
  double beta_;
  VectorXd weights_;
  VectorXd sums_;           ///< of the cosines since the weights moved
  std::int64_t count_ = 0;  ///< steps since then
};

}  // namespace

CatalogRow<Balancer, const Setting&> olAuxRow() {
  Descriptor descriptor;
  descriptor.id = "ol_aux";
  descriptor.title = "Online auxiliary weights (OL-AUX)";
  descriptor.summary = "Auxiliary tasks gain or lose weight as they help the primary one.";
  descriptor.formula = "every n steps: w_k ← w_k + β Σ cos(g_k, g_primary)";
  descriptor.citation =
      "Lin et al., Adaptive Auxiliary Task Weighting for Reinforcement Learning, NeurIPS 2019; "
      "cosines as in Jiang et al., ForkMerge, 2023";
  descriptor.parameters = withGradientCommon(
      {primarySpec(),
       ParameterSpec::integer("every", 5, "Steps between two changes of the weights")
           .from(1)
           .in("steps"),
       ParameterSpec::number("beta", 0.1, "How fast the weights change").from(0)},
      Scale::own);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<OnlineAuxiliary>(parameters, setting);
          }};
}

}  // namespace eq::balance

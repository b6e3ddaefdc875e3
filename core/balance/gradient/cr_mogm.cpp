#include "core/balance/gradient/cr_mogm.h"

#include "core/balance/gradient/gradient_method.h"
#include "core/base/error.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

std::unique_ptr<Balancer> makeInner(const Parameters& parameters, Setting setting) {
  const auto id = parameters.text("inner");
  const bool weighting = weightings().contains(id);
  if (!weighting && !gradientMethods().contains(id))
    failUnknownId("balancer", id, setting.path + ".inner", allDescriptors());
  const auto& slot = weighting ? weightings() : gradientMethods();
  const auto& traits = slot.descriptor(id).traits;
  if (traits.value("direction_only", false))
    fail("{}.inner: {} gives a direction and no weights that could be smoothed", setting.path, id);
  if (traits.value("rows", false))
    fail(
        "{}.inner: {} reads the gradients element by element, which only a slot of its own gives "
        "it",
        setting.path, id);
  const auto path = setting.path + ".inner_params";
  setting.path = path;
  return slot.create(id, parameters.at("inner_params"), path, setting);
}

class CrMogm : public MaskedBalancer {
 public:
  CrMogm(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        alpha_(parameters.number("alpha")),
        inner_(makeInner(parameters, setting)),
        weights_(VectorXd::Zero(setting.tasks)),
        begun_(static_cast<size_t>(setting.tasks), 0) {}

  Needs needs() const override { return inner_->needs(); }
  void learn(const VectorXd& lossesAfter) override { inner_->learn(lossesAfter); }
  std::vector<Remark> remarks() const override { return inner_->remarks(); }

  nlohmann::json state() const override {
    return {{"weights", vectorToJson(weights_)}, {"begun", begun_}, {"inner", inner_->state()}};
  }
  void restore(const nlohmann::json& state) override {
    weights_ = vectorFromJson(state.at("weights"));
    begun_ = state.at("begun").get<std::vector<int>>();
    inner_->restore(state.at("inner"));
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    Inputs ofInner = inputs;
    ofInner.preference.resize(0);  // of a method in the slot itself; this one takes none
    VectorXd weights = pick(inner_->weigh(ofInner), tasks);
    if (!weights.allFinite()) return weights;
    for (size_t i = 0; i < tasks.size(); ++i)
      if (auto& begun = begun_[static_cast<size_t>(tasks[i])]; begun != 0)
        weights[static_cast<Index>(i)] =
            alpha_ * weights_[tasks[i]] + (1 - alpha_) * weights[static_cast<Index>(i)];
      else
        begun = 1;
    put(weights_, tasks, weights);
    return weights;
  }

  double alpha_;
  std::unique_ptr<Balancer> inner_;
  VectorXd weights_;
  std::vector<int> begun_;  ///< 1 for the tasks that have a weight
};

}  // namespace

CatalogRow<Balancer, const Setting&> crMogmRow() {
  ParameterSpec innerParams;
  innerParams.name = "inner_params";
  innerParams.type = ParameterType::any;
  innerParams.defaultValue = nlohmann::json::object();
  innerParams.doc = "Parameters of the inner method, as an object";
  Descriptor descriptor;
  descriptor.id = "cr_mogm";
  descriptor.title = "CR-MOGM";
  descriptor.summary = "Smooths the weights of another method over the steps.";
  descriptor.formula = "w_t = α w_{t−1} + (1−α) ŵ_t,  ŵ: the inner method's";
  descriptor.citation =
      "Zhou et al., On the Convergence of Stochastic Multi-Objective Gradient Manipulation and "
      "Beyond, NeurIPS 2022; α constant (the paper also lets it grow)";
  descriptor.parameters = withGradientCommon(
      {ParameterSpec::text("inner", "", "Id of a method that gives weights: mgda, cagrad ...")
           .needed(),
       innerParams,
       ParameterSpec::number("alpha", 0.9, "Share of the former weights").from(0).to(1)},
      Scale::own);
  InputField jacobian = jacobianInput(), losses = lossesInput();
  for (auto* field : {&jacobian, &losses}) {
    field->doc += ", if the inner method reads it";
    field->required = false;
  }
  descriptor.inputs = {jacobian, losses};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<CrMogm>(parameters, setting);
          }};
}

}  // namespace eq::balance

#include "core/balance/weighting/igb_v1.h"

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/loss_support.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

class IgbV1 : public MaskedBalancer {
 public:
  IgbV1(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        base_(setting.tasks, parameters.integer("base_epoch")) {}

  Needs needs() const override { return {.losses = true, .epoch = true}; }
  std::vector<Remark> remarks() const override { return refusal_.remarks(); }
  nlohmann::json state() const override { return {{"base", base_.state()}}; }
  void restore(const nlohmann::json& state) override { base_.restore(state.at("base")); }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    if (refusal_.refuses(inputs.losses, tasks)) return refusal_.weights();
    base_.add(inputs, tasks);
    const VectorXd losses = pick(inputs.losses, tasks);
    VectorXd gaps(losses.size());
    for (Index i = 0; i < losses.size(); ++i) {
      const auto base = base_.of(tasks[static_cast<size_t>(i)], inputs.epoch);
      if (!base) return losses.cwiseInverse();
      gaps[i] = losses[i] / *base;
    }
    return static_cast<double>(losses.size()) * softmax(gaps).cwiseQuotient(losses);
  }

  EpochMean base_;
  LossRefusal refusal_{LossRefusal::Least::aboveZero, "the formula takes its logarithm"};
};

}  // namespace

CatalogRow<Balancer, const Setting&> igbV1Row() {
  Descriptor descriptor;
  descriptor.id = "igb_v1";
  descriptor.title = "Improvable gap balancing (IGBv1)";
  descriptor.summary = "Tasks that have improved least since the first epochs get more weight.";
  descriptor.formula = "min Σ_k v_k ln L_k,  v = K softmax(L/base),  w = v/L";
  descriptor.citation =
      "Dai, Fei, Lu, Improvable Gap Balancing for Multi-Task Learning, UAI 2023; logarithms from "
      "the "
      "first step on, as its code";
  descriptor.parameters =
      withCommon({ParameterSpec::integer("base_epoch", 1,
                                         "The epoch, from 0, whose mean losses are the base; "
                                         "before it is over v = 1")
                      .from(0)
                      .in("epochs")},
                 Scale::own, true);
  descriptor.inputs = {lossesInput(), epochInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<IgbV1>(parameters, setting);
          }};
}

}  // namespace eq::balance

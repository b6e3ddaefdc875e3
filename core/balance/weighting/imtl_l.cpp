#include "core/balance/weighting/imtl_l.h"

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/scalar_optimizer.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

class ImtlL : public MaskedBalancer {
 public:
  ImtlL(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        logWeights_(VectorXd::Zero(setting.tasks)),
        optimizer_(parameters, setting.tasks) {}

  Needs needs() const override { return {.losses = true}; }

  nlohmann::json state() const override {
    return {{"s", vectorToJson(logWeights_)}, {"optimizer", optimizer_.state()}};
  }
  void restore(const nlohmann::json& state) override {
    logWeights_ = vectorFromJson(state.at("s"));
    optimizer_.restore(state.at("optimizer"));
  }

  std::vector<Remark> remarks() const override {
    std::vector<Remark> found;
    for (const auto k : optimizer_.stuck())
      found.push_back({k,
                       "its s no longer moves: the slope in it is beyond a double; a loss below "
                       "0 has no best s"});
    return found;
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    const VectorXd weights = pick(logWeights_, tasks).array().exp();
    const VectorXd gradient = weights.array() * pick(inputs.losses, tasks).array() - 1;
    optimizer_.step(logWeights_, tasks, gradient);
    return weights;
  }

  VectorXd logWeights_;
  ScalarOptimizer optimizer_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> imtlLRow() {
  Descriptor descriptor;
  descriptor.id = "imtl_l";
  descriptor.title = "IMTL-L";
  descriptor.summary = "Learns a scale a task so that all scaled losses tend to 1.";
  descriptor.formula = "min_s Σ_k (e^{s_k} L_k − s_k),  w_k = e^{s_k}";
  descriptor.citation = "Liu et al., Towards Impartial Multi-task Learning, ICLR 2021";
  descriptor.parameters = withCommon(ScalarOptimizer::parameters("adam", 0.001), Scale::own, true);
  descriptor.inputs = {lossesInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<ImtlL>(parameters, setting);
          }};
}

}  // namespace eq::balance

#include "core/balance/weighting/random_weights.h"

#include <cmath>

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/loss_support.h"
#include "core/base/random.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

class RandomWeights : public MaskedBalancer {
 public:
  RandomWeights(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::mean),
        distribution_(parameters.text("distribution")),
        stream_(setting.seed) {}

  Needs needs() const override { return {}; }
  nlohmann::json state() const override { return {{"stream", stream_.state()}}; }
  void restore(const nlohmann::json& state) override { stream_.restore(state.at("stream")); }

 private:
  VectorXd weighTasks(const Inputs&, const Tasks& tasks) override {
    const auto count = std::ssize(tasks);
    if (distribution_ == "normal") return softmax(draw(count, [&] { return stream_.normal(); }));
    if (distribution_ == "uniform") return softmax(draw(count, [&] { return stream_.uniform(); }));
    if (distribution_ == "dirichlet")
      return normalized(draw(count, [&] { return -std::log1p(-stream_.uniform()); }));
    if (distribution_ == "bernoulli")
      return normalized(draw(count, [&] { return stream_.below(2) ? 1.0 : 0.0; }));
    return VectorXd::Unit(count, static_cast<Index>(stream_.below(static_cast<size_t>(count))));
  }

  /// Draws again where all are 0.
  template <typename Draw>
  static VectorXd draw(Index count, Draw&& one) {
    VectorXd values = VectorXd::Zero(count);
    do {
      for (double& value : values) value = one();
    } while (values.isZero(0));
    return values;
  }

  static VectorXd normalized(const VectorXd& values) { return values / values.sum(); }

  std::string distribution_;
  RandomStream stream_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> randomRow() {
  Descriptor descriptor;
  descriptor.id = "random";
  descriptor.title = "Random weights (RLW)";
  descriptor.summary = "New random weights that sum to 1 at every step.";
  descriptor.formula = "w = softmax(z),  z ~ N(0, I)";
  descriptor.citation = "Lin et al., Reasonable Effectiveness of Random Weighting, TMLR 2022";
  descriptor.parameters =
      withCommon({ParameterSpec::choice(
                     "distribution", "normal",
                     {"normal", "uniform", "dirichlet", "bernoulli", "constrained_bernoulli"},
                     "Softmax of normal or uniform draws, uniform on the simplex, a random "
                     "subset, or one task at a time")},
                 Scale::mean, true);
  descriptor.traits = {{"scale", "mean"}, {"random", true}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<RandomWeights>(parameters, setting);
          }};
}

}  // namespace eq::balance

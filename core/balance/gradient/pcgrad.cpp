#include "core/balance/gradient/pcgrad.h"

#include <numeric>

#include "core/balance/gradient/gradient_method.h"
#include "core/base/random.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

class PcGrad : public GradientMethod {
 public:
  PcGrad(const Parameters& parameters, const Setting& setting)
      : GradientMethod(parameters, setting, Scale::sum),
        order_(parameters.text("order")),
        stream_(deriveSeed(setting.seed, "pcgrad")) {}

  nlohmann::json state() const override { return {{"stream", stream_.state()}}; }
  void restore(const nlohmann::json& state) override { stream_.restore(state.at("stream")); }

 private:
  VectorXd solve(const Rows& rows) override {
    const Index count = rows.gramian.rows();
    VectorXd weights = VectorXd::Zero(count);
    for (Index i = 0; i < count; ++i) {
      VectorXd part = VectorXd::Unit(count, i);
      for (const Index j : visits(count)) {
        if (j == i) continue;
        const double along = rows.gramian.col(j).dot(part);
        if (along < 0) part[j] -= along / rows.gramian(j, j);
      }
      weights += part;
    }
    return weights;
  }

  std::vector<std::int64_t> visits(Index count) {
    if (order_ == "random") return stream_.permutation(count);
    std::vector<std::int64_t> order(static_cast<size_t>(count));
    if (order_ == "ascending")
      std::iota(order.begin(), order.end(), 0);
    else
      std::iota(order.rbegin(), order.rend(), 0);
    return order;
  }

  std::string order_;
  RandomStream stream_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> pcgradRow() {
  Descriptor descriptor;
  descriptor.id = "pcgrad";
  descriptor.title = "PCGrad";
  descriptor.summary = "Projects each gradient off the gradients that it conflicts with.";
  descriptor.formula = "g_i ← g_i − (g_i·g_j/‖g_j‖²) g_j where g_i·g_j < 0;  d = Σ_i g_i";
  descriptor.citation = "Yu et al., Gradient Surgery for Multi-Task Learning, NeurIPS 2020";
  descriptor.parameters = withGradientCommon(
      {ParameterSpec::choice("order", "random", {"random", "ascending", "descending"},
                             "In which order a gradient meets the others")},
      Scale::sum);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "sum"}, {"random", true}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<PcGrad>(parameters, setting);
          }};
}

}  // namespace eq::balance

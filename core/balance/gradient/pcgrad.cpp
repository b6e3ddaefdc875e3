#include "core/balance/gradient/pcgrad.h"

#include "core/balance/gradient/gradient_method.h"
#include "core/balance/gradient/visit_order.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

class PcGrad : public GradientMethod {
 public:
  PcGrad(const Parameters& parameters, const Setting& setting)
      : GradientMethod(parameters, setting, Scale::sum),
        order_(parameters, deriveSeed(setting.seed, "pcgrad")) {}

  nlohmann::json state() const override { return order_.state(); }
  void restore(const nlohmann::json& state) override { order_.restore(state); }

 private:
  VectorXd solve(const Rows& rows) override {
    const Index count = rows.gramian.rows();
    VectorXd weights = VectorXd::Zero(count);
    for (Index i = 0; i < count; ++i) {
      VectorXd part = VectorXd::Unit(count, i);
      for (const Index j : order_.next(count)) {
        if (j == i) continue;
        const double along = rows.gramian.col(j).dot(part);
        if (along < 0) part[j] -= along / rows.gramian(j, j);
      }
      weights += part;
    }
    return weights;
  }

  VisitOrder order_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> pcgradRow() {
  Descriptor descriptor;
  descriptor.id = "pcgrad";
  descriptor.title = "PCGrad";
  descriptor.summary = "Projects each gradient off the gradients that it conflicts with.";
  descriptor.formula = "g_i ← g_i − (g_i·g_j/‖g_j‖²) g_j where g_i·g_j < 0;  d = Σ_i g_i";
  descriptor.citation = "Yu et al., Gradient Surgery for Multi-Task Learning, NeurIPS 2020";
  descriptor.parameters = withGradientCommon({VisitOrder::parameter()}, Scale::sum);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "sum"}, {"random", true}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<PcGrad>(parameters, setting);
          }};
}

}  // namespace eq::balance

#include "core/balance/gradient/dual_cone.h"

#include "core/balance/gradient/active_set.h"
#include "core/balance/gradient/gradient_method.h"

namespace eq::balance {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

class DualCone : public GradientMethod {
 public:
  DualCone(const Parameters& parameters, const Setting& setting, bool eachRow)
      : GradientMethod(parameters, setting, Scale::mean),
        eachRow_(eachRow),
        ridge_(parameters.number("ridge")),
        preference_(parameters, setting) {}

 private:
  VectorXd solve(const Rows& rows) override {
    const MatrixXd gramian = withRidge(rows.gramian);
    const VectorXd preference = preference_.of(rows.tasks, rows.preference);
    if (!eachRow_) return dualConePoint(gramian, preference);
    VectorXd weights = VectorXd::Zero(preference.size());
    for (Eigen::Index k = 0; k < preference.size(); ++k)
      if (preference[k] > 0)
        weights += preference[k] * dualConePoint(gramian, VectorXd::Unit(preference.size(), k));
    return weights;
  }

  MatrixXd withRidge(const MatrixXd& gramian) const {
    if (!(ridge_ > 0)) return gramian;
    return gramian / gramian.trace() + ridge_ * MatrixXd::Identity(gramian.rows(), gramian.cols());
  }

  bool eachRow_;
  double ridge_;
  Preference preference_;
};

CatalogRow<Balancer, const Setting&> dualConeRow(Descriptor descriptor, bool eachRow) {
  descriptor.parameters = withGradientCommon(
      {preferenceSpec(),
       ParameterSpec::number("ridge", 0,
                             "0: exact; r: with G/tr G + r I, which lets a little conflict stay")
           .from(0)},
      Scale::mean);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "mean"}};
  return {descriptor, [eachRow](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<DualCone>(parameters, setting, eachRow);
          }};
}

}  // namespace

CatalogRow<Balancer, const Setting&> upGradRow() {
  Descriptor descriptor;
  descriptor.id = "upgrad";
  descriptor.title = "UPGrad";
  descriptor.summary =
      "Projects each task's gradient onto the directions that harm no task, and sums up.";
  descriptor.formula = "w = Σ_k argmin{vᵀGv : v ≥ p_k e_k};  J d ≥ 0";
  descriptor.citation =
      "Quinton and Rey, Jacobian Descent for Multi-Objective Optimization, 2024; exact (its code: "
      "ridge 1e-4)";
  return dualConeRow(std::move(descriptor), true);
}

CatalogRow<Balancer, const Setting&> dualProjRow() {
  Descriptor descriptor;
  descriptor.id = "dualproj";
  descriptor.title = "DualProj";
  descriptor.summary = "Projects the mean gradient onto the directions that harm no task.";
  descriptor.formula = "w = argmin{vᵀGv : v ≥ p};  J d ≥ 0";
  descriptor.citation =
      "Lopez-Paz and Ranzato, Gradient Episodic Memory for Continual Learning, NeurIPS 2017; exact "
      "(TorchJD: ridge 1e-4)";
  return dualConeRow(std::move(descriptor), false);
}

}  // namespace eq::balance

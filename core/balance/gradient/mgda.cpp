#include "core/balance/gradient/mgda.h"

#include <cmath>
#include <limits>

#include "core/balance/gradient/active_set.h"
#include "core/balance/gradient/gradient_method.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// Of a row next to the least one; beyond, it has no weight that a double can tell from 0.
constexpr double kLargestFactor = 1e100;

/// Two rows whose difference is rounding: every point between them is as short.
bool isTie(const Eigen::MatrixXd& gramian) {
  if (gramian.rows() != 2) return false;
  const double rounding = 16 * std::numeric_limits<double>::epsilon() * gramian.trace();
  return std::abs(gramian(0, 0) - gramian(0, 1)) <= rounding &&
         std::abs(gramian(1, 1) - gramian(0, 1)) <= rounding;
}

class Mgda : public GradientMethod {
 public:
  Mgda(const Parameters& parameters, const Setting& setting, bool representation)
      : GradientMethod(parameters, setting, Scale::mean, representation),
        normalization_(parameters.text("normalization")),
        toNormalized_(parameters.text("apply_to") == "normalized") {}

  Needs needs() const override {
    Needs needs = GradientMethod::needs();
    needs.losses = normalization_.starts_with("loss");
    return needs;
  }

 private:
  VectorXd solve(const Rows& rows) override {
    const VectorXd divisors = divisorsOf(rows);
    Tasks usable;
    for (Index k = 0; k < divisors.size(); ++k)
      if (divisors[k] != 0) usable.push_back(k);
    VectorXd weights = VectorXd::Zero(divisors.size());
    if (usable.empty()) return weights;
    const VectorXd factors = pick(divisors, usable).cwiseInverse();
    // The shortest point does not feel a common factor; without one, the squares could overflow.
    const VectorXd relative = (factors / factors.minCoeff()).cwiseMin(kLargestFactor);
    const Eigen::MatrixXd scaled =
        relative.asDiagonal() * rows.gramian(usable, usable) * relative.asDiagonal();
    const VectorXd found =
        isTie(scaled) ? VectorXd(VectorXd::Constant(2, 0.5)) : minNormPoint(scaled);
    put(weights, usable, toNormalized_ ? VectorXd(found.cwiseProduct(factors)) : found);
    return weights;
  }

  VectorXd divisorsOf(const Rows& rows) const {
    // A negative loss would turn its row around: the task would be made worse.
    if (normalization_ == "loss") return rows.losses.cwiseAbs();
    const VectorXd norms = rows.gramian.diagonal().cwiseSqrt();
    if (normalization_ == "l2") return norms;
    if (normalization_ == "loss+") return rows.losses.cwiseAbs().cwiseProduct(norms);
    return VectorXd::Ones(norms.size());
  }

  std::string normalization_;
  bool toNormalized_;
};

CatalogRow<Balancer, const Setting&> mgdaRowOf(Descriptor descriptor, bool representation) {
  descriptor.formula = "w = argmin_{w ∈ Δ} wᵀGw";
  descriptor.citation =
      "Désidéri 2012; Sener and Koltun, Multi-Task Learning as Multi-Objective Optimization, "
      "NeurIPS 2018";
  descriptor.parameters = withGradientCommon(
      {ParameterSpec::choice("normalization", "none", {"none", "l2", "loss", "loss+"},
                             "What the rows are divided by first: nothing, their norm, the size of "
                             "their loss, or both"),
       ParameterSpec::choice("apply_to", "raw", {"raw", "normalized"},
                             "Which rows the weights are put on")},
      Scale::mean);
  InputField losses = lossesInput();
  losses.doc += ", for the normalizations loss and loss+";
  losses.required = false;
  descriptor.inputs = {jacobianInput(), losses};
  descriptor.traits = {{"scale", "mean"}, {"representation", representation}};
  return {descriptor, [representation](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Mgda>(parameters, setting, representation);
          }};
}

}  // namespace

CatalogRow<Balancer, const Setting&> mgdaRow() {
  Descriptor descriptor;
  descriptor.id = "mgda";
  descriptor.title = "MGDA";
  descriptor.summary = "The shortest vector in the convex hull of the tasks' gradients.";
  return mgdaRowOf(std::move(descriptor), false);
}

CatalogRow<Balancer, const Setting&> mgdaUbRow() {
  Descriptor descriptor;
  descriptor.id = "mgda_ub";
  descriptor.title = "MGDA-UB";
  descriptor.summary = "MGDA on the gradients in the trunk's output: approximate, and cheaper.";
  return mgdaRowOf(std::move(descriptor), true);
}

}  // namespace eq::balance

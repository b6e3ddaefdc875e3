#include "core/balance/gradient/aligned_mtl.h"

#include "core/balance/gradient/gradient_method.h"
#include "core/base/gramian.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

class AlignedMtl : public GradientMethod {
 public:
  AlignedMtl(const Parameters& parameters, const Setting& setting, bool representation)
      : GradientMethod(parameters, setting, Scale::mean, representation),
        scaleMode_(parameters.text("scale_mode")),
        preference_(parameters, setting) {}

 private:
  VectorXd solve(const Rows& rows) override {
    const auto [values, vectors] = gradedEigen(rows.gramian, rows.rounding);
    const VectorXd coordinates = (vectors.transpose() * preference_.of(rows.tasks, rows.preference))
                                     .cwiseQuotient(values.cwiseSqrt());
    return std::sqrt(common(values)) * (vectors * coordinates);
  }

  /// \param values in ascending order.
  double common(const VectorXd& values) const {
    if (scaleMode_ == "median") return values[(values.size() - 1) / 2];
    return scaleMode_ == "rmse" ? values.mean() : values[0];
  }

  std::string scaleMode_;
  Preference preference_;
};

CatalogRow<Balancer, const Setting&> alignedRowOf(Descriptor descriptor, bool representation) {
  descriptor.formula = "w = √s V Λ^{−½} Vᵀ p,  G = V Λ Vᵀ";
  descriptor.citation =
      "Senushkin et al., Independent Component Alignment for Multi-Task Learning, CVPR 2023";
  descriptor.parameters =
      withGradientCommon({ParameterSpec::choice("scale_mode", "min", {"min", "median", "rmse"},
                                                "Which eigenvalue sets the common length"),
                          preferenceSpec()},
                         Scale::mean);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "mean"}, {"representation", representation}};
  return {descriptor, [representation](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<AlignedMtl>(parameters, setting, representation);
          }};
}

}  // namespace

CatalogRow<Balancer, const Setting&> alignedMtlRow() {
  Descriptor descriptor;
  descriptor.id = "aligned_mtl";
  descriptor.title = "Aligned-MTL";
  descriptor.summary = "Makes the tasks' gradients orthogonal and equally long.";
  return alignedRowOf(std::move(descriptor), false);
}

CatalogRow<Balancer, const Setting&> alignedMtlUbRow() {
  Descriptor descriptor;
  descriptor.id = "aligned_mtl_ub";
  descriptor.title = "Aligned-MTL-UB";
  descriptor.summary =
      "Aligned-MTL on the gradients in the trunk's output: approximate, and cheaper.";
  return alignedRowOf(std::move(descriptor), true);
}

}  // namespace eq::balance

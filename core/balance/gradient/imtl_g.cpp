#include "core/balance/gradient/imtl_g.h"

#include "core/balance/gradient/gradient_method.h"
#include "core/base/gramian.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

constexpr double kNoDirection = 1e-12;

class ImtlG : public GradientMethod {
 public:
  ImtlG(const Parameters& parameters, const Setting& setting)
      : GradientMethod(parameters, setting, Scale::mean) {}

 private:
  VectorXd solve(const Rows& rows) override {
    const VectorXd norms = rows.gramian.diagonal().cwiseSqrt();
    const VectorXd inverse = norms.cwiseInverse();
    // G⁺δ by way of the cosines, C = D⁻¹ G D⁻¹: the lengths of the rows then cost no digits.
    const Eigen::MatrixXd cosines = inverse.asDiagonal() * rows.gramian * inverse.asDiagonal();
    const VectorXd raw = pseudoSolve(cosines, VectorXd::Ones(norms.size())).cwiseProduct(inverse);
    const double sum = raw.sum();
    if (std::abs(sum) <= kNoDirection * raw.cwiseAbs().sum()) return VectorXd::Zero(raw.size());
    return raw / sum;
  }
};

}  // namespace

CatalogRow<Balancer, const Setting&> imtlGRow() {
  Descriptor descriptor;
  descriptor.id = "imtl_g";
  descriptor.title = "IMTL-G";
  descriptor.summary = "The update has equal projections on all tasks' gradient directions.";
  descriptor.formula = "w = G⁺δ / 1ᵀG⁺δ,  δ_k = ‖g_k‖";
  descriptor.citation = "Liu et al., Towards Impartial Multi-task Learning, ICLR 2021";
  descriptor.parameters = withGradientCommon({}, Scale::mean);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "mean"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<ImtlG>(parameters, setting);
          }};
}

}  // namespace eq::balance

#include "core/balance/gradient/imtl_g.h"

#include <cmath>
#include <optional>

#include "core/balance/gradient/gradient_method.h"
#include "core/base/gramian.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

constexpr double kNoDirection = 1e-12;

class ImtlG : public GradientMethod {
 public:
  ImtlG(const Parameters& parameters, const Setting& setting)
      : GradientMethod(parameters, setting, Scale::mean),
        absolute_(parameters.text("normalizer") == "absolute_sum") {}

  std::vector<Remark> remarks() const override {
    auto all = GradientMethod::remarks();
    if (remark_) all.push_back(*remark_);
    return all;
  }

 private:
  VectorXd solve(const Rows& rows) override {
    const VectorXd norms = rows.gramian.diagonal().cwiseSqrt();
    const VectorXd inverse = norms.cwiseInverse();
    // G⁺δ by way of the cosines, C = D⁻¹ G D⁻¹: the lengths of the rows then cost no digits.
    const Eigen::MatrixXd cosines = inverse.asDiagonal() * rows.gramian * inverse.asDiagonal();
    const VectorXd raw =
        pseudoSolve(cosines, VectorXd::Ones(norms.size()), rows.rounding).cwiseProduct(inverse);
    const double sum = raw.sum();
    const bool cancels = std::abs(sum) <= kNoDirection * raw.cwiseAbs().sum();
    remember(rows, raw, cancels);
    if (cancels) return VectorXd::Zero(raw.size());
    return raw / (absolute_ ? std::abs(sum) : sum);
  }

  /// Jᵀ G⁺δ goes equally far along all gradients; a sum that is not above 0 turns it around or
  /// leaves nothing. Other units of the losses change the sum, as entry k is ~ 1/‖g_k‖.
  void remember(const Rows& rows, const VectorXd& raw, bool cancels) {
    remark_.reset();
    const bool turns = raw.sum() < 0 && !absolute_;
    if (!cancels && !turns) return;
    Eigen::Index least = 0;
    raw.minCoeff(&least);
    remark_ = {rows.tasks[static_cast<size_t>(least)],
               cancels ? "its weight cancels those of the others, so all weights are 0; a larger "
                         "weight of its loss changes that"
                       : "its weight outweighs the others' with the opposite sign, so their sum is "
                         "negative and the update goes against every task's gradient; set "
                         "normalizer to absolute_sum, or give its loss a larger weight"};
  }

  bool absolute_;
  std::optional<Remark> remark_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> imtlGRow() {
  Descriptor descriptor;
  descriptor.id = "imtl_g";
  descriptor.title = "IMTL-G";
  descriptor.summary = "The update has equal projections on all tasks' gradient directions.";
  descriptor.formula = "w = G⁺δ / 1ᵀG⁺δ,  δ_k = ‖g_k‖";
  descriptor.citation = "Liu et al., Towards Impartial Multi-task Learning, ICLR 2021";
  descriptor.parameters = withGradientCommon(
      {ParameterSpec::choice("normalizer", "sum", {"sum", "absolute_sum"},
                             "What G⁺δ is divided by; where its sum is negative, only the size of "
                             "the sum keeps the direction in all units of the losses")},
      Scale::mean);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "mean"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<ImtlG>(parameters, setting);
          }};
}

}  // namespace eq::balance

#include "core/balance/gradient/arml.h"

#include <limits>

#include "core/balance/gradient/active_set.h"
#include "core/balance/gradient/gradient_method.h"
#include "core/balance/gradient/primary.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

class Arml : public MaskedBalancer {
 public:
  Arml(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own), primary_(primaryOf(parameters, setting)) {}

  Needs needs() const override { return {.gramian = true}; }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    VectorXd weights = VectorXd::Ones(std::ssize(tasks));
    const Index place = placeOf(primary_, tasks);
    if (place < 0 || tasks.size() < 3) return weights;
    Tasks others;
    for (Index i = 0; i < weights.size(); ++i)
      if (i != place) others.push_back(i);
    put(weights, others, nearest(inputs.gramian(tasks, tasks), place, others));
    return weights;
  }

  /// By the point of least norm among the mixtures of the n g_j - g_primary, n = K - 1.
  static VectorXd nearest(const MatrixXd& gramian, Index primary, const Tasks& others) {
    const auto count = static_cast<double>(others.size());
    const MatrixXd own = count * count * gramian(others, others);
    const VectorXd along = count * gramian(others, primary);
    const double square = gramian(primary, primary);
    MatrixXd differences = own;
    differences.colwise() -= along;
    differences.rowwise() -= along.transpose();
    differences.array() += square;
    for (Index j = 0; j < own.rows(); ++j) {
      const double rounding = 8 * std::numeric_limits<double>::epsilon() * (own(j, j) + square);
      if (differences(j, j) <= rounding) return count * VectorXd::Unit(own.rows(), j);
    }
    return count * minNormPoint((differences + differences.transpose()) / 2);
  }

  Index primary_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> armlRow() {
  Descriptor descriptor;
  descriptor.id = "arml";
  descriptor.title = "Auxiliary reweighting (ARML)";
  descriptor.summary = "Mixes the auxiliary gradients so that they come near the primary task's.";
  descriptor.formula = "min_w ‖g_primary − Σ_j w_j g_j‖,  w ≥ 0,  Σ_j w_j = K − 1";
  descriptor.citation =
      "Shi et al., Auxiliary Task Reweighting for Minimum-data Learning, NeurIPS 2020; on the "
      "gradients, exactly, as in Jiang et al., ForkMerge, 2023";
  descriptor.parameters = withGradientCommon({primarySpec()}, Scale::own);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Arml>(parameters, setting);
          }};
}

}  // namespace eq::balance

#include "core/balance/gradient/pcd.h"

#include <cmath>

#include "core/balance/gradient/active_set.h"
#include "core/balance/gradient/gradient_method.h"
#include "core/balance/gradient/kernels.h"
#include "core/balance/gradient/primary.h"
#include "core/base/error.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kFulfilled = 1e-9;  ///< of a constraint, in units of the largest of diag G̃

/// τ of every task; that of the primary is not read. A list holds those of the others, in order.
VectorXd progressOf(const Parameters& parameters, const Setting& setting, Index primary) {
  const auto given = parameters.numbers("tau");
  if (!parameters.at("tau").is_array()) return VectorXd::Constant(setting.tasks, given.at(0));
  if (std::ssize(given) != setting.tasks - 1)
    fail("{}.tau: {} entries, there are {} tasks beside the primary", setting.path, given.size(),
         setting.tasks - 1);
  VectorXd taus = VectorXd::Zero(setting.tasks);
  size_t next = 0;
  for (Index k = 0; k < setting.tasks; ++k)
    if (k != primary) taus[k] = given[next++];
  return taus;
}

class Pcd : public MaskedBalancer {
 public:
  Pcd(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        primary_(primaryOf(parameters, setting)),
        taus_(progressOf(parameters, setting, primary_)),
        beta_(parameters.number("beta")),
        epsilon_(parameters.number("epsilon")),
        squares_(VectorXd::Zero(setting.tasks)),
        steps_(VectorXd::Zero(setting.tasks)) {}

  Needs needs() const override { return {.gramian = true}; }

  nlohmann::json state() const override {
    return {{"squares", vectorToJson(squares_)}, {"steps", vectorToJson(steps_)}};
  }
  void restore(const nlohmann::json& state) override {
    squares_ = vectorFromJson(state.at("squares"));
    steps_ = vectorFromJson(state.at("steps"));
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    const MatrixXd given = inputs.gramian(tasks, tasks);
    const MatrixXd gramian = (given + given.transpose()) / 2;
    const VectorXd scales = scalesOf(gramian.diagonal(), tasks);
    const Index place = placeOf(primary_, tasks);
    if (place < 0 || !(gramian(place, place) > 0)) return VectorXd::Zero(scales.size());
    const MatrixXd scaled = scales.asDiagonal() * gramian * scales.asDiagonal();
    const VectorXd mixture = constrained(scaled, place, pick(taus_, tasks));
    if (cancels(scaled, mixture)) return VectorXd::Zero(scales.size());
    const double square = mixture.dot(scaled * mixture);
    return std::sqrt(gramian(place, place) / square) * mixture.cwiseProduct(scales);
  }

  VectorXd scalesOf(const VectorXd& squares, const Tasks& tasks) {
    VectorXd scales(squares.size());
    for (Index i = 0; i < squares.size(); ++i) {
      const Index k = tasks[static_cast<size_t>(i)];
      squares_[k] = beta_ * squares_[k] + (1 - beta_) * squares[i];
      const double mean = squares_[k] / (1 - std::pow(beta_, ++steps_[k])) + epsilon_;
      scales[i] = mean > 0 ? 1 / std::sqrt(mean) : 0;
    }
    return scales;
  }

  /// w̃: 1 for the primary, and the multipliers of the others' constraints.
  static VectorXd constrained(const MatrixXd& scaled, Index primary, const VectorXd& taus) {
    VectorXd mixture = VectorXd::Unit(taus.size(), primary);
    Tasks others;
    for (Index i = 0; i < taus.size(); ++i)
      if (i != primary && scaled(i, i) > 0) others.push_back(i);
    if (others.empty()) return mixture;
    const MatrixXd own = scaled(others, others);
    const VectorXd lacking =
        pick(taus, others).cwiseProduct(own.diagonal()) - VectorXd(scaled(others, primary));
    const VectorXd multipliers = minimizeOnOrthant(own, -lacking);
    const double slack = kFulfilled * scaled.diagonal().maxCoeff();
    if ((own * multipliers - lacking).minCoeff() >= -slack) put(mixture, others, multipliers);
    return mixture;
  }

  Index primary_;
  VectorXd taus_;
  double beta_, epsilon_;
  VectorXd squares_, steps_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> pcdRow() {
  Descriptor descriptor;
  descriptor.id = "pcd";
  descriptor.title = "Priority-constrained descent (PCD)";
  descriptor.summary = "Follows one task's gradient as far as all others still gain.";
  descriptor.formula = "min ‖d − g̃₁‖  subject to  g̃_j·d ≥ τ_j‖g̃_j‖²;  ‖d‖ = ‖g₁‖";
  descriptor.citation = "Priority-constrained descent, TMLR 2026, arXiv 2606.29521";
  descriptor.parameters = withGradientCommon(
      {primarySpec(),
       ParameterSpec::numberOrList(
           "tau", 0.02,
           "Share of its own step that every other task gains, or a list of "
           "one for each of the others")
           .from(0)
           .to(1),
       ParameterSpec::number("beta", 0.999, "Memory of the gradients' mean squares")
           .from(0)
           .below(1),
       ParameterSpec::number("epsilon", 1e-8, "Added to a gradient's mean square").from(0)},
      Scale::own);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Pcd>(parameters, setting);
          }};
}

}  // namespace eq::balance

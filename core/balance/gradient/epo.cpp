#include "core/balance/gradient/epo.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/balance/gradient/gradient_method.h"
#include "core/balance/gradient/linear_program.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kLeastShare = 1e-12;  ///< of a loss, before its logarithm is taken
constexpr double kSlack = 1e-9;        ///< of the rows, in units of the largest of |G|

/// How far the losses are from the ray, and the change of the gradients' mixture that leads to it.
struct NonUniformity {
  double value = 0;  ///< μ, 0 on the ray
  VectorXd ascent;   ///< a
};

/// \param weighted r∘L, >= 0 with a positive sum.
NonUniformity nonUniformity(const VectorXd& weighted, const VectorXd& preference) {
  const VectorXd shares = weighted / weighted.sum();
  const VectorXd logs =
      (static_cast<double>(shares.size()) * shares.cwiseMax(kLeastShare)).array().log();
  const double value = shares.dot(logs);
  return {value, preference.cwiseProduct((logs.array() - value).matrix())};
}

class Epo : public GradientMethod {
 public:
  Epo(const Parameters& parameters, const Setting& setting)
      : GradientMethod(parameters, setting, Scale::mean),
        preference_(parameters, setting),
        epsilon_(parameters.number("epsilon")),
        relaxed_(parameters.boolean("relaxed")) {}

  Needs needs() const override {
    Needs needs = GradientMethod::needs();
    needs.losses = true;
    return needs;
  }

  std::vector<Remark> remarks() const override {
    auto all = GradientMethod::remarks();
    all.insert(all.end(), negative_.begin(), negative_.end());
    return all;
  }

 private:
  VectorXd solve(const Rows& rows) override {
    const VectorXd preference = preference_.of(rows.tasks, rows.preference);
    const VectorXd weighted = preference.cwiseProduct(positive(rows));
    const double sum = preference.sum();
    // Nobody asks for those that are left.
    if (!(sum > 0)) return VectorXd::Zero(preference.size());
    if (!(weighted.sum() > 0)) return preference / sum;
    return mixture(rows.gramian / rows.gramian.cwiseAbs().maxCoeff(), weighted, preference)
        .value_or(preference / sum);
  }

  /// The losses; negative ones, which have no place on a ray, as 0.
  VectorXd positive(const Rows& rows) {
    negative_.clear();
    for (Index k = 0; k < rows.losses.size(); ++k)
      if (rows.losses[k] < 0)
        negative_.push_back(
            {rows.tasks[static_cast<size_t>(k)],
             "its loss is negative and counts as 0, as if it were as small as can be; a loss that "
             "is never below 0 can be followed along a preference"});
    return rows.losses.cwiseMax(0);
  }

  std::optional<VectorXd> mixture(const MatrixXd& gramian, const VectorXd& weighted,
                                  const VectorXd& preference) const {
    const auto off = nonUniformity(weighted, preference);
    const VectorXd towards = gramian * off.ascent;
    return off.value > epsilon_ ? balancing(gramian, weighted, towards)
                                : descending(gramian, towards);
  }

  static std::optional<VectorXd> balancing(const MatrixXd& gramian, const VectorXd& weighted,
                                           const VectorXd& towards) {
    VectorXd lower = VectorXd::Zero(towards.size());
    if ((towards.array() > 0).any()) {
      constexpr double kNothing = -std::numeric_limits<double>::infinity();
      for (Index j = 0; j < towards.size(); ++j) lower[j] = towards[j] > 0 ? kNothing : towards[j];
      Index worst = 0;
      weighted.maxCoeff(&worst);
      lower[worst] = 0;
    }
    return bestOnSimplex(towards, gramian, lower.array() - kSlack);
  }

  std::optional<VectorXd> descending(const MatrixXd& gramian, const VectorXd& towards) const {
    const Index tasks = gramian.rows();
    MatrixXd rows(tasks + 1, tasks);
    rows << gramian, towards.transpose();
    VectorXd lower = VectorXd::Zero(tasks + 1);
    lower[tasks] =
        relaxed_ ? -std::numeric_limits<double>::infinity() : std::min(0.0, towards.maxCoeff());
    return bestOnSimplex(gramian.colwise().sum(), rows, lower.array() - kSlack);
  }

  Preference preference_;
  double epsilon_;
  bool relaxed_;
  std::vector<Remark> negative_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> epoRow() {
  Descriptor descriptor;
  descriptor.id = "epo";
  descriptor.title = "EPO";
  descriptor.summary =
      "Leads to the point of the front that a preference asks for: a task that counts more ends "
      "with a smaller loss.";
  descriptor.formula =
      "r∘L equal over the tasks;  max_{w ∈ Δ} wᵀGa,  a = r∘(u − l̂ᵀu),  l̂ = r∘L/Σ r∘L,  "
      "u = ln(K l̂)";
  descriptor.citation =
      "Mahapatra and Rajan, Multi-Task Learning with User Preferences: Gradient Descent with "
      "Controlled Ascent in Pareto Optimization, ICML 2020";
  descriptor.parameters = withGradientCommon(
      {preferenceSpec(),
       ParameterSpec::number(
           "epsilon", 1e-4,
           "Up to which distance from the ray, Σ l̂ ln K l̂, all losses are lowered "
           "instead of the ray approached")
           .above(0),
       ParameterSpec::boolean("relaxed", false, "Whether the descent along the ray may leave it")},
      Scale::mean);
  descriptor.inputs = {jacobianInput(), lossesInput()};
  descriptor.traits = {{"scale", "mean"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Epo>(parameters, setting);
          }};
}

}  // namespace eq::balance

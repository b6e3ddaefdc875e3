#include <numeric>

#include "core/base/error.h"
#include "core/metric/pareto/calculation.h"
#include "core/metric/pareto/json_points.h"
#include "core/metric/quantiles.h"

namespace eq::metric {
namespace {

using Posteriors = std::vector<Points>;  ///< [tasks][priors][parameters]

Posteriors readPosteriors(const nlohmann::json& input, const std::string& name) {
  const auto& value = fieldOf(input, name, "ibcl");
  const auto path = "ibcl." + name;
  if (!value.is_array() || value.empty())
    fail("{}: expected a list of one entry a task, found {}", path, quoted(value));
  Posteriors tasks;
  for (size_t t = 0; t < value.size(); ++t) {
    const auto place = fmt::format("{}[{}]", path, t);
    tasks.push_back(readRows(value[t], place));
    if (tasks[t].empty()) fail("{}: expected at least one posterior, found []", place);
  }
  return tasks;
}

void checkSameShape(const Posteriors& found, const Posteriors& first, const std::string& name) {
  if (found.size() != first.size())
    fail("ibcl.{}: expected {} tasks as in means, found {}", name, first.size(), found.size());
  for (size_t t = 0; t < found.size(); ++t)
    if (found[t].size() != first[0].size() || found[t][0].size() != first[0][0].size())
      fail("ibcl.{}[{}]: expected {} posteriors of {} parameters as in means[0], found {} of {}",
           name, t, first[0].size(), first[0][0].size(), found[t].size(), found[t][0].size());
}

void checkStds(const Posteriors& stds) {
  for (size_t t = 0; t < stds.size(); ++t)
    for (size_t e = 0; e < stds[t].size(); ++e)
      for (size_t p = 0; p < stds[t][e].size(); ++p)
        if (stds[t][e][p] < 0) fail("ibcl.stds[{}][{}][{}]: {} is below 0", t, e, p, stds[t][e][p]);
}

/// The preference over its sum.
Point readShares(const nlohmann::json& input, size_t tasks) {
  Point shares = readNumbers(fieldOf(input, "preference", "ibcl"), "ibcl.preference", tasks);
  for (size_t t = 0; t < tasks; ++t)
    if (shares[t] < 0) fail("ibcl.preference[{}]: {} is below 0", t, shares[t]);
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  if (!(sum > 0)) fail("ibcl.preference: the sum must be above 0, found {}", sum);
  for (double& share : shares) share /= sum;
  return shares;
}

/// Σ_t w_t mean_e, of every parameter.
Point mixed(const Posteriors& tasks, const Point& shares) {
  Point sums(tasks[0][0].size(), 0.0);
  for (size_t t = 0; t < tasks.size(); ++t)
    for (size_t p = 0; p < sums.size(); ++p) {
      double sum = 0;
      for (const auto& posterior : tasks[t]) sum += posterior[p];
      sums[p] += shares[t] * sum / static_cast<double>(tasks[t].size());
    }
  return sums;
}

class Ibcl : public ParetoCalculation {
 public:
  explicit Ibcl(const Parameters& parameters) {
    const double alpha = parameters.number("alpha");
    reach_ = parameters.text("interval") == "released" ? normalQuantile((1 + alpha) / 2)
                                                       : -normalQuantile(alpha / 2);
  }

  nlohmann::json compute(const nlohmann::json& input) const override {
    const auto means = readPosteriors(input, "means");
    const auto stds = readPosteriors(input, "stds");
    checkSameShape(means, means, "means");
    checkSameShape(stds, means, "stds");
    checkStds(stds);
    const Point shares = readShares(input, means.size());
    const Point mean = mixed(means, shares), std = mixed(stds, shares);
    Point low = mean, high = mean;
    for (size_t p = 0; p < mean.size(); ++p) {
      low[p] -= reach_ * std[p];
      high[p] += reach_ * std[p];
    }
    return {{"mean", mean}, {"std", std}, {"low", low}, {"high", high}};
  }

 private:
  double reach_ = 0;  ///< of the region, in standard deviations
};

}  // namespace

CatalogRow<ParetoCalculation> ibclRow() {
  Descriptor descriptor;
  descriptor.id = "ibcl";
  descriptor.title = "IBCL";
  descriptor.summary =
      "The region of parameters that a preference over tasks gives, from each "
      "task's posteriors.";
  descriptor.formula = "μ = Σ_t w_t mean_e μ_te, σ likewise; μ ± z σ";
  descriptor.citation =
      "Lu et al., IBCL: Zero-shot Model Generation for Task Trade-offs in Continual Learning, 2023";
  descriptor.parameters = {
      ParameterSpec::number("alpha", 0.01, "What the theory leaves outside of the region")
          .above(0)
          .below(1),
      ParameterSpec::choice("interval", "theory", {"theory", "released"},
                            "theory holds the mass 1 − α; released, as the authors' code, α")};
  descriptor.inputs = {{"means", "[T, E, P]", "of each task's posteriors"},
                       {"stds", "[T, E, P]", "their standard deviations, >= 0"},
                       {"preference", "[T]", "how much each task counts; divided by its sum"}};
  return calculationRow<Ibcl>(std::move(descriptor));
}

}  // namespace eq::metric

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/base/error.h"
#include "core/metric/pareto/calculation.h"
#include "core/metric/pareto/json_points.h"

namespace eq::metric {
namespace {

/// Indices of two samples, of which the first gives the task more weight.
using SamplePair = std::pair<size_t, size_t>;

/// ln mean exp, without overflow. \pre not empty.
double logMeanExp(const Point& values) {
  const double largest = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (const double value : values) sum += std::exp(value - largest);
  return largest + std::log(sum / static_cast<double>(values.size()));
}

class Pamal : public ParetoCalculation {
 public:
  explicit Pamal(const Parameters& parameters)
      : lambda_(parameters.number("lambda")),
        temperature_(parameters.number("temperature")),
        chain_(parameters.text("pairs") == "chain"),
        released_(parameters.text("direction") == "released") {}

  nlohmann::json compute(const nlohmann::json& input) const override {
    const Points alphas = readRows(fieldOf(input, "alphas", "pamal"), "pamal.alphas");
    const Points losses = readRows(fieldOf(input, "losses", "pamal"), "pamal.losses");
    if (alphas.empty() || alphas[0].empty())
      fail("pamal.alphas: expected a row a sample and a number a task, found {}",
           quoted(input["alphas"]));
    if (losses.size() != alphas.size() || losses[0].size() != alphas[0].size())
      fail("pamal.losses: expected {} rows of {} numbers as in alphas, found {} of {}",
           alphas.size(), alphas[0].size(), losses.size(), losses.empty() ? 0 : losses[0].size());
    return answer(alphas, losses);
  }

 private:
  nlohmann::json answer(const Points& alphas, const Points& losses) const {
    double sum = 0;
    for (size_t w = 0; w < alphas.size(); ++w)
      sum += std::inner_product(alphas[w].begin(), alphas[w].end(), losses[w].begin(), 0.0);
    Point perTask;
    for (size_t k = 0; k < alphas[0].size(); ++k) perTask.push_back(regulariser(alphas, losses, k));
    const double whole = std::accumulate(perTask.begin(), perTask.end(), 0.0);
    const bool applied = lambda_ > 0 && lambda_ * whole < sum;
    return {{"sum", sum},
            {"regulariser", whole},
            {"per_task", perTask},
            {"applied", applied},
            {"value", applied ? sum + lambda_ * whole : sum}};
  }

  double regulariser(const Points& alphas, const Points& losses, size_t task) const {
    Point exponents;
    for (const auto& [more, less] : chain_ ? neighbours(alphas, task) : allPairs(alphas, task)) {
      const double risen = losses[more][task] - losses[less][task];
      exponents.push_back(temperature_ * std::max(released_ ? -risen : risen, 0.0));
    }
    return exponents.empty() ? 0 : logMeanExp(exponents);
  }

  static std::vector<SamplePair> allPairs(const Points& alphas, size_t task) {
    std::vector<SamplePair> pairs;
    for (size_t i = 0; i < alphas.size(); ++i)
      for (size_t j = 0; j < alphas.size(); ++j)
        if (alphas[i][task] > alphas[j][task]) pairs.emplace_back(i, j);
    return pairs;
  }

  /// Of the samples in the stable order of the task's weight.
  static std::vector<SamplePair> neighbours(const Points& alphas, size_t task) {
    std::vector<size_t> order(alphas.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return alphas[a][task] < alphas[b][task]; });
    std::vector<SamplePair> pairs;
    for (size_t i = 1; i < order.size(); ++i)
      if (alphas[order[i]][task] > alphas[order[i - 1]][task])
        pairs.emplace_back(order[i], order[i - 1]);
    return pairs;
  }

  double lambda_, temperature_;
  bool chain_, released_;
};

}  // namespace

CatalogRow<ParetoCalculation> pamalRow() {
  Descriptor descriptor;
  descriptor.id = "pamal";
  descriptor.title = "PaMaL";
  descriptor.summary =
      "The loss of several mixtures of networks, and the term by which more weight on a task must "
      "not raise its loss.";
  descriptor.formula =
      "Σ_w Σ_k α_k L_k + λR, R = Σ_k ln mean_{α_i,k > α_j,k} exp(T [L_k(α_i) − L_k(α_j)]₊)";
  descriptor.citation =
      "Dimitriadis, Frossard and Fleuret, Pareto Manifold Learning: Tackling Multiple Tasks via "
      "Ensembles of Single-task Models, ICML 2023";
  descriptor.parameters = {
      ParameterSpec::number("lambda", 0,
                            "Factor of R, which is applied while λR is below the sum of losses")
          .from(0),
      ParameterSpec::number("temperature", 1, "T").above(0),
      ParameterSpec::choice("pairs", "all", {"all", "chain"},
                            "Which samples are compared: all pairs, or neighbours in the order of "
                            "the task's weight"),
      ParameterSpec::choice("direction", "definition", {"definition", "released"},
                            "released turns the sign, as the authors' code does, which punishes "
                            "the wanted order")};
  descriptor.inputs = {{"alphas", "[W, K]", "a row a sample: how much each task counts"},
                       {"losses", "[W, K]", "a row a sample: the tasks' losses there"}};
  return calculationRow<Pamal>(std::move(descriptor));
}

}  // namespace eq::metric

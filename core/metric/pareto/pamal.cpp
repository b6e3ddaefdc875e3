#include "core/metric/pareto/pamal.h"

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

std::vector<SamplePair> allPairs(const Points& alphas, size_t task) {
  std::vector<SamplePair> pairs;
  for (size_t i = 0; i < alphas.size(); ++i)
    for (size_t j = 0; j < alphas.size(); ++j)
      if (alphas[i][task] > alphas[j][task]) pairs.emplace_back(i, j);
  return pairs;
}

/// Of the samples in the stable order of the task's weight.
std::vector<SamplePair> neighbours(const Points& alphas, size_t task) {
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

/// R of one task, whose slopes times λ are added. \returns R.
double regularise(const Points& alphas, const Points& losses, size_t task,
                  const PamalOptions& options, Points& slopes) {
  const auto pairs = options.chain ? neighbours(alphas, task) : allPairs(alphas, task);
  if (pairs.empty()) return 0;
  const double sign = options.released ? -1 : 1;
  Point exponents;
  for (const auto& [more, less] : pairs)
    exponents.push_back(options.temperature *
                        std::max(sign * (losses[more][task] - losses[less][task]), 0.0));
  const double found = logMeanExp(exponents);
  const auto count = static_cast<double>(pairs.size());
  for (size_t p = 0; p < pairs.size(); ++p) {
    if (exponents[p] == 0) continue;
    const double slope =
        options.lambda * options.temperature * sign * std::exp(exponents[p] - found) / count;
    slopes[pairs[p].first][task] += slope;
    slopes[pairs[p].second][task] -= slope;
  }
  return found;
}

class Pamal : public ParetoCalculation {
 public:
  explicit Pamal(const Parameters& parameters) : options_(pamalOptions(parameters)) {}

  nlohmann::json compute(const nlohmann::json& input) const override {
    const Points alphas = readRows(fieldOf(input, "alphas", "pamal"), "pamal.alphas");
    const Points losses = readRows(fieldOf(input, "losses", "pamal"), "pamal.losses");
    if (alphas.empty() || alphas[0].empty())
      fail("pamal.alphas: expected a row a sample and a number a task, found {}",
           quoted(input["alphas"]));
    if (losses.size() != alphas.size() || losses[0].size() != alphas[0].size())
      fail("pamal.losses: expected {} rows of {} numbers as in alphas, found {} of {}",
           alphas.size(), alphas[0].size(), losses.size(), losses.empty() ? 0 : losses[0].size());
    const auto found = pamalLoss(alphas, losses, options_);
    return {{"sum", found.sum},
            {"regulariser", found.regulariser},
            {"per_task", found.perTask},
            {"applied", found.applied},
            {"value", found.value}};
  }

 private:
  PamalOptions options_;
};

}  // namespace

PamalLoss pamalLoss(const Points& alphas, const Points& losses, const PamalOptions& options) {
  PamalLoss found;
  for (size_t w = 0; w < alphas.size(); ++w)
    found.sum += std::inner_product(alphas[w].begin(), alphas[w].end(), losses[w].begin(), 0.0);
  auto slopes = alphas;
  for (size_t k = 0; k < alphas[0].size(); ++k)
    found.perTask.push_back(regularise(alphas, losses, k, options, slopes));
  found.regulariser = std::accumulate(found.perTask.begin(), found.perTask.end(), 0.0);
  found.applied = options.lambda > 0 && options.lambda * found.regulariser < found.sum;
  found.value = found.applied ? found.sum + options.lambda * found.regulariser : found.sum;
  found.slopes = found.applied ? std::move(slopes) : alphas;
  return found;
}

std::vector<ParameterSpec> pamalParameters() {
  return {ParameterSpec::number("lambda", 0,
                                "Factor of R, which is applied while λR is below the sum of losses")
              .from(0),
          ParameterSpec::number("temperature", 1, "T").above(0),
          ParameterSpec::choice("pairs", "all", {"all", "chain"},
                                "Which samples are compared: all pairs, or neighbours in the order "
                                "of the task's weight"),
          ParameterSpec::choice("direction", "definition", {"definition", "released"},
                                "released turns the sign, as the authors' code does, which "
                                "punishes the wanted order")};
}

PamalOptions pamalOptions(const Parameters& parameters) {
  return {parameters.number("lambda"), parameters.number("temperature"),
          parameters.text("pairs") == "chain", parameters.text("direction") == "released"};
}

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
  descriptor.parameters = pamalParameters();
  descriptor.inputs = {{"alphas", "[W, K]", "a row a sample: how much each task counts"},
                       {"losses", "[W, K]", "a row a sample: the tasks' losses there"}};
  return calculationRow<Pamal>(std::move(descriptor));
}

}  // namespace eq::metric

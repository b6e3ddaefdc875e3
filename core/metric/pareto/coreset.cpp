#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/metric/pareto/calculation.h"
#include "core/metric/pareto/isolation_forest.h"
#include "core/metric/pareto/json_points.h"

namespace eq::metric {
namespace {

class Coreset : public ParetoCalculation {
 public:
  explicit Coreset(const Parameters& parameters)
      : options_{parameters.integer("trees"), parameters.integer("sample"),
                 static_cast<std::uint64_t>(parameters.integer("seed"))},
        prune_(parameters.number("prune")) {}

  nlohmann::json compute(const nlohmann::json& input) const override {
    const auto features = readRows(fieldOf(input, "features", "coreset"), "coreset.features");
    if (features.empty()) fail("coreset.features: expected at least one example, found []");
    if (features[0].empty()) fail("coreset.features[0]: expected at least one number, found []");
    const auto scores = isolationScores(features, options_);
    std::vector<size_t> order(scores.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return scores[a] > scores[b]; });
    const auto count =
        static_cast<size_t>(std::floor(prune_ * static_cast<double>(scores.size()) + 1e-9));
    const auto middle = order.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<size_t> pruned(order.begin(), middle), kept(middle, order.end());
    std::sort(pruned.begin(), pruned.end());
    std::sort(kept.begin(), kept.end());
    return {{"scores", scores}, {"pruned", pruned}, {"kept", kept}};
  }

 private:
  IsolationOptions options_;
  double prune_;
};

}  // namespace

CatalogRow<ParetoCalculation> coresetRow() {
  Descriptor descriptor;
  descriptor.id = "coreset";
  descriptor.title = "Core set";
  descriptor.summary =
      "Which examples of a forget set to leave out before it is unlearned: the most anomalous ones "
      "cost the rest most. Trees and samples are those of the isolation forest's authors.";
  descriptor.formula = "2^(−E[h(x)]/c(ψ)); the ⌊prune · n⌋ largest are left out";
  descriptor.citation =
      "Patil, Stengel-Eskin and Bansal, UPCORE: Utility-Preserving Coreset Selection for Balanced "
      "Unlearning, 2025; Liu, Ting and Zhou, Isolation Forest, ICDM 2008";
  descriptor.parameters = {
      ParameterSpec::number("prune", 0.1, "Share of the examples that is left out").from(0).to(1),
      ParameterSpec::integer("trees", 100, "Trees of the forest").from(1).to(1e6),
      ParameterSpec::integer("sample", 256, "Examples that a tree is grown from, at most")
          .from(2)
          .to(1e6),
      ParameterSpec::integer("seed", 0, "Of samples and splits").from(0)};
  descriptor.inputs = {
      {"features", "[n, d]", "of the forget set's examples, at the trunk's output"}};
  return calculationRow<Coreset>(std::move(descriptor));
}

}  // namespace eq::metric

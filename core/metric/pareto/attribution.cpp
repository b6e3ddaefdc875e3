#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/metric/pareto/calculation.h"
#include "core/metric/pareto/json_points.h"

namespace eq::metric {
namespace {

/// 1 for the entries with the largest scores, the lower index first among equal ones.
std::vector<int> maskOf(const Point& scores, double keep) {
  const auto kept =
      static_cast<size_t>(std::floor(keep * static_cast<double>(scores.size()) + 1e-9));
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  std::vector<int> mask(scores.size(), 0);
  for (size_t i = 0; i < std::min(kept, order.size()); ++i) mask[order[i]] = 1;
  return mask;
}

class Attribution : public ParetoCalculation {
 public:
  explicit Attribution(const Parameters& parameters)
      : gamma_(parameters.number("gamma")), keep_(parameters.number("keep")) {}

  nlohmann::json compute(const nlohmann::json& input) const override {
    const Point weights = read(input, "weights", std::nullopt);
    const Point forget = read(input, "forget_gradient", weights.size());
    const Point retain = read(input, "retain_gradient", weights.size());
    Point scores;
    for (size_t i = 0; i < weights.size(); ++i)
      scores.push_back(std::abs((weights[i] - retain[i] / gamma_) * forget[i]));
    return {{"scores", scores}, {"mask", maskOf(scores, keep_)}};
  }

 private:
  static Point read(const nlohmann::json& input, const char* name, std::optional<size_t> length) {
    return readNumbers(fieldOf(input, name, "attribution"), std::string("attribution.") + name,
                       length);
  }

  double gamma_, keep_;
};

}  // namespace

CatalogRow<ParetoCalculation> attributionRow() {
  Descriptor descriptor;
  descriptor.id = "attribution";
  descriptor.title = "Weight attribution";
  descriptor.summary =
      "Which weights to update so that a forget set is lost and the rest is retained.";
  descriptor.formula = "|(θ_i − g^r_i/γ) g^f_i|; the ⌊keep · P⌋ largest are updated";
  descriptor.citation =
      "Jia et al., WAGLE: Strategic Weight Attribution for Effective and Modular Unlearning in "
      "Large Language Models, NeurIPS 2024";
  descriptor.parameters = {
      ParameterSpec::number("gamma", 1, "Curvature of the retain loss; to be tuned").above(0),
      ParameterSpec::number("keep", 0.8, "Share of the weights that are updated").from(0).to(1)};
  descriptor.inputs = {{"weights", "[P]", "θ, the parameters"},
                       {"forget_gradient", "[P]", "g^f, of the forget loss"},
                       {"retain_gradient", "[P]", "g^r, of the retain loss"}};
  return calculationRow<Attribution>(std::move(descriptor));
}

}  // namespace eq::metric

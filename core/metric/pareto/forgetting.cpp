#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/metric/pareto/calculation.h"
#include "core/metric/pareto/json_points.h"

namespace eq::metric {
namespace {

Point logShares(const Point& logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - largest);
  Point found = logits;
  for (double& logit : found) logit -= largest + std::log(sum);
  return found;
}

/// ln(1 + e^x).
double softened(double x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

std::vector<size_t> readLabels(const nlohmann::json& input, size_t examples, size_t classes) {
  const auto given =
      readNumbers(fieldOf(input, "labels", "forgetting"), "forgetting.labels", examples);
  std::vector<size_t> labels;
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i] != std::floor(given[i]) || given[i] < 0 ||
        given[i] >= static_cast<double>(classes))
      fail("forgetting.labels[{}]: expected a class from 0 to {}, found {}", i, classes - 1,
           given[i]);
    labels.push_back(static_cast<size_t>(given[i]));
  }
  return labels;
}

class Forgetting : public ParetoCalculation {
 public:
  explicit Forgetting(const Parameters& parameters)
      : objective_(parameters.text("objective")), beta_(parameters.number("beta")) {}

  nlohmann::json compute(const nlohmann::json& input) const override {
    const auto logits = readRows(fieldOf(input, "logits", "forgetting"), "forgetting.logits");
    if (logits.empty() || logits[0].size() < 2)
      fail("forgetting.logits: expected rows of two classes or more, found {}",
           quoted(input.at("logits")));
    const auto labels = readLabels(input, logits.size(), logits[0].size());
    Point start(logits.size(), 1);
    if (objective_ == "npo") start = readStart(input, logits.size());
    double value = 0;
    Points gradient;
    for (size_t i = 0; i < logits.size(); ++i) {
      gradient.emplace_back();
      value += ofExample(logShares(logits[i]), labels[i], start[i], gradient.back());
    }
    const auto count = static_cast<double>(logits.size());
    for (auto& row : gradient)
      for (double& slope : row) slope /= count;
    return {{"value", value / count}, {"gradient", gradient}};
  }

 private:
  static Point readStart(const nlohmann::json& input, size_t examples) {
    auto start = readNumbers(fieldOf(input, "start", "forgetting"), "forgetting.start", examples);
    for (size_t i = 0; i < start.size(); ++i)
      if (!(start[i] > 0) || start[i] > 1)
        fail("forgetting.start[{}]: expected a probability above 0, up to 1, found {}", i,
             start[i]);
    return start;
  }

  /// \param shares ln p. \param slopes in the logits.
  double ofExample(const Point& shares, size_t label, double start, Point& slopes) const {
    const auto classes = static_cast<double>(shares.size());
    for (const double share : shares) slopes.push_back(std::exp(share));
    if (objective_ == "uniform") {
      for (double& slope : slopes) slope -= 1 / classes;
      return -std::accumulate(shares.begin(), shares.end(), 0.0) / classes;
    }
    const double raised = beta_ * (shares[label] - std::log(start));
    // Of ln p: 1, or of NPO twice the share (p/p0)^β/(1 + (p/p0)^β).
    const double factor = objective_ == "ascent" ? 1 : 2 / (1 + std::exp(-raised));
    for (size_t c = 0; c < slopes.size(); ++c)
      slopes[c] = factor * ((c == label ? 1 : 0) - slopes[c]);
    return objective_ == "ascent" ? shares[label] : 2 / beta_ * softened(raised);
  }

  std::string objective_;
  double beta_;
};

}  // namespace

CatalogRow<ParetoCalculation> forgettingLossRow() {
  Descriptor descriptor;
  descriptor.id = "forgetting";
  descriptor.title = "Loss of forgetting";
  descriptor.summary =
      "What is lowered where a model should lose a set of examples of classes: minus the "
      "cross-entropy, the cross-entropy to uniform outputs, or negative preference optimisation. "
      "Beside a loss to be kept, ascent is the gradient difference.";
  descriptor.formula =
      "ascent: mean ln p_y;  uniform: −mean Σ_c ln p_c/C;  npo: (2/β) mean ln(1 + (p_y/p0)^β)";
  descriptor.citation =
      "Yao, Xu and Liu, Large Language Model Unlearning, 2023 (ascent, gradient difference); "
      "Zhang, Lin, Bai and Mei, Negative Preference Optimization, 2024 (its constants recalled)";
  descriptor.parameters = {
      ParameterSpec::choice("objective", "uniform", {"uniform", "ascent", "npo"},
                            "What is lowered"),
      ParameterSpec::number("beta", 0.1, "Of npo: near 0 it is ascent").above(0)};
  descriptor.inputs = {{"logits", "[n, C]", "of the forget set's examples"},
                       {"labels", "[n]", "their classes, from 0"},
                       {"start", "[n]", "p0, of npo alone: the label's probability at the start"}};
  return calculationRow<Forgetting>(std::move(descriptor));
}

}  // namespace eq::metric

#include "core/metric/pareto/cosmos.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/metric/front_distances.h"
#include "core/metric/pareto/calculation.h"
#include "core/metric/pareto/json_points.h"

namespace eq::metric {
namespace {

/// The vector divided by its length, and that length; zeros stay zeros.
struct Direction {
  Point unit;
  double length = 0;
};

Direction directionOf(const Point& vector) {
  Direction found{vector, distance(vector, Point(vector.size(), 0.0))};
  if (found.length > 0)
    for (double& entry : found.unit) entry /= found.length;
  return found;
}

double dot(const Point& a, const Point& b) {
  double sum = 0;
  for (size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

class Cosmos : public ParetoCalculation {
 public:
  explicit Cosmos(const Parameters& parameters) : lambda_(parameters.number("lambda")) {}

  nlohmann::json compute(const nlohmann::json& input) const override {
    const Point preference =
        readNumbers(fieldOf(input, "preference", "cosmos"), "cosmos.preference");
    if (preference.empty()) fail("cosmos.preference: expected a number a task, found []");
    const Point losses =
        readNumbers(fieldOf(input, "losses", "cosmos"), "cosmos.losses", preference.size());
    const auto found = cosmosLoss(preference, losses, lambda_);
    return {{"value", found.value}, {"cosine", found.cosine}, {"gradient", found.gradient}};
  }

 private:
  double lambda_;
};

}  // namespace

CosmosLoss cosmosLoss(const Point& preference, const Point& losses, double lambda) {
  const auto towards = directionOf(preference), at = directionOf(losses);
  const bool isDefined = towards.length > 0 && at.length > 0;
  CosmosLoss found{0, 0, preference};
  if (isDefined) found.cosine = std::clamp(dot(towards.unit, at.unit), -1.0, 1.0);
  for (size_t k = 0; isDefined && k < preference.size(); ++k)
    found.gradient[k] -= lambda * (towards.unit[k] - found.cosine * at.unit[k]) / at.length;
  found.value = dot(preference, losses) - lambda * found.cosine;
  return found;
}

CatalogRow<ParetoCalculation> cosmosRow() {
  Descriptor descriptor;
  descriptor.id = "cosmos";
  descriptor.title = "COSMOS";
  descriptor.summary = "The loss of a network that reads its preference, and its slope.";
  descriptor.formula = "Σ α_k L_k − λ cos(α, L)";
  descriptor.citation =
      "Ruchte and Grabocka, Scalable Pareto Front Approximation for Deep Multi-Objective Learning, "
      "ICDM 2021";
  descriptor.parameters = {
      ParameterSpec::number("lambda", 2, "How much the losses should lie along the preference")
          .from(0)};
  descriptor.inputs = {{"preference", "[K]", "α, how much each task counts"},
                       {"losses", "[K]", "the tasks' losses"}};
  return calculationRow<Cosmos>(std::move(descriptor));
}

}  // namespace eq::metric

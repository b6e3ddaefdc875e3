#include <cmath>
#include <limits>

#include "core/base/two_valleys.h"
#include "core/metric/pareto/analytic.h"

namespace eq::metric {
namespace {

class FonsecaFleming : public AnalyticProblem {
 public:
  Box box() const override { return {-4, 4, 1, 0}; }

  Point values(const Point& x) const override {
    const double centre = 1 / std::sqrt(static_cast<double>(x.size()));
    double left = 0, right = 0;
    for (const double value : x) {
      left += (value - centre) * (value - centre);
      right += (value + centre) * (value + centre);
    }
    return {1 - std::exp(-left), 1 - std::exp(-right)};
  }

  Points front(std::int64_t count) const override {
    return alongCurve(count, [](double t) {
      const double s = 2 * t - 1;
      return Point{1 - std::exp(-(s - 1) * (s - 1)), 1 - std::exp(-(s + 1) * (s + 1))};
    });
  }
};

class Valleys : public AnalyticProblem {
 public:
  explicit Valleys(const Parameters& parameters)
      : plane_({parameters.number("scale1"), parameters.number("scale2")}) {}

  Box box() const override {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return {-kInfinity, kInfinity, 2, 2};
  }

  Point values(const Point& x) const override {
    const auto losses = plane_.losses(x[0], x[1]);
    return {losses[0], losses[1]};
  }

  Points front(std::int64_t count) const override {
    Points points;
    for (const auto& point : plane_.front(static_cast<int>(count)))
      points.push_back({point.losses[0], point.losses[1]});
    return points;
  }

 private:
  TwoValleys plane_;
};

Descriptor fonsecaFleming() {
  Descriptor descriptor;
  descriptor.id = "fonseca_fleming";
  descriptor.title = "Fonseca and Fleming's problem";
  descriptor.summary = "A concave front, of which weighted sums find the ends only.";
  descriptor.formula = "f = 1 − exp(−Σ (x_i ∓ 1/√n)²)";
  descriptor.citation =
      "Fonseca and Fleming, An Overview of Evolutionary Algorithms in Multiobjective Optimization, "
      "1995";
  return descriptor;
}

Descriptor valleys() {
  Descriptor descriptor;
  descriptor.id = "two_valleys";
  descriptor.title = "Two valleys";
  descriptor.summary = "The two losses of the dataset of that name.";
  descriptor.formula = "as of the dataset two_valleys";
  descriptor.citation = "B. Liu et al., Conflict-Averse Gradient Descent, NeurIPS 2021";
  descriptor.parameters = {
      ParameterSpec::number("scale1", 1, "Factor of the first loss").above(0).to(1e6),
      ParameterSpec::number("scale2", 1, "Factor of the second loss").above(0).to(1e6)};
  return descriptor;
}

}  // namespace

std::vector<CatalogRow<AnalyticProblem>> planarRows() {
  return {
      {fonsecaFleming(), [](const Parameters&) { return std::make_unique<FonsecaFleming>(); }},
      {valleys(),
       [](const Parameters& parameters) { return std::make_unique<Valleys>(parameters); }},
  };
}

}  // namespace eq::metric

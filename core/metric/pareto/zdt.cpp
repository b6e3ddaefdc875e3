#include <array>
#include <cmath>
#include <functional>
#include <numbers>

#include "core/metric/pareto/analytic.h"

namespace eq::metric {
namespace {

constexpr const char* kZdtCitation =
    "Zitzler, Deb and Thiele, Comparison of Multiobjective Evolutionary Algorithms: Empirical "
    "Results, 2000";

/// f1 = x1, f2 = g h(f1, g) with g = 1 + 9 mean(x2 ...); the front is that of g = 1.
class Zdt : public AnalyticProblem {
 public:
  using Height = double (*)(double f1, double g);
  explicit Zdt(Height height) : height_(height) {}

  Box box() const override { return {0, 1, 2, 0}; }

  Point values(const Point& x) const override {
    double sum = 0;
    for (size_t i = 1; i < x.size(); ++i) sum += x[i];
    const double g = 1 + 9 / static_cast<double>(x.size() - 1) * sum;
    return {x[0], height_(x[0], g)};
  }

  Points front(std::int64_t count) const override {
    return alongCurve(count, [this](double t) { return Point{t, height_(t, 1)}; });
  }

 protected:
  Height height_;
};

double height1(double f1, double g) {
  return g * (1 - std::sqrt(f1 / g));
}

double height2(double f1, double g) {
  return g * (1 - (f1 / g) * (f1 / g));
}

double height3(double f1, double g) {
  return g * (1 - std::sqrt(f1 / g) - f1 / g * std::sin(10 * std::numbers::pi * f1));
}

/// A front of five parts.
class Zdt3 : public Zdt {
 public:
  Zdt3() : Zdt(height3) {}

  Points front(std::int64_t count) const override {
    static constexpr std::array<std::array<double, 2>, 5> kParts{{{0, .0830015349},
                                                                  {.1822287280, .2577623635},
                                                                  {.4093136748, .4538821041},
                                                                  {.6183967944, .6525117038},
                                                                  {.8233317983, .8518328601}}};
    Points points;
    for (std::int64_t part = 0; part < 5; ++part) {
      const auto [low, high] = kParts[static_cast<size_t>(part)];
      const std::int64_t inPart = count / 5 + (part < count % 5 ? 1 : 0);
      for (std::int64_t i = 0; i < inPart; ++i) {
        const double t = inPart > 1 ? static_cast<double>(i) / static_cast<double>(inPart - 1) : 0;
        const double f1 = i + 1 == inPart && i > 0 ? high : low + t * (high - low);
        points.push_back({f1, height3(f1, 1)});
      }
    }
    return points;
  }
};

CatalogRow<AnalyticProblem> zdtRow(const char* id, const char* title, const char* summary,
                                   const char* formula,
                                   std::function<std::unique_ptr<AnalyticProblem>()> create) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation = kZdtCitation;
  return {descriptor, [create = std::move(create)](const Parameters&) { return create(); }};
}

}  // namespace

std::vector<CatalogRow<AnalyticProblem>> zdtRows() {
  return {
      zdtRow("zdt1", "ZDT1", "A convex front.",
             "f1 = x1, f2 = g (1 − √(f1/g)), g = 1 + 9/(n−1) Σ_{i≥2} x_i",
             [] { return std::make_unique<Zdt>(height1); }),
      zdtRow("zdt2", "ZDT2", "A concave front, of which weighted sums find the ends only.",
             "f1 = x1, f2 = g (1 − (f1/g)²), g = 1 + 9/(n−1) Σ_{i≥2} x_i",
             [] { return std::make_unique<Zdt>(height2); }),
      zdtRow("zdt3", "ZDT3", "A front of five parts.",
             "f1 = x1, f2 = g (1 − √(f1/g) − (f1/g) sin 10πf1), g = 1 + 9/(n−1) Σ_{i≥2} x_i",
             [] { return std::make_unique<Zdt3>(); }),
  };
}

}  // namespace eq::metric

#include <cmath>
#include <numbers>

#include "core/metric/pareto/analytic.h"
#include "core/metric/pareto/lattice.h"

namespace eq::metric {
namespace {

/// M objectives: a place on a simplex or a sphere by the first M − 1 variables, its distance by the
/// others.
class Dtlz : public AnalyticProblem {
 public:
  explicit Dtlz(const Parameters& parameters) : count_(parameters.integer("objectives")) {}

  std::int64_t objectives() const override { return count_; }
  Box box() const override { return {0, 1, count_, 0}; }

  Point values(const Point& x) const override {
    const auto places = static_cast<size_t>(count_) - 1;
    const double height = heightOf(Point(x.begin() + static_cast<std::ptrdiff_t>(places), x.end()));
    Point values;
    for (size_t i = 0; i <= places; ++i) {
      double product = 1;
      for (size_t j = 0; j < places - i; ++j) product *= near(x[j]);
      if (i > 0) product *= far(x[places - i]);
      values.push_back(height * product);
    }
    return values;
  }

  Points front(std::int64_t divisions) const override {
    Points points = simplexLattice(count_, divisions, "front.divisions");
    for (auto& point : points) {
      const double divisor = frontDivisor(point);
      for (auto& value : point) value /= divisor;
    }
    return points;
  }

 protected:
  /// What all objectives are multiplied by. \param y the variables from the M-th on.
  virtual double heightOf(const Point& y) const = 0;
  virtual double near(double x) const = 0;
  virtual double far(double x) const = 0;
  virtual double frontDivisor(const Point& weights) const = 0;

 private:
  std::int64_t count_;
};

class Dtlz1 : public Dtlz {
 public:
  using Dtlz::Dtlz;

 private:
  double heightOf(const Point& y) const override {
    auto sum = static_cast<double>(y.size());
    for (const double value : y)
      sum += (value - 0.5) * (value - 0.5) - std::cos(20 * std::numbers::pi * (value - 0.5));
    return 0.5 * (1 + 100 * sum);
  }
  double near(double x) const override { return x; }
  double far(double x) const override { return 1 - x; }
  double frontDivisor(const Point&) const override { return 2; }
};

class Dtlz2 : public Dtlz {
 public:
  using Dtlz::Dtlz;

 private:
  double heightOf(const Point& y) const override {
    double sum = 1;
    for (const double value : y) sum += (value - 0.5) * (value - 0.5);
    return sum;
  }
  double near(double x) const override { return std::cos(x * std::numbers::pi / 2); }
  double far(double x) const override { return std::sin(x * std::numbers::pi / 2); }
  double frontDivisor(const Point& weights) const override {
    double sum = 0;
    for (const double weight : weights) sum += weight * weight;
    return std::sqrt(sum);
  }
};

template <typename Problem>
CatalogRow<AnalyticProblem> dtlzRow(const char* id, const char* title, const char* summary,
                                    const char* formula) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation =
      "Deb, Thiele, Laumanns and Zitzler, Scalable Test Problems for Evolutionary Multiobjective "
      "Optimization, 2005";
  descriptor.parameters = {
      ParameterSpec::integer("objectives", 3, "How many objectives").from(2).to(64)};
  descriptor.traits = {{"front", "divisions"}};
  return {descriptor,
          [](const Parameters& parameters) { return std::make_unique<Problem>(parameters); }};
}

}  // namespace

std::vector<CatalogRow<AnalyticProblem>> dtlzRows() {
  return {
      dtlzRow<Dtlz1>("dtlz1", "DTLZ1", "A flat front behind many local ones.",
                     "f_i = ½(1 + g) x_1 … x_{M−i} (1 − x_{M−i+1}), "
                     "g = 100 (|y| + Σ ((y − ½)² − cos 20π(y − ½)))"),
      dtlzRow<Dtlz2>("dtlz2", "DTLZ2", "A front that is a part of a sphere.",
                     "f_i = (1 + g) c_1 … c_{M−i} s_{M−i+1}, c = cos πx/2, s = sin πx/2, "
                     "g = Σ (y − ½)²"),
  };
}

}  // namespace eq::metric

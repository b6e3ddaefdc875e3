#include "core/metric/pareto/lattice.h"

#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/metric/pareto/calculation.h"

namespace eq::metric {
namespace {

constexpr double kMostWeights = 1e7;

/// Fills the entries from `task` on with all that sum to `left`.
void addWeights(std::vector<std::int64_t>& counts, size_t task, std::int64_t left,
                std::int64_t divisions, Points& weights) {
  if (task + 1 == counts.size()) {
    counts[task] = left;
    Point point;
    for (const auto count : counts)
      point.push_back(static_cast<double>(count) / static_cast<double>(divisions));
    weights.push_back(std::move(point));
    return;
  }
  for (std::int64_t count = left; count >= 0; --count) {
    counts[task] = count;
    addWeights(counts, task + 1, left - count, divisions, weights);
  }
}

class Lattice : public ParetoCalculation {
 public:
  explicit Lattice(const Parameters& parameters)
      : tasks_(parameters.integer("tasks")), divisions_(parameters.integer("divisions")) {}

  nlohmann::json compute(const nlohmann::json&) const override {
    return {{"weights", simplexLattice(tasks_, divisions_, "lattice.divisions")}};
  }

 private:
  std::int64_t tasks_, divisions_;
};

class Rays : public ParetoCalculation {
 public:
  explicit Rays(const Parameters& parameters)
      : count_(parameters.integer("count")), margin_(parameters.number("margin")) {}

  nlohmann::json compute(const nlohmann::json&) const override {
    return {{"weights", equalRays(count_, margin_)}};
  }

 private:
  std::int64_t count_;
  double margin_;
};

}  // namespace

double latticeSize(std::int64_t tasks, std::int64_t divisions) {
  double size = 1;
  for (std::int64_t i = 1; i < tasks; ++i)
    size =
        size * (static_cast<double>(divisions) + static_cast<double>(i)) / static_cast<double>(i);
  return size;
}

Points simplexLattice(std::int64_t tasks, std::int64_t divisions, const std::string& path) {
  const double size = latticeSize(tasks, divisions);
  if (!(size <= kMostWeights))
    fail("{}: {} gives {:.3g} weights of {} tasks, at most {:.0f} can be made", path, divisions,
         size, tasks, kMostWeights);
  Points weights;
  std::vector<std::int64_t> counts(static_cast<size_t>(tasks), 0);
  addWeights(counts, 0, divisions, divisions, weights);
  return weights;
}

Points equalRays(std::int64_t count, double margin) {
  Points weights;
  for (std::int64_t i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(count - 1);
    const double angle = margin + share * (std::numbers::pi / 2 - 2 * margin);
    const double first = std::cos(angle), second = std::sin(angle);
    weights.push_back({first / (first + second), second / (first + second)});
  }
  return weights;
}

CatalogRow<ParetoCalculation> latticeRow() {
  Descriptor descriptor;
  descriptor.id = "lattice";
  descriptor.title = "Lattice of weights";
  descriptor.summary = "All weights of K tasks in steps of 1/H that sum to 1.";
  descriptor.formula = "{w : w_k ∈ {0, 1/H, ..., 1}, Σ w_k = 1}";
  descriptor.citation = "Das and Dennis, Normal-Boundary Intersection, 1998";
  descriptor.parameters = {
      ParameterSpec::integer("tasks", 0, "How many tasks, K").from(1).to(64).needed(),
      ParameterSpec::integer("divisions", 0, "Steps from 0 to 1, H").from(1).needed()};
  return calculationRow<Lattice>(std::move(descriptor));
}

CatalogRow<ParetoCalculation> raysRow() {
  Descriptor descriptor;
  descriptor.id = "rays";
  descriptor.title = "Rays";
  descriptor.summary = "Weights of two tasks along rays of equal angles.";
  descriptor.formula = "(cos φ, sin φ)/(cos φ + sin φ), φ from the margin to π/2 − margin";
  descriptor.citation =
      "Ruchte and Grabocka, Scalable Pareto Front Approximation for Deep Multi-Objective Learning, "
      "ICDM 2021";
  descriptor.parameters = {
      ParameterSpec::integer("count", 25, "How many rays").from(2).to(1e7),
      ParameterSpec::number("margin", 0.1, "Angle between the outermost rays and the axes")
          .from(0)
          .to(0.7)
          .in("radians")};
  return calculationRow<Rays>(std::move(descriptor));
}

}  // namespace eq::metric

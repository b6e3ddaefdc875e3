#include "core/metric/runs/pareto.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/metric/front_distances.h"
#include "core/metric/hypervolume.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

constexpr const char* kFront = "reference_front";

Points pointsOf(const HostRows& rows) {
  Points points;
  for (std::int64_t i = 0; i < rows.count(); ++i)
    points.emplace_back(rows.row(i), rows.row(i) + rows.width());
  return points;
}

void checkPoints(const std::string& metric, const std::string& field, const at::Tensor& points) {
  loss::checkNumbers(metric, field, points);
  if (points.dim() != 2)
    fail("{}.{}: expected points [n, m], found {}", metric, field, loss::shapeText(points));
}

class Hypervolume : public Metric {
 public:
  explicit Hypervolume(const Parameters&) {}

  void check(const Batch& batch) const override {
    checkPoints("hypervolume", "prediction", batch.prediction);
    const auto reference = batch.field("reference");
    loss::checkShape("hypervolume", "reference", reference, {batch.prediction.size(1)},
                     "the points");
    loss::checkNumbers("hypervolume", "reference", reference);
  }

  void add(const Batch& batch) override {
    points_.add({batch.prediction});
    reference_ = batch.field("reference");
  }

  nlohmann::json value() const override {
    const auto rows = points_.host();
    if (rows.count() == 0 || rows.hasNan()) return nullptr;
    return hypervolume(pointsOf(rows), pointsOf(HostRows(reference_.unsqueeze(0))).front());
  }

 private:
  KeptRows points_;
  at::Tensor reference_;  ///< the last batch's
};

void sortByFirst(Points& points) {
  std::stable_sort(points.begin(), points.end(),
                   [](const Point& a, const Point& b) { return a[0] < b[0]; });
}

double spread(Points points, Points front) {
  sortByFirst(points);
  sortByFirst(front);
  const double ends =
      distance(points.front(), front.front()) + distance(points.back(), front.back());
  std::vector<double> gaps;
  for (size_t i = 1; i < points.size(); ++i) gaps.push_back(distance(points[i - 1], points[i]));
  double length = 0, unevenness = 0;
  for (const double gap : gaps) length += gap;
  for (const double gap : gaps)
    unevenness += std::abs(gap - length / static_cast<double>(gaps.size()));
  return ends + length > 0 ? (ends + unevenness) / (ends + length) : kUndefined;
}

/// A measure of a set of points against the true front.
class FrontMetric : public Metric {
 public:
  using Measure = double (*)(const Points& points, const Points& front);
  FrontMetric(std::string id, Measure measure, bool planar)
      : id_(std::move(id)), measure_(measure), planar_(planar) {}

  void check(const Batch& batch) const override {
    const auto& points = batch.prediction;
    checkPoints(id_, "prediction", points);
    if (planar_ && points.size(1) != 2)
      fail("{}.prediction: expected points of 2 objectives [n, 2], found {}", id_,
           loss::shapeText(points));
    const auto front = batch.field(kFront);
    checkPoints(id_, kFront, front);
    if (front.size(1) != points.size(1))
      fail("{}.{}: must have as many objectives as prediction, {}, found {}", id_, kFront,
           points.size(1), front.size(1));
  }

  void add(const Batch& batch) override {
    points_.add({batch.prediction});
    front_ = batch.field(kFront);
  }

  nlohmann::json value() const override {
    const auto rows = points_.host();
    if (rows.count() == 0 || rows.hasNan()) return nullptr;
    return orNull(measure_(pointsOf(rows), pointsOf(HostRows(front_))));
  }

 private:
  std::string id_;
  Measure measure_;
  bool planar_;
  KeptRows points_;
  at::Tensor front_;  ///< the last batch's
};

CatalogRow<Metric> frontRow(Descriptor descriptor, FrontMetric::Measure measure,
                            bool planar = false) {
  descriptor.inputs = {
      {"prediction", planar ? "[n, 2]" : "[n, m]", "points, each objective minimised"},
      {kFront, planar ? "[r, 2]" : "[r, m]", "points of the true front"}};
  descriptor.traits["examples"] = false;
  return {descriptor, [id = descriptor.id, measure, planar](const Parameters&) {
            return std::make_unique<FrontMetric>(id, measure, planar);
          }};
}

}  // namespace

CatalogRow<Metric> hypervolumeRow() {
  auto descriptor = describe(
      "hypervolume", "Hypervolume",
      "Volume that the points dominate up to a reference point; only comparable for one reference "
      "and one scale of the objectives.",
      "vol ∪_i [x_i, r]",
      "Zitzler and Thiele, Multiobjective Evolutionary Algorithms, 1999; computed as by While, "
      "Bradstreet and Barone, A Fast Way of Calculating Exact Hypervolumes, 2012",
      "max");
  descriptor.inputs = {{"prediction", "[n, m]", "points, each objective minimised"},
                       {"reference", "[m]", "the worst corner; points beyond it add nothing"}};
  descriptor.traits["examples"] = false;
  return rowOf<Hypervolume>(descriptor);
}

CatalogRow<Metric> igdRow() {
  return frontRow(describe("igd", "Inverted generational distance",
                           "Mean distance from the true front's points to the nearest found one.",
                           "mean_z min_x ‖x − z‖",
                           "Coello Coello and Reyes Sierra, A Study of the Parallelization of a "
                           "Coevolutionary Multi-objective Evolutionary Algorithm, 2004",
                           "min"),
                  invertedGenerationalDistance);
}

CatalogRow<Metric> gdRow() {
  return frontRow(describe("gd", "Generational distance",
                           "Mean distance from the found points to the nearest of the true front.",
                           "mean_x min_z ‖x − z‖",
                           "Van Veldhuizen and Lamont, Evolutionary Computation and Convergence to "
                           "a Pareto Front, 1998",
                           "min"),
                  generationalDistance);
}

CatalogRow<Metric> igdPlusRow() {
  return frontRow(
      describe("igd_plus", "Inverted generational distance plus",
               "As the inverted generational distance, where only the objectives count in which "
               "the found point is worse.",
               "mean_z min_x ‖[x − z]₊‖",
               "Ishibuchi et al., Modified Distance Calculation in Generational Distance and "
               "Inverted Generational Distance, EMO 2015",
               "min"),
      invertedGenerationalDistancePlus);
}

CatalogRow<Metric> spreadRow() {
  auto descriptor = describe(
      "spread", "Spread",
      "How unevenly points of two objectives lie along their front, and how far its ends "
      "are from those of the true front.",
      "Δ = (d_f + d_l + Σ|d_i − d̄|) / (d_f + d_l + (n − 1) d̄)",
      "Deb et al., A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II, 2002", "min");
  descriptor.traits["undefined"] = "all points are the same, and the ends of the front too";
  return frontRow(
      std::move(descriptor),
      [](const Points& points, const Points& front) { return spread(points, front); }, true);
}

}  // namespace eq::metric

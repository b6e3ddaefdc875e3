#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

#include <limits>

using namespace eq::metric::test;

namespace {

/// Adds up the cells of the grid through all coordinates that some point dominates.
double volumeByCells(const Table& points, const Row& reference, Row corner = {}, double size = 1) {
  const size_t axis = corner.size();
  if (axis == reference.size()) {
    for (const auto& point : points) {
      bool covers = true;
      for (size_t k = 0; k < axis; ++k) covers = covers && point[k] <= corner[k];
      if (covers) return size;
    }
    return 0;
  }
  Row edges{reference[axis]};
  for (const auto& point : points)
    if (point[axis] < reference[axis]) edges.push_back(point[axis]);
  std::sort(edges.begin(), edges.end());
  double sum = 0;
  for (size_t i = 0; i + 1 < edges.size(); ++i) {
    if (edges[i] == edges[i + 1]) continue;
    auto further = corner;
    further.push_back(edges[i]);
    sum += volumeByCells(points, reference, further, size * (edges[i + 1] - edges[i]));
  }
  return sum;
}

double distance(const Row& point, const Row& reference, bool onlyWorse) {
  double sum = 0;
  for (size_t k = 0; k < point.size(); ++k) {
    const double excess = point[k] - reference[k];
    if (!onlyWorse || excess > 0) sum += excess * excess;
  }
  return std::sqrt(sum);
}

double inverted(const Table& points, const Table& front, bool onlyWorse) {
  Row nearest;
  for (const auto& z : front) {
    double best = std::numeric_limits<double>::infinity();
    for (const auto& x : points) best = std::min(best, distance(x, z, onlyWorse));
    nearest.push_back(best);
  }
  return mean(nearest);
}

double spread(Table points, Table front) {
  std::sort(points.begin(), points.end());
  std::sort(front.begin(), front.end());
  const double first = distance(points[0], front[0], false);
  const double last = distance(points.back(), front.back(), false);
  Row gaps;
  for (size_t i = 0; i + 1 < points.size(); ++i)
    gaps.push_back(distance(points[i], points[i + 1], false));
  const double average = gaps.empty() ? 0 : mean(gaps);
  double sum = first + last;
  for (const double gap : gaps) sum += std::abs(gap - average);
  return sum / (first + last + static_cast<double>(gaps.size()) * average);
}

void addVolume(const Table& points, const Row& reference) {
  addCase("hypervolume", {}, {{"prediction", points}, {"reference", reference}},
          volumeByCells(points, reference));
}

void addFront(const Table& points, const Table& front) {
  const json input{{"prediction", points}, {"reference_front", front}};
  addCase("igd", {}, input, inverted(points, front, false));
  addCase("gd", {}, input, inverted(front, points, false));
  addCase("igd_plus", {}, input, inverted(points, front, true));
  if (front[0].size() == 2) addCase("spread", {}, input, spread(points, front));
}

void addRandom(eq::RandomStream& random, int count, int objectives) {
  auto points = randomRows(random, count, objectives).get<Table>();
  const auto front = randomRows(random, count + 3, objectives).get<Table>();
  addVolume(points, Row(static_cast<size_t>(objectives), 1.5));
  addFront(points, front);
  for (auto& point : points)
    for (auto& value : point) value = std::round(value);
  addVolume(points, Row(static_cast<size_t>(objectives), 2));  // with equal coordinates
  // On a simplex no point dominates another.
  for (auto& point : points) {
    double sum = 0;
    for (auto& value : point) sum += value = 0.01 + random.uniform();
    for (auto& value : point) value /= sum;
  }
  addVolume(points, Row(static_cast<size_t>(objectives), 1));
}

}  // namespace

class TestPareto : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    const Table points{{1, 3}, {2, 2}, {3, 1}}, front{{1, 3}, {1.5, 2.2}, {2, 1.8}, {3, 1}};
    const json given{{"prediction", points}, {"reference_front", front}};
    addCase("hypervolume", {}, {{"prediction", points}, {"reference", {4, 4}}}, 6.0);
    addCase("igd", {}, given, 0.184629, 6e-7);
    addCase("gd", {}, given, 0.066667, 6e-7);
    addCase("igd_plus", {}, given, 0.175, 6e-7);
    addCase("spread", {},
            {{"prediction", {{1, 3}, {2, 1.8}, {3, 1}}}, {"reference_front", {{1, 3}, {3, 1}}}},
            0.099, 6e-7);
    eq::RandomStream random(20);
    addRandom(random, 7, 1);
    addRandom(random, 40, 2);
    addRandom(random, 16, 3);
    addRandom(random, 9, 4);
    addRandom(random, 6, 5);
    addRandom(random, 5, 6);
    addCase("hypervolume", {}, {{"prediction", {{5, 0}, {0, 4}, {4, 4}}}, {"reference", {4, 4}}},
            0.0);
    addCase("hypervolume", {}, {{"prediction", {{1, 1}, {1, 1}, {2, 2}}}, {"reference", {4, 4}}},
            9.0);
    addCase("spread", {}, {{"prediction", {{1, 2}}}, {"reference_front", {{1, 2}}}}, nullptr);
    addCase("spread", {}, {{"prediction", {{1, 2}}}, {"reference_front", {{1, 3}, {3, 1}}}}, 1.0);
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() {
    const auto c = fetchCase();
    if (c.input.contains("reference") &&
        c.input["reference"].size() == c.input["prediction"].size())
      QSKIP("the reference would be cut like the points");
    QCOMPARE(batchesFault(c), QString());
  }

  void manyPointsInFourObjectives() {
    eq::RandomStream random(21);
    Table points;
    for (int i = 0; i < 120; ++i) {
      Row point;
      double length = 0;
      for (int k = 0; k < 4; ++k)
        length += std::pow(point.emplace_back(std::abs(random.normal())), 2);
      for (auto& value : point) value = 1 - value / std::sqrt(length);
      points.push_back(point);
    }
    const double volume =
        valueOf("hypervolume", {}, {{"prediction", points}, {"reference", {1, 1, 1, 1}}});
    int dominated = 0;
    const int samples = 20000;
    for (int s = 0; s < samples; ++s) {
      Row place;
      for (int k = 0; k < 4; ++k) place.push_back(random.uniform());
      dominated += std::any_of(points.begin(), points.end(), [&](const Row& point) {
        for (size_t k = 0; k < 4; ++k)
          if (point[k] > place[k]) return false;
        return true;
      });
    }
    const double share = dominated / double(samples);
    QVERIFY2(std::abs(volume - share) < 5 * std::sqrt(share * (1 - share) / samples),
             qPrintable(QString("%1 against %2").arg(volume).arg(share)));
  }

  void nothingAddedIsNull() {
    for (const char* id : {"hypervolume", "igd", "gd", "igd_plus", "spread"})
      QVERIFY(valueOf(id, {}, std::vector<eq::metric::Batch>()).is_null());
  }

  void refusals_data() {
    refusalColumns();
    addRefusal("hypervolume", {}, {{"prediction", {{1, 2}}}},
               "hypervolume.reference: is required and missing");
    addRefusal("hypervolume", {}, {{"prediction", {{1, 2}}}, {"reference", {1}}},
               "hypervolume.reference: must have the shape of the points [2], found [1]");
    addRefusal("hypervolume", {}, {{"prediction", {1, 2}}, {"reference", {1, 2}}},
               "hypervolume.prediction: expected points [n, m], found [2]");
    addRefusal("igd", {}, {{"prediction", {{1, 2}}}},
               "igd.reference_front: is required and missing");
    addRefusal("gd", {}, {{"prediction", {{1, 2}}}, {"reference_front", {{1, 2, 3}}}},
               "gd.reference_front: must have as many objectives as prediction, 2, found 3");
    addRefusal("igd_plus", {}, {{"prediction", {{1, 2}}}, {"reference_front", {1, 2}}},
               "igd_plus.reference_front: expected points [n, m], found [2]");
    addRefusal("spread", {}, {{"prediction", {{1, 2, 3}}}, {"reference_front", {{1, 2, 3}}}},
               "spread.prediction: expected points of 2 objectives [n, 2], found [1, 3]");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestPareto)
#include "tst_pareto.moc"

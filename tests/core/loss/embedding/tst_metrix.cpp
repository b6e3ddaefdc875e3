#include <cmath>
#include <set>

#include <ATen/ops/tensor.h>

#include "tests/core/loss/loss_support.h"
#include "tests/registry.h"

using namespace eq::loss;
using namespace eq::loss::test;

namespace {

using Row = std::vector<double>;
using Table = std::vector<Row>;

const std::vector<std::int64_t> kLabels{0, 1, 0, 2, 1, 0, 3, -100};

Table unitRows(eq::RandomStream& random) {
  Table rows;
  for (size_t i = 0; i < kLabels.size(); ++i) {
    Row row{random.normal(), random.normal(), random.normal()};
    const double length = std::hypot(row[0], row[1], row[2]);
    for (auto& value : row) value /= length;
    rows.push_back(row);
  }
  return rows;
}

Row flat(const Table& rows) {
  Row all;
  for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
  return all;
}

/// A run's batch on classes, without anything brought.
Batch batchOn(const Table& rows, const eq::TaskInfo& task, std::int64_t step) {
  Batch batch;
  batch.prediction = at::tensor(flat(rows), at::kDouble).view({-1, 3});
  batch.target = at::tensor(kLabels, at::kLong);
  batch.task = &task;
  batch.step = step;
  return batch;
}

/// The next behind i with, or without, its label; -1 without any.
int nextBehind(size_t i, bool same) {
  const auto count = kLabels.size();
  for (size_t by = 1; by < count; ++by) {
    const auto j = (i + by) % count;
    if (kLabels[j] != -100 && (kLabels[j] == kLabels[i]) == same) return static_cast<int>(j);
  }
  return -1;
}

/// The mean over anchors with mixed rows of length 1, of a share.
double expected(const Table& rows, double share, double margin) {
  double sum = 0, count = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const int positive = nextBehind(i, true), negative = nextBehind(i, false);
    if (kLabels[i] == -100 || positive < 0 || negative < 0) continue;
    Row mixed;
    double length = 0, distance = 0;
    for (size_t j = 0; j < 3; ++j) {
      mixed.push_back(share * rows[static_cast<size_t>(positive)][j] +
                      (1 - share) * rows[static_cast<size_t>(negative)][j]);
      length += mixed[j] * mixed[j];
    }
    for (size_t j = 0; j < 3; ++j)
      distance += std::pow(rows[i][j] - mixed[j] / std::sqrt(length), 2);
    distance = std::sqrt(distance + 1e-12);
    sum += share * distance + (1 - share) * std::max(margin - distance, 0.0);
    ++count;
  }
  return sum / count;
}

}  // namespace

/// In a run on classes it mixes the batch's own embeddings.
class TestMetrix : public QObject {
  Q_OBJECT

  const eq::TaskInfo task_{"digit", eq::TaskKind::classification, 4, {}, {}, {}};

 private Q_SLOTS:
  void mixesTheNextOfItsClassWithTheNextOfAnother() {
    eq::RandomStream random(5);
    for (const double margin : {0.5, 1.5}) {
      const auto rows = unitRows(random);
      const auto loss = make("metrix", {{"margin", margin}});
      const auto batch = batchOn(rows, task_, -1);
      loss->check(batch);
      const auto found = loss->evaluate(batch, true);
      const double target = expected(rows, 0.5, margin);
      QVERIFY(std::abs(found.value.item<double>() - target) < 1e-12);
      // Class 2 and 3 have one member each, and the last has no label.
      QCOMPARE(found.valid.sum().item<std::int64_t>(), std::int64_t{5});
      QCOMPARE(found.perSample[3].item<double>(), 0.0);
      QCOMPARE(found.perSample[7].item<double>(), 0.0);
    }
  }

  /// The share is that of the step: the same again, another at the next, as Beta(2, 2) has it.
  void sharesAreOfTheStepAlone() {
    eq::RandomStream random(6);
    const auto rows = unitRows(random);
    const auto loss = make("metrix", {{"margin", 3}});
    const auto valueAt = [&](std::int64_t step) {
      return loss->evaluate(batchOn(rows, task_, step)).value.item<double>();
    };
    std::set<double> values;
    for (std::int64_t step = 0; step < 50; ++step) {
      QCOMPARE(valueAt(step), valueAt(step));
      values.insert(valueAt(step));
    }
    QCOMPARE(values.size(), size_t{50});
    // Of the 2-d case in which positive and negative are the anchor's own and its opposite the
    // distance is 0 or 2, and the value tells the share: two of one class, one of another.
    const Table three{{1, 0, 0}, {1, 0, 0}, {-1, 0, 0}};
    Batch batch = batchOn(three, task_, 0);
    batch.target = at::tensor(std::vector<std::int64_t>{0, 0, 1}, at::kLong);
    const auto raw = make("metrix", {{"margin", 3}, {"normalize", false}});
    double sum = 0, squares = 0;
    constexpr int kSteps = 2000;
    for (int step = 0; step < kSteps; ++step) {
      batch.step = step;
      // d = 2 (1 − λ): λ d + (1 − λ)(3 − d) = (1 − λ)(1 + 4 λ) = 1 + 3 λ − 4 λ²
      const double value = raw->evaluate(batch).value.item<double>();
      sum += value;
      squares += value * value;
    }
    // Means under Beta(2, 2): λ ½, λ² 3/10, so 1 + 1.5 − 1.2.
    const double mean = sum / kSteps;
    const double deviation = std::sqrt((squares / kSteps - mean * mean) / kSteps);
    QVERIFY2(std::abs(mean - 1.3) < 4 * deviation, qPrintable(QString::number(mean)));
  }

  void gradientReachesAnchorAndPartners() {
    eq::RandomStream random(7);
    auto batch = batchOn(unitRows(random), task_, 3);
    const auto found = evaluate(*make("metrix", {}), batch);
    QVERIFY(found.gradient.isfinite().all().item<bool>());
    for (const int row : {0, 1, 2, 4, 5}) QVERIFY(found.gradient[row].norm().item<double>() > 0);
    QCOMPARE(found.gradient[7].norm().item<double>(), 0.0);
  }

  void aTaskOfNumbersHasToBringThem() {
    const auto loss = make("metrix", {});
    eq::TaskInfo number{"share", eq::TaskKind::regression, 1, {}, {}, {}};
    try {
      loss->readouts(number);
      QFAIL("accepted");
    } catch (const eq::Error& error) {
      QVERIFY2(QString(error.what()).startsWith("metrix: for share, which is regression, it reads"),
               error.what());
    }
    number.fields = {"mixed"};
    QCOMPARE(loss->readouts(number).size(), size_t{1});
  }
};

EQUIPOISE_TEST(TestMetrix)
#include "tst_metrix.moc"

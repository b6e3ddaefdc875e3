#include <cmath>

#include <ATen/core/Tensor.h>

#include <QTest>

#include "tests/core/balance/balance_support.h"
#include "tests/registry.h"

using namespace eq::balance;
using namespace eq::balance::test;
using nlohmann::json;

namespace {

/// Under which a method moves within a few steps.
json paramsFor(const QString& id, Index tasks) {
  auto params = plainParams(id.toStdString(), tasks);
  if (id == "coba") params.update({{"warmup", 1}, {"history", 3}});
  return params;
}

MatrixXd rowsAt(int step) {
  MatrixXd rows(4, 3);
  rows << jacobianB(), 0.5, 1, -1;
  return rows * (1 + 0.1 * step);
}

VectorXd lossesAt(int step) {
  return VectorXd{{2 * std::exp(-0.1 * step), 1 + 0.3 * std::sin(step), 5.0 / (1 + step), 0.7}};
}

void addEveryMethod() {
  QTest::addColumn<QString>("id");
  for (const auto* descriptor : allDescriptors())
    QTest::newRow(descriptor->id.c_str()) << QString::fromStdString(descriptor->id);
}

}  // namespace

/// Every method as the trainer calls it: rows, weights, direction, and what comes after the step.
class TestThroughBothSlots : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Saved after any step, as text and tensors, it goes on as if it had never stopped.
  void continuesFromItsState_data() { addEveryMethod(); }
  void continuesFromItsState() {
    QFETCH(QString, id);
    const json params = paramsFor(id, 4);
    auto whole = slotsOf(id.toStdString(), params, 4, 11);
    for (int step = 0; step < 7; ++step) take(whole, rowsAt(step), lossesAt(step), step);
    auto resumed = slotsOf(id.toStdString(), params, 4, 11);
    resumed.restore(json::parse(whole.state().dump()));
    resumed.restoreTensors(whole.tensors());
    for (int step = 7; step < 14; ++step) {
      const auto one = take(resumed, rowsAt(step), lossesAt(step), step);
      const auto other = take(whole, rowsAt(step), lossesAt(step), step);
      QVERIFY(one.direction == other.direction && one.direction.allFinite());
    }
  }

  void absentTasksGetNothingAndChangeNothing_data() { addEveryMethod(); }
  void absentTasksGetNothingAndChangeNothing() {
    QFETCH(QString, id);
    const auto name = id.toStdString();
    if (drawsAtRandom(name) && hasWeights(descriptorOf(name)))
      QSKIP("the number of draws depends on the tasks");
    if (fewestTasks(name) > 3) QSKIP("needs more tasks");
    auto three = slotsOf(name, paramsFor(id, 3), 3), four = slotsOf(name, paramsFor(id, 4), 4);
    for (int step = 0; step < 6; ++step) {
      // An absent task's row is 0; what its loss would be is not known.
      MatrixXd rows = rowsAt(step);
      rows.row(3).setZero();
      VectorXd losses = lossesAt(step);
      losses[3] = std::nan("");
      const auto found = take(four, rows, losses, step, {1, 1, 1, 0});
      const auto alone = take(three, rowsAt(step).topRows(3), lossesAt(step).head(3), step);
      QCOMPARE(found.weights[3], 0.0);
      QVERIFY((found.direction - alone.direction).norm() < 1e-12);
    }
  }

  void oneTaskAloneGoesItsOwnWay_data() { addEveryMethod(); }
  void oneTaskAloneGoesItsOwnWay() {
    QFETCH(QString, id);
    if (fewestTasks(id.toStdString()) > 1) QSKIP("has nothing to compare with");
    auto slots = slotsOf(id.toStdString(), paramsFor(id, 1), 1);
    const MatrixXd row = jacobianB().topRows(1);
    for (int step = 0; step < 4; ++step) {
      const VectorXd d = take(slots, row, lossesAt(step).head(1), step).direction;
      const double cosine = d.dot(row.row(0)) / (d.norm() * row.norm());
      QVERIFY2(d.norm() > 0 && cosine > 1 - 1e-9, qPrintable(QString::number(cosine)));
    }
  }
};

EQUIPOISE_TEST(TestThroughBothSlots)
#include "tst_through_both_slots.moc"

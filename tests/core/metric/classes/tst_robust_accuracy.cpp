#include "core/metric/classes/robust_accuracy.h"

#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

/// What stands in its input is under attack already: then it is the share of right decisions.
class TestRobustAccuracy : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void countsRightDecisions_data() {
    caseColumns();
    const json rows{{1, 2, 0}, {3, 1, 1}, {0, 0, 5}, {2, 2, 1}};
    addCase("robust_accuracy", {}, {{"prediction", rows}, {"target", {1, 0, 1, 0}}}, 0.75);
    addCase("robust_accuracy", {{"eps", 0.3}, {"steps", 7}},
            {{"prediction", rows}, {"target", {1, -100, 1, 1}}}, 1.0 / 3);
    addCase("robust_accuracy", {}, {{"prediction", {-1, 2, 0}}, {"target", {1, 1, 0}}}, 2.0 / 3);
  }
  void countsRightDecisions() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void poolsOverBatches_data() { countsRightDecisions_data(); }
  void poolsOverBatches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  void refuses_data() {
    refusalColumns();
    const json good{{"prediction", {{1, 2, 3}}}, {"target", {1}}};
    addRefusal("robust_accuracy", {{"lowest", 1}, {"highest", 0.5}}, good,
               "robust_accuracy.lowest: must be below highest, 0.5, found 1");
    addRefusal("robust_accuracy", {{"eps", 0}}, good, "robust_accuracy.eps: 0 is not above 0");
    addRefusal("robust_accuracy", {{"steps", 1001}}, good,
               "robust_accuracy.steps: 1001 is above 1000");
  }
  void refuses() { compareRefusal(); }
};

EQUIPOISE_TEST(TestRobustAccuracy)
#include "tst_robust_accuracy.moc"

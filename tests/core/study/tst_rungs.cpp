#include <QTest>

#include "core/base/error.h"
#include "core/study/sweep/rungs.h"
#include "tests/registry.h"

using eq::study::Rungs;
using eq::study::Standing;
using eq::study::SweepSpec;

namespace {

SweepSpec halving(std::int64_t reduction, std::int64_t leastSteps, bool maximise = false) {
  SweepSpec sweep;
  sweep.method = "asha";
  sweep.reduction = reduction;
  sweep.leastSteps = leastSteps;
  sweep.metric.maximise = maximise;
  return sweep;
}

Standing reached(std::vector<std::optional<double>> values) {
  Standing one;
  one.values = std::move(values);
  return one;
}

}  // namespace

/// Which run of a successive halving goes on next.
class TestRungs : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void rungsGrowByTheReduction() {
    QCOMPARE(Rungs(halving(3, 10), 100).steps(), (std::vector<std::int64_t>{10, 30, 90, 100}));
    QCOMPARE(Rungs(halving(2, 25), 100).steps(), (std::vector<std::int64_t>{25, 50, 100}));
    QCOMPARE(Rungs(halving(2, 100), 100).steps(), (std::vector<std::int64_t>{100}));
  }

  /// Runs were trained before the metric was looked for.
  void aMetricThatIsNotThereAtARungIsRefused_data() {
    QTest::addColumn<QStringList>("asked");
    QTest::addColumn<QString>("said");
    QTest::newRow("task") << QStringList{"up", "validation", "loss"}
                          << "sweep.metric.task: there is no task \"up\"; known: left";
    QTest::newRow("metric")
        << QStringList{"left", "validation", "recall"}
        << "sweep.metric.metric: the task \"left\" has no metric \"recall\"; it "
           "has loss, accuracy";
    QTest::newRow("split") << QStringList{"left", "test", "accuracy"}
                           << "sweep.metric.split: the split test is evaluated when a run ends";
    QTest::newRow("all there") << QStringList{"left", "validation", "accuracy"} << "";
    QTest::newRow("the loss") << QStringList{"left", "validation", "loss"} << "";
  }
  void aMetricThatIsNotThereAtARungIsRefused() {
    QFETCH(QStringList, asked);
    QFETCH(QString, said);
    eq::train::Experiment experiment;
    experiment.tasks.emplace_back();
    experiment.tasks[0].name = "left";
    experiment.tasks[0].metrics.push_back({"accuracy", {}});
    eq::study::SweepMetric metric;
    metric.task = asked[0].toStdString();
    metric.split = asked[1].toStdString();
    metric.metric = asked[2].toStdString();
    QString found;
    try {
      eq::study::requireMetric(metric, experiment);
    } catch (const eq::Error& error) {
      found = error.what();
    }
    QVERIFY2(said.isEmpty() ? found.isEmpty() : found.startsWith(said), qPrintable(found));
  }

  void runsBeginInOrder() {
    const Rungs rungs(halving(3, 1), 9);
    std::vector<Standing> all(3);
    QVERIFY(rungs.next(all)->run == 0 && rungs.next(all)->rung == 0);
    all[0].busy = true;
    QCOMPARE(rungs.next(all)->run, size_t{1});
    all[1].over = true;
    QCOMPARE(rungs.next(all)->run, size_t{2});
    all[2].busy = true;
    QVERIFY(!rungs.next(all));
  }

  void theBestOfEachReductionGoesOnBeforeOthersBegin() {
    const Rungs rungs(halving(3, 1), 9);
    std::vector<Standing> all{reached({3.0}), reached({1.0}), {}, {}};
    QCOMPARE(rungs.next(all)->run, size_t{2});  // of two, none is the best third
    all[2] = reached({2.0});
    QVERIFY(rungs.next(all)->run == 1 && rungs.next(all)->rung == 1);
    all[1].busy = true;
    QCOMPARE(rungs.next(all)->run, size_t{3});
  }

  void higherIsBetterWhereThatIsSaid() {
    const Rungs rungs(halving(2, 1, true), 4);
    QCOMPARE(rungs.next({reached({3.0}), reached({1.0})})->run, size_t{0});
    QCOMPARE(Rungs(halving(2, 1), 4).next({reached({3.0}), reached({1.0})})->run, size_t{1});
  }

  void whatIsNotANumberIsNeverPromoted() {
    const Rungs rungs(halving(2, 1), 4);
    QCOMPARE(rungs.next({reached({std::nullopt}), reached({5.0})})->run, size_t{1});
    QVERIFY(!rungs.next({reached({std::nullopt}), reached({std::nullopt})}));
  }

  void runsThatAreOverStayInTheComparison() {
    const Rungs rungs(halving(2, 1), 4);
    auto best = reached({1.0});
    best.over = true;
    QVERIFY(!rungs.next({best, reached({2.0})}));
  }

  void theHighestPromotionComesFirst() {
    const Rungs rungs(halving(2, 1), 4);
    const auto next =
        rungs.next({reached({1.0, 2.0}), reached({2.0, 1.0}), reached({0.5}), reached({3.0})});
    QVERIFY(next->run == 1 && next->rung == 2);
  }
};

EQUIPOISE_TEST(TestRungs)
#include "tst_rungs.moc"

#include <QAction>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>

#include "core/run/run_folder.h"
#include "core/study/sweep/new_sweep.h"
#include "core/study/sweep/sweep_folder.h"
#include "tests/registry.h"
#include "widgets/runs/queue_panel.h"
#include "widgets/runs/queue_words.h"
#include "widgets/style/number_boxes.h"

using namespace eq::widgets;
using eq::study::controlOf;
using nlohmann::json;
using nlohmann::ordered_json;
namespace fs = std::filesystem;

namespace {

constexpr int kQueueWait = 10000;  // ms

eq::train::Experiment valleys() {
  return eq::train::experimentFromJson(json{{"name", "Valleys"},
                                            {"data", {{"id", "two_valleys"}}},
                                            {"model", {{"id", "point"}}},
                                            {"batch_size", 1},
                                            {"epochs", 100}});
}

/// Of two rates and two seeds.
ordered_json fourRuns() {
  return {{"fields", {{"optimizer.lr", {0.1, 0.2}}}}, {"seeds", {1, 2}}};
}

/// A run as one of the sweep's, which nobody trains.
void record(const fs::path& folder, double rate, int seed, eq::run::RunState state,
            const std::string& message) {
  auto experiment = toJson(valleys());
  experiment["optimizer"]["lr"] = rate;
  experiment["seed"] = seed;
  fs::create_directories(folder);
  std::vector<eq::TaskInfo> tasks(2);
  tasks[0].name = "first";
  tasks[1].name = "second";
  eq::run::RunWriter::Start start{experiment, "/", tasks, 100};
  const auto writer = eq::run::RunWriter::create(folder, start);
  eq::run::Records records;
  eq::train::StepRecord step;
  step.step = 40;
  step.losses = {1, 2};
  step.weights = {1, 1};
  records.steps = {step};
  writer->append(records);
  writer->setState(state, message);
}

}  // namespace

class TestQueuePanel : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> place_;
  fs::path workspace() const { return place_->path().toStdString(); }

  fs::path newSweep() const {
    return eq::study::newSweep(workspace(), "sweep valleys",
                               eq::study::sweepText(valleys(), fourRuns()));
  }

  static QAction* action(const QueuePanel& panel, const QString& text) {
    for (auto* one : panel.tree().actions())
      if (one->text() == text) return one;
    return nullptr;
  }

  /// The rows of the only sweep.
  static QTreeWidgetItem* rowOf(QueuePanel& panel, int children) {
    auto& tree = panel.tree();
    const auto there = [&] {
      return tree.topLevelItemCount() == 1 && tree.topLevelItem(0)->childCount() == children;
    };
    return QTest::qWaitFor(there, kQueueWait) ? tree.topLevelItem(0) : nullptr;
  }

 private slots:
  /// Whoever trains it; what had ended before the window was opened is no news.
  void theEndOfASweepIsToldOnce() {
    place_ = std::make_unique<QTemporaryDir>();
    const auto old = newSweep();
    const auto finish = [](const fs::path& folder) {
      eq::study::SweepLock lock(
          folder, [] { return false; }, [] {});
      lock.note(eq::study::SweepState::failed);  // none of its runs is there
    };
    finish(old);
    QueuePanel panel(workspace());
    QSignalSpy ended(&panel, &QueuePanel::sweepEnded);
    QTRY_COMPARE_WITH_TIMEOUT(panel.standings().size(), std::size_t(1), kQueueWait);
    const auto fresh = newSweep();
    panel.look();
    QTRY_COMPARE_WITH_TIMEOUT(panel.standings().size(), std::size_t(2), kQueueWait);
    QCOMPARE(ended.size(), 0);
    finish(fresh);
    panel.look();
    QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, kQueueWait);
    QTest::qWait(1500);  // looks again
    QCOMPARE(ended.size(), 1);
  }

  void init() { place_ = std::make_unique<QTemporaryDir>(); }

  void aSweepStandsThereWithItsRunsAsTheFolderSays() {
    const auto folder = newSweep();
    record(folder / "a", 0.1, 1, eq::run::RunState::finished, "");
    record(folder / "b", 0.1, 2, eq::run::RunState::failed, "the disk is full");
    QueuePanel panel(workspace());
    panel.show();
    auto* row = rowOf(panel, 4);
    QVERIFY(row);
    QCOMPARE(row->text(0), QString("Sweep: Valleys"));
    QCOMPARE(row->text(1), QString("stopped"));
    QCOMPARE(row->text(2), QString("1 of 4 done, 1 failed"));
    QCOMPARE(row->child(0)->text(0), QString("optimizer.lr 0.1, seed 1"));
    QCOMPARE(row->child(0)->text(1), QString("finished"));
    QCOMPARE(row->child(1)->text(1), QString("failed"));
    QCOMPARE(row->child(1)->text(3), QString("the disk is full"));
    QCOMPARE(row->child(2)->text(1), QString("waiting"));
    QVERIFY(row->child(1)->text(2).contains("40"));
  }

  void aSweepThatGoesIsTakenOut() {
    const auto folder = newSweep();
    QueuePanel panel(workspace());
    QVERIFY(rowOf(panel, 4));
    fs::remove_all(folder);
    QTRY_COMPARE_WITH_TIMEOUT(panel.tree().topLevelItemCount(), 0, kQueueWait);
  }

  void cancelFirstAndRetryStandInTheFolder() {
    const auto folder = newSweep();
    record(folder / "b", 0.1, 2, eq::run::RunState::failed, "no");
    QueuePanel panel(workspace());
    panel.show();
    auto* row = rowOf(panel, 4);
    QVERIFY(row);
    QSignalSpy goesOn(&panel, &QueuePanel::continueRequested);
    panel.tree().setCurrentItem(row->child(2));
    QVERIFY(action(panel, "First")->isEnabled() && !action(panel, "Retry")->isEnabled());
    action(panel, "First")->trigger();
    QVERIFY(controlOf(folder).first == std::vector<std::int64_t>{2});
    action(panel, "Cancel")->trigger();
    QVERIFY(controlOf(folder).cancelled == std::set<std::int64_t>{2});
    QTRY_COMPARE_WITH_TIMEOUT(row->child(2)->text(1), QString("cancelled"), kQueueWait);
    QCOMPARE(goesOn.count(), 0);
    QTRY_VERIFY(action(panel, "Retry")->isEnabled());
    panel.tree().setCurrentItem(row);  // all that failed or were cancelled
    action(panel, "Retry")->trigger();
    QVERIFY(controlOf(folder).cancelled.empty());
    QVERIFY(controlOf(folder).retried == (std::set<std::int64_t>{1, 2}));
    QCOMPARE(goesOn.count(), 1);
    QCOMPARE(goesOn[0][0].value<fs::path>(), folder);
  }

  void cancelOfAWholeSweepLeavesWhatIsDone() {
    const auto folder = newSweep();
    record(folder / "a", 0.1, 1, eq::run::RunState::finished, "");
    QueuePanel panel(workspace());
    auto* row = rowOf(panel, 4);
    QVERIFY(row);
    panel.tree().setCurrentItem(row);
    action(panel, "Cancel")->trigger();
    QVERIFY(controlOf(folder).cancelled == (std::set<std::int64_t>{1, 2, 3}));
  }

  void aSweepThatNobodyTrainsCanBeContinuedAndNotPaused() {
    const auto folder = newSweep();
    QueuePanel panel(workspace());
    auto* row = rowOf(panel, 4);
    QVERIFY(row);
    QVERIFY(!action(panel, "Continue")->isEnabled());  // nothing is chosen
    panel.tree().setCurrentItem(row);
    QVERIFY(action(panel, "Continue")->isEnabled() && !action(panel, "Pause")->isEnabled());
    QVERIFY(!action(panel, "Clone…")->isEnabled());
    QSignalSpy goesOn(&panel, &QueuePanel::continueRequested);
    action(panel, "Continue")->trigger();
    QCOMPARE(goesOn.count(), 1);
  }

  void workersAndWaitingStandInTheFolder() {
    const auto folder = newSweep();
    QueuePanel panel(workspace());
    panel.show();
    auto* row = rowOf(panel, 4);
    QVERIFY(row);
    panel.tree().setCurrentItem(row);
    auto* box = panel.findChild<IntegerBox*>();
    box->setFocus();
    QTest::keyClick(box, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(box, "3");
    QTest::keyClick(box, Qt::Key_Return);
    QVERIFY(controlOf(folder).workers == 3);
    action(panel, "Waits without the window")->trigger();
    QVERIFY(controlOf(folder).waits);
    action(panel, "Waits without the window")->trigger();
    QVERIFY(!controlOf(folder).waits);
  }

  void aRaceNamesWhatItsLanesDifferIn() {
    const std::vector<std::vector<eq::train::Setting>> lanes{
        {{"balancer.gradient", nullptr}},
        {{"balancer.gradient", {{"id", "pcgrad"}}}},
        {{"tasks[0].weight", 2}, {"tasks[1].weight", 2}, {"optimizer.lr", 0.5}}};
    eq::study::newSweep(workspace(), "race",
                        eq::study::sweepText(valleys(), eq::study::lanesKey(lanes)));
    QueuePanel panel(workspace());
    auto* row = rowOf(panel, 3);
    QVERIFY(row);
    QCOMPARE(row->text(0), QString("Race: Valleys"));
    QCOMPARE(row->child(0)->text(0), QString("balancer.gradient none"));
    QCOMPARE(row->child(1)->text(0), QString("balancer.gradient pcgrad"));
    QCOMPARE(row->child(2)->text(0), QString("optimizer.lr 0.5, tasks[0, 1].weight 2"));
  }
};

EQUIPOISE_TEST(TestQueuePanel)
#include "tst_queue_panel.moc"

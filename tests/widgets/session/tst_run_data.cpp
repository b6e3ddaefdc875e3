#include "widgets/session/run_data.h"

#include <cmath>
#include <limits>

#include <QSignalSpy>
#include <QTest>

#include "tests/registry.h"
#include "widgets/demo_run.h"

using namespace eq;
using namespace eq::widgets;

class TestRunData : public QObject {
  Q_OBJECT

 private slots:
  void columnsEqualTheRecords() {
    RunData data;
    data.start({}, demoTasks(3));
    QSignalSpy changed(&data, &RunData::changed);
    const auto first = demoRecords(1, 40, 3), second = demoRecords(41, 50, 3);
    data.append(first);
    data.append(second);
    QCOMPARE(changed.count(), 2);
    QCOMPARE(data.x(XUnit::step).size(), 50u);
    for (std::size_t i = 0; i < 50; ++i) {
      const auto& record = i < 40 ? first.steps[i] : second.steps[i - 40];
      QCOMPARE(data.x(XUnit::step)[i], static_cast<double>(record.step));
      QCOMPARE(data.x(XUnit::epoch)[i], record.epoch);
      QCOMPARE(data.x(XUnit::examples)[i], static_cast<double>(record.examples));
      QCOMPARE(data.x(XUnit::seconds)[i], record.seconds);
      for (int task = 0; task < 3; ++task) {
        QCOMPARE(data.losses(task)[i], record.losses[static_cast<std::size_t>(task)]);
        QCOMPARE(data.weights(task)[i], record.weights[static_cast<std::size_t>(task)]);
      }
    }
  }

  void pairsNameTheirTasks() {
    RunData data;
    data.start({}, demoTasks(4));
    QCOMPARE(data.pairCount(), 6);
    const std::vector<std::pair<int, int>> expected{{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
    for (int pair = 0; pair < 6; ++pair)
      QCOMPARE(data.pairTasks(pair), expected[static_cast<std::size_t>(pair)]);
  }

  void countsConflictsAsTheSheetDoes() {
    // ids.md: a pair with a null cosine is left out, a step without any pair as well.
    const double none = std::numeric_limits<double>::quiet_NaN();
    RunData data;
    data.start({}, demoTasks(3));
    run::Records records;
    const std::vector<std::array<double, 3>> pairs{
        {-0.5, 0.5, 0.5}, {none, none, none}, {-0.5, none, -0.1}, {0, none, 0.2}};
    std::int64_t step = 0;
    for (const auto& [ab, ac, bc] : pairs) {
      train::StepRecord record;
      record.step = ++step;
      record.conflict.emplace();
      record.conflict->norms = {1, 2, 3};
      record.conflict->cosines = {1, ab, ac, ab, 1, bc, ac, bc, 1};
      records.steps.push_back(record);
    }
    data.append(records);
    const auto& track = data.conflictTrack(train::GradientSource::exact);
    QCOMPARE(track.share[0], 1.0 / 3);
    QVERIFY(std::isnan(track.share[1]));
    QCOMPARE(track.share[2], 1.0);
    QCOMPARE(track.share[3], 0.0);
    QCOMPARE(track.meanShare[1], 1.0 / 3);
    QCOMPARE(track.meanShare[2], 2.0 / 3);
    QCOMPARE(track.meanShare[3], 4.0 / 9);
    QCOMPARE(track.angles[0][0], 120.0);
    QVERIFY(std::isnan(track.angles[1][1]));
    QVERIFY(data.conflictTrack(train::GradientSource::representation).share.empty());
  }

  void keepsTheSourcesApart() {
    RunData data;
    data.start({}, demoTasks(2));
    auto records = demoRecords(1, 20, 2, 10);
    records.steps[19].conflict->source = train::GradientSource::representation;
    data.append(records);
    QCOMPARE(data.conflicts().size(), 2u);
    QCOMPARE(data.conflictTrack(train::GradientSource::exact).x.in(XUnit::step), Column{10});
    QCOMPARE(data.conflictTrack(train::GradientSource::representation).x.in(XUnit::step),
             Column{20});
  }

  void keepsMetricsByTaskAndSplit() {
    RunData data;
    data.start({}, demoTasks(2));
    auto records = demoRecords(1, 10, 2);
    records.evaluations.push_back(demoEvaluation(10, 2, train::SplitName::validation));
    data.append(records);
    QCOMPARE(data.metricIds(), QStringList({"loss", "accuracy", "f1"}));
    const Track* track = data.metric(1, "accuracy", train::SplitName::validation);
    QVERIFY(track);
    QCOMPARE(track->y, Column{records.evaluations[0].tasks[1].at("accuracy")});
    QCOMPARE(track->x.in(XUnit::examples), Column{2560});
    QVERIFY(!data.metric(1, "accuracy", train::SplitName::test));
    QVERIFY(!data.metric(2, "accuracy", train::SplitName::validation));
  }

  void keepsIntervalsWithTheNewestEvaluation() {
    RunData data;
    data.start({}, demoTasks(2));
    auto records = demoRecords(1, 20, 2);
    for (int step : {10, 20})
      for (auto split : {train::SplitName::validation, train::SplitName::test})
        records.evaluations.push_back(demoEvaluation(step, 2, split));
    data.append(records);
    QCOMPARE(data.evaluationX().in(XUnit::examples), (Column{2560, 2560, 5120, 5120}));
    QVERIFY(!data.measured(train::SplitName::validation));
    run::Records more;
    more.intervals = {{train::SplitName::validation, {{1, {{"loss", {1, 2, 0.95, 200}}}}}}};
    data.append(more);
    QCOMPARE(data.measured(train::SplitName::validation), std::optional<std::size_t>(2));
    QVERIFY(!data.measured(train::SplitName::test));
    QCOMPARE(data.evaluations()[2].intervals.at(1).at("loss").high, 2.0);
    data.start({}, demoTasks(2));
    QVERIFY(!data.measured(train::SplitName::validation));
  }

  void findsPositions() {
    RunData data;
    data.start({}, demoTasks(1));
    QCOMPARE(data.xAt(5, XUnit::examples), 0.0);
    data.append(demoRecords(1, 10, 1));
    QCOMPARE(data.xAt(0, XUnit::examples), 0.0);
    QCOMPARE(data.xAt(5, XUnit::examples), 1280.0);
    QCOMPARE(data.xAt(99, XUnit::examples), 2560.0);
    QVERIFY(!data.rowAt(0.5, XUnit::step));
    QCOMPARE(data.rowAt(3.7, XUnit::step), std::optional<std::size_t>(2));
  }

  void keepsTheWayOfAnAnalyticProblem() {
    RunData data;
    data.start({}, demoTasks(2));
    auto records = demoRecords(1, 2, 2);
    records.steps[0].point = {-8.5, 7.5};
    records.steps[1].point = {-8.4, 7.25};
    data.append(records);
    QCOMPARE(data.way()[0], Column({-8.5, -8.4}));
    QCOMPARE(data.way()[1], Column({7.5, 7.25}));
  }

  void startForgets() {
    RunData data;
    data.start({}, demoTasks(2));
    auto records = demoRecords(1, 30, 2);
    records.events.push_back(demoEvent(3, "note", "here"));
    records.evaluations.push_back(demoEvaluation(10, 2, train::SplitName::train));
    data.append(records);
    QSignalSpy restarted(&data, &RunData::restarted);
    data.start({}, demoTasks(1));
    QCOMPARE(restarted.count(), 1);
    QVERIFY(data.empty());
    QVERIFY(data.events().empty() && data.conflicts().empty() && data.metricIds().isEmpty());
    QCOMPARE(data.taskCount(), 1);
  }
};

EQUIPOISE_TEST(TestRunData)
#include "tst_run_data.moc"

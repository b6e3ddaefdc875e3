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
    QCOMPARE(track.halfShare[0], 1.0 / 3);
    QVERIFY(std::isnan(track.halfShare[1]));  // of two samples the second, which has no pair
    QCOMPARE(track.halfShare[2], 1.0);
    QCOMPARE(track.halfShare[3], 0.5);
    const auto angle = [&](int pair) { return track.pair(PairQuantity::angle, pair); };
    QCOMPARE(angle(0)[0], 120.0);
    QVERIFY(std::isnan(angle(1)[1]));
    QVERIFY(data.conflictTrack(train::GradientSource::representation).share.empty());
  }

  void pairsSayTheSameAsTheCommandLine() {
    // As `equipoise-cli conflict` calculates it from the Gramians of the same rows.
    RunData data;
    data.start({}, demoTasks(4));
    data.append(demoRecords(1, 70, 4, 10));
    const auto& track = data.conflictTrack(train::GradientSource::exact);
    gradient::ConflictFrequency expected;
    for (std::size_t sample = 0; sample < data.conflicts().size(); ++sample) {
      const auto& record = data.conflicts()[sample];
      Eigen::MatrixXd gramian(4, 4);
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
          gramian(i, j) = record.cosines[static_cast<std::size_t>(4 * i + j)] *
                          record.norms[static_cast<std::size_t>(i)] *
                          record.norms[static_cast<std::size_t>(j)];
      const auto found = gradient::conflict(gramian);
      expected.add(found.cosines);
      for (int pair = 0; pair < 6; ++pair) {
        const auto [a, b] = data.pairTasks(pair);
        const auto value = [&](PairQuantity quantity) {
          return track.pair(quantity, pair)[sample];
        };
        QVERIFY(std::abs(value(PairQuantity::angle) - found.angles(a, b)) < 1e-6);
        QVERIFY(std::abs(value(PairQuantity::magnitudeSimilarity) -
                         found.magnitudeSimilarity(a, b)) < 1e-12);
        QVERIFY(std::abs(value(PairQuantity::curvature) - found.curvature(a, b)) < 1e-9);
      }
    }
    QVERIFY((track.frequencies() - expected.pairs()).norm() < 1e-12);
    QVERIFY(std::abs(track.meanShare.back() - expected.mean()) < 1e-12);
    QVERIFY(std::abs(track.halfShare.back() - expected.lastHalf()) < 1e-12);
    gradient::PairCounts half;  // of seven samples the last four
    for (std::size_t sample = 3; sample < 7; ++sample) {
      const auto& cosines = data.conflicts()[sample].cosines;
      half.add(Eigen::Map<const Eigen::MatrixXd>(cosines.data(), 4, 4));
    }
    QVERIFY((track.lastHalfFrequencies() - half.shares()).norm() < 1e-12);
    const auto means = track.meanCosines();
    const auto worst = track.worstPairs();
    for (std::size_t i = 1; i < worst.size(); ++i) {
      const auto [a, b] = data.pairTasks(worst[i - 1]);
      const auto [c, d] = data.pairTasks(worst[i]);
      QVERIFY(means(a, b) <= means(c, d));
    }
    for (int pair = 0; pair < 6; ++pair) {
      const auto [a, b] = data.pairTasks(pair);
      QCOMPARE(pairOf(a, b, 4), pair);
    }
  }

  void trainingRatesAreRelativeToTheMean() {
    const double none = std::numeric_limits<double>::quiet_NaN();
    RunData data;
    data.start({}, demoTasks(3));
    run::Records records;
    // The second task gets its first loss at the second step; the third one's is not positive.
    const std::vector<std::array<double, 3>> losses{{4, none, 0}, {2, 10, 5}, {1, 10, 5}};
    for (const auto& [a, b, c] : losses) {
      train::StepRecord record;
      record.step = static_cast<std::int64_t>(records.steps.size()) + 1;
      record.losses = {a, b, c};
      record.weights = {1, 1, 1};
      records.steps.push_back(record);
    }
    data.append(records);
    QCOMPARE(data.trainingRates(0)[0], 1.0);
    QCOMPARE(data.trainingRates(0)[1], 0.5 / 0.75);
    QCOMPARE(data.trainingRates(1)[1], 1 / 0.75);
    QCOMPARE(data.trainingRates(0)[2], 0.25 / 0.625);
    QVERIFY(std::isnan(data.trainingRates(1)[0]));
    for (const double rate : data.trainingRates(2)) QVERIFY(std::isnan(rate));
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

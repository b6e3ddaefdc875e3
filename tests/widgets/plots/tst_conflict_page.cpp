#include <cmath>

#include <qcustomplot.h>

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QToolButton>

#include "tests/registry.h"
#include "widgets/demo_run.h"
#include "widgets/plots/affinity_map.h"
#include "widgets/plots/conflict_page.h"
#include "widgets/plots/conflict_share_plot.h"
#include "widgets/plots/cost_bar.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/pair_map.h"
#include "widgets/plots/pairs_model.h"
#include "widgets/plots/pairs_plot.h"
#include "widgets/plots/pairs_table.h"
#include "widgets/plots/training_rates_plot.h"
#include "widgets/session/measuring_cost.h"
#include "widgets/style/table_copy.h"

using namespace eq;
using namespace eq::widgets;

namespace {

constexpr int kMany = 40;

std::vector<TaskInfo> manyTasks() {
  std::vector<TaskInfo> tasks(kMany);
  for (int i = 0; i < kMany; ++i)
    tasks[static_cast<std::size_t>(i)].name = "task " + std::to_string(i);
  return tasks;
}

/// Tasks of equal rest by 4 agree, others conflict the more the farther apart their rests are.
run::Records fourGroups(std::int64_t samples) {
  run::Records records = demoRecords(1, 10 * samples, kMany, 10);
  for (auto& step : records.steps) {
    if (!step.conflict) continue;
    for (int a = 0; a < kMany; ++a)
      for (int b = 0; b < kMany; ++b)
        step.conflict->cosines[static_cast<std::size_t>(kMany * a + b)] =
            a == b           ? 1
            : a % 4 == b % 4 ? 0.8
                             : -0.25 * std::abs(a % 4 - b % 4);
    step.conflict->cosines[3] = step.conflict->cosines[3 * kMany] = -0.95;
  }
  return records;
}

struct Fixture {
  explicit Fixture(int tasks = 3) {
    data.start({}, demoTasks(tasks));
    data.append(demoRecords(1, 100, tasks, 10));
  }

  QToolButton& toggle(const PairMap& map) {
    for (auto* button : map.findChildren<QToolButton*>())
      if (button->text() == "As given") return *button;
    qFatal("no toggle");
  }

  RunData data;
  PlotLink link;
};

}  // namespace

class TestConflictPage : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { QCoreApplication::setOrganizationName("equipoise-test"); }

  void manyTasksStandInClusters() {
    Fixture f;
    f.data.start({}, manyTasks());
    f.data.append(fourGroups(5));
    PairMap map("Cosines", {PairMap::What::cosine}, f.data, f.link);
    map.resize(700, 500);
    map.show();
    QVERIFY(!f.toggle(map).isChecked());
    // Whole groups, one behind the other.
    for (std::size_t i = 0; i < 40; ++i) QCOMPARE(map.order()[i] % 4, map.order()[i / 10 * 10] % 4);
    QVERIFY2(map.countText().contains("clustered") && map.countText().contains("task 0 – task 3"),
             qPrintable(map.countText()));
    const auto* cells = qobject_cast<QCPColorMap*>(map.plot().plottable(0));
    QVERIFY(cells);
    for (int row = 0; row < 40; row += 7)
      for (int column = 0; column < 40; column += 3) {
        const auto a = map.order()[static_cast<std::size_t>(row)],
                   b = map.order()[static_cast<std::size_t>(column)];
        QCOMPARE(cells->data()->cell(column, row),
                 f.data.conflicts().back().cosines[static_cast<std::size_t>(40 * a + b)]);
      }
    // Names that have no room are left out.
    map.plot().replot(QCustomPlot::rpImmediateRefresh);
    QVERIFY(map.plot().yAxis->tickVector().size() < 40);
    QTest::mouseClick(&f.toggle(map), Qt::LeftButton);
    for (int i = 0; i < 40; ++i) QCOMPARE(map.order()[static_cast<std::size_t>(i)], i);
    QVERIFY(!map.countText().contains("clustered"));
  }

  void fewTasksStandAsGiven() {
    Fixture f(4);
    PairMap map("Cosines", {PairMap::What::cosine}, f.data, f.link);
    map.bringUpToDate();
    QVERIFY(f.toggle(map).isChecked());
    QCOMPARE(map.order(), (std::vector<int>{0, 1, 2, 3}));
  }

  void theWorstPairsAreNamed() {
    Fixture f;
    f.data.start({}, manyTasks());
    f.data.append(fourGroups(5));
    PairsTable table(f.data);
    table.resize(600, 400);
    table.show();
    QCOMPARE(table.view().model()->rowCount(), 780);
    const auto cell = [&](int row, int column) {
      return table.view().model()->index(row, column).data().toString();
    };
    QCOMPARE(cell(0, PairsModel::kPair), QString("task 0 – task 3"));
    QCOMPARE(cell(0, PairsModel::kMean), QString("-0.95"));
    QCOMPARE(cell(0, PairsModel::kFrequency), QString("100 %"));
    QCOMPARE(cell(779, PairsModel::kMean), QString("0.80"));
    QCOMPARE(cell(779, PairsModel::kLastHalf), QString("0 %"));
    QVERIFY2(table.words().contains("task 0 – task 3, mean cosine -0.95"),
             qPrintable(table.words()));
    const auto copied = textTableOf(table.view(), true);
    QCOMPARE(copied.rows.size(), 780u);
  }

  void ofManyPairsTheWorstAreShownOverTime() {
    Fixture f;
    f.data.start({}, manyTasks());
    f.data.append(fourGroups(5));
    PairsPlot plot(PairQuantity::angle, f.data, f.link);
    plot.bringUpToDate();
    QCOMPARE(plot.series().size(), 6u);
    QCOMPARE(plot.series()[0].name, QString("task 0 – task 3"));
    QVERIFY(std::abs(plot.series()[0].y[0] - std::acos(-0.95) * 180 / std::acos(-1.0)) < 1e-9);
    QVERIFY2(plot.countText().contains("the 6 pairs of 780 with the lowest mean cosine"),
             qPrintable(plot.countText()));
    plot.findChild<QComboBox*>()->setCurrentIndex(1);  // all
    QCOMPARE(plot.series().size(), 780u);
    plot.findChild<QComboBox*>()->setCurrentIndex(2);  // with the first task
    QCOMPARE(plot.series().size(), 39u);
  }

  void everyQuantityIsAMapAndASeries() {
    Fixture f(3);
    PairMap map("Pair map",
                {PairMap::What::magnitudeSimilarity, PairMap::What::curvature, PairMap::What::angle,
                 PairMap::What::frequency, PairMap::What::lastHalf},
                f.data, f.link);
    map.resize(500, 400);
    map.show();
    const auto* cells = qobject_cast<QCPColorMap*>(map.plot().plottable(0));
    const auto& track = f.data.conflictTrack(train::GradientSource::exact);
    auto* choice = map.findChild<QComboBox*>();
    const std::vector<PairQuantity> quantities{PairQuantity::magnitudeSimilarity,
                                               PairQuantity::curvature, PairQuantity::angle};
    for (int i = 0; i < 3; ++i) {
      choice->setCurrentIndex(i);
      const auto quantity = quantities[static_cast<std::size_t>(i)];
      QCOMPARE(cells->data()->cell(2, 1), track.pair(quantity, 2).back());
      QCOMPARE(map.series()[2].y, track.pair(quantity, 2));
    }
    choice->setCurrentIndex(3);
    QCOMPARE(cells->data()->cell(2, 1), track.frequencies()(1, 2));
    QCOMPARE(map.series()[2].y, Column{track.frequencies()(1, 2)});
    QVERIFY2(map.countText().contains("all 10 samples, exact"), qPrintable(map.countText()));
    choice->setCurrentIndex(4);
    QCOMPARE(cells->data()->cell(0, 2), track.lastHalfFrequencies()(0, 2));
  }

  void exportsWriteWhatIsRecorded() {
    Fixture f(3);
    PairsPlot similarity(PairQuantity::magnitudeSimilarity, f.data, f.link);
    PairsPlot curvature(PairQuantity::curvature, f.data, f.link);
    ConflictSharePlot share(f.data, f.link);
    TrainingRatesPlot rates(f.data, f.link);
    for (PlotPanel* panel :
         std::initializer_list<PlotPanel*>{&similarity, &curvature, &share, &rates}) {
      const auto csv = figureBytes({panel}, FigureFormat::csv, {});
      const auto lines = QString::fromStdString(csv).split('\n', Qt::SkipEmptyParts);
      QCOMPARE(lines.size(), panel == &rates ? 101 : 11);
      QCOMPARE(lines[0].count(','), 3);
    }
    const auto csv = QString::fromStdString(figureBytes({&share}, FigureFormat::csv, {}));
    QVERIFY2(csv.startsWith("Step,pairs in conflict,mean since the start,mean of the last half"),
             qPrintable(csv.left(100)));
  }

  void affinityIsEstimatedAndSuggestsGroups() {
    Fixture f(4);
    auto records = demoRecords(1, 100, 4, 10);
    for (auto& step : records.steps) {
      step.learningRate = 0.5;
      step.losses = {2, 2, 4, 4};
      if (!step.conflict) continue;
      step.conflict->norms = {1, 1, 2, 2};
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 4; ++j)
          step.conflict->cosines[4 * i + j] = i == j ? 1 : i % 2 == j % 2 ? 0.6 : -0.2;
    }
    f.data.start({}, demoTasks(4));
    f.data.append(records);
    AffinityMap map(f.data, f.link);
    map.resize(600, 400);
    map.show();
    const auto* cells = qobject_cast<QCPColorMap*>(map.plot().plottable(0));
    // Row: whose step; column: whose loss. η cos n_i n_j / L_j.
    QVERIFY(std::abs(cells->data()->cell(2, 0) - 0.5 * 0.6 * 1 * 2 / 4) < 1e-12);
    QVERIFY(std::abs(cells->data()->cell(0, 2) - 0.5 * 0.6 * 2 * 1 / 2) < 1e-12);
    QVERIFY(std::abs(cells->data()->cell(1, 0) + 0.5 * 0.2 * 1 * 1 / 2) < 1e-12);
    QCOMPARE(map.grouping()->groups, (std::vector<std::vector<std::size_t>>{{0, 2}, {1, 3}}));
    QVERIFY2(map.countText().contains("mean of 10 samples, first order, exact gradients, every 10 "
                                      "steps · suggests {left, digit} {right, parity}"),
             qPrintable(map.countText()));
    QCOMPARE(map.series().size(), 16u);
    QCOMPARE(map.series()[2].name, QString("left for digit"));
    QCOMPARE(map.series()[2].y.size(), 10u);
  }

  /// As it was looked ahead, where that was done and nobody chose; the other by the box.
  void affinityIsShownAsItWasMeasured() {
    auto records = demoRecords(1, 100, 2, 10);
    for (auto& step : records.steps)
      if (step.step % 25 == 0)
        step.affinity = train::AffinityRecord{{2, 4}, {1, 5, 2 + 0.01 * double(step.step), 3}};
    RunData data;
    PlotLink link;
    train::Experiment experiment;
    experiment.affinity.every = 25;
    data.start(experiment, demoTasks(2));
    AffinityMap map(data, link);
    map.resize(600, 400);
    map.show();
    QCOMPARE(map.how(), AffinityMap::How::firstOrder);
    data.append(records);
    map.bringUpToDate();
    QCOMPARE(map.how(), AffinityMap::How::lookAhead);
    const auto* cells = qobject_cast<QCPColorMap*>(map.plot().plottable(0));
    // Row: whose step; column: whose loss; the mean of four.
    QVERIFY(std::abs(cells->data()->cell(0, 0) - 0.5) < 1e-12);
    QVERIFY(std::abs(cells->data()->cell(1, 0) + 0.25) < 1e-12);
    QVERIFY(std::abs(cells->data()->cell(0, 1) + 0.005 * 62.5) < 1e-12);
    QVERIFY2(map.countText().contains("mean of 4 samples, look-ahead, exact, every 25 steps"),
             qPrintable(map.countText()));
    QCOMPARE(map.series().size(), 4u);
    QCOMPARE(map.series()[2].name, QString("right for left"));
    QCOMPARE(map.series()[2].x, (Column{25, 50, 75, 100}));
    QVERIFY(std::abs(map.series()[2].y[3] + 0.5) < 1e-12);
    auto* choice = map.findChild<QComboBox*>();
    QCOMPARE(choice->currentIndex(), 1);
    choice->setCurrentIndex(0);
    emit choice->activated(0);
    map.bringUpToDate();
    QVERIFY(map.countText().contains("mean of 10 samples, first order"));
    QCOMPARE(map.series()[0].x.size(), 10u);
  }

  /// Each is compared where the other is alike; where both fall on the same steps it is said.
  void whatLookingAheadCostsIsToldApart() {
    const auto costs = [](std::int64_t conflictEvery, std::int64_t affinityEvery) {
      auto records = demoRecords(1, 400, 2, conflictEvery);
      double seconds = 0;
      for (auto& step : records.steps) {
        if (step.step % affinityEvery == 0)
          step.affinity = train::AffinityRecord{{1, 1}, {1, 1, 1, 1}};
        seconds += 0.001 + (step.conflict ? 0.003 : 0) + (step.affinity ? 0.005 : 0);
        step.seconds = seconds;
      }
      auto data = std::make_unique<RunData>();
      train::Experiment experiment;
      experiment.conflict.every = conflictEvery;
      experiment.affinity.every = affinityEvery;
      data->start(experiment, demoTasks(2));
      data->append(records);
      return data;
    };
    const auto apart = costs(10, 15);
    const auto conflict = measuringCost(*apart, Sampled::conflict);
    const auto affinity = measuringCost(*apart, Sampled::affinity);
    QVERIFY(conflict && affinity && !conflict->together && !affinity->together);
    QVERIFY(std::abs(conflict->seconds - 0.003) < 1e-9);
    QVERIFY(std::abs(affinity->seconds - 0.005) < 1e-9);
    QVERIFY(std::abs(affinity->share - 5.0 / 15) < 0.01);
    const auto nested = costs(10, 50);  // whenever it looks ahead it compares, too
    QVERIFY(std::abs(measuringCost(*nested, Sampled::affinity)->seconds - 0.005) < 1e-9);
    const auto same = costs(10, 10);
    const auto both = measuringCost(*same, Sampled::conflict);
    QVERIFY(both && both->together && std::abs(both->seconds - 0.008) < 1e-9);
    CostBar bar(*same);
    QVERIFY2(bar.words().contains("looking ahead included"), qPrintable(bar.words()));
    CostBar other(*apart);
    QVERIFY2(other.words().contains("; looking ahead takes 5 ms: every 15 steps adds"),
             qPrintable(other.words()));
  }

  void whatSamplingCostsIsMeasuredAndABudgetKept() {
    QSettings().remove("conflict");
    RunData data;
    data.start({}, demoTasks(2));  // sampled every 10 steps
    CostBar bar(data);
    bar.show();
    QSignalSpy asked(&bar, &CostBar::samplingRequested);
    auto records = demoRecords(1, 400, 2, 10);
    double seconds = 0;
    for (auto& step : records.steps)
      step.seconds = seconds += step.conflict ? 0.004 : 0.001;  // a sample takes 3 ms more
    data.append(records);
    const auto cost = measuringCost(data, Sampled::conflict);
    QVERIFY(cost && std::abs(cost->seconds - 0.003) < 1e-9);
    QVERIFY(std::abs(cost->share - 0.3) < 0.01);
    QTRY_VERIFY2(bar.words().contains("3 ms longer: every 10 steps adds 30."),
                 qPrintable(bar.words()));
    auto* rarer = bar.findChild<QToolButton*>();
    QVERIFY(rarer->isVisible());
    QCOMPARE(rarer->text(),
             QString("Sample every %1 steps").arg(everyWithin(10, cost->share, 0.1)));
    QTest::mouseClick(rarer, Qt::LeftButton);
    QCOMPARE(asked.size(), 1);
    const auto every = asked[0][0].value<train::ConflictSpec>().every;
    QVERIFY(every == 30 || every == 31);
    // A higher budget is kept already; the budget is remembered.
    auto* budget = bar.findChild<QDoubleSpinBox*>();
    QCOMPARE(budget->value(), 10.0);
    budget->setValue(40);
    QVERIFY(!rarer->isVisible());
    QCOMPARE(CostBar(data).findChild<QDoubleSpinBox*>()->value(), 40.0);
    // Nothing can be changed in a run that has ended.
    budget->setValue(10);
    QVERIFY(rarer->isVisible());
    run::Records end;
    end.events.push_back(demoEvent(400, "finished", ""));
    data.append(end);
    QTRY_VERIFY(!rarer->isVisible());
    QSettings().remove("conflict");
  }

  void whatCannotBeComparedHasNoCost() {
    RunData data;
    data.start({}, demoTasks(2));
    data.append(demoRecords(1, 100, 2, 1));
    QVERIFY(!measuringCost(data, Sampled::conflict));
    QCOMPARE(everyWithin(10, 0.05, 0.1), std::int64_t(10));
    QCOMPARE(everyWithin(10, 0.25, 0.1), std::int64_t(25));
    QCOMPARE(everyWithin(0, 0.25, 0.1), std::int64_t(0));
    QCOMPARE(everyWithin(10, 0.25, 0), std::int64_t(10));
  }

  void tabsAreFoundByTheirTitles() {
    Fixture f(2);
    std::vector<PlotPanel*> kept;
    ConflictPage page(f.data, f.link, [&](PlotPanel* panel) {
      kept.push_back(panel);
      return panel;
    });
    QVERIFY(kept.size() >= 7);
    QVERIFY(page.tabTitles().contains("Measures"));
    QVERIFY(page.turnTo("measures"));
    QCOMPARE(page.turnedTo(), QString("Measures"));
    QVERIFY(!page.turnTo("Losses"));
  }
};

EQUIPOISE_TEST(TestConflictPage)
#include "tst_conflict_page.moc"

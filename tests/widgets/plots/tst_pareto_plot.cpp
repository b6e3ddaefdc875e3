#include <cmath>
#include <limits>
#include <tuple>

#include <qcustomplot.h>

#include <QComboBox>
#include <QLineEdit>
#include <QMenu>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "tests/registry.h"
#include "widgets/demo_folder.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/pareto_plot.h"
#include "widgets/session/run_loading.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/field_problem.h"

using namespace eq;
using namespace eq::widgets;

namespace {

/// Two tasks with an accuracy and a loss.
train::EvaluationRecord evaluationAt(std::int64_t step, double left, double right) {
  train::EvaluationRecord record;
  record.step = step;
  record.split = train::SplitName::validation;
  record.tasks = {{{"loss", left}, {"accuracy", 1 - left / 10}},
                  {{"loss", right}, {"accuracy", 1 - right / 10}}};
  return record;
}

train::Experiment experimentWithMetrics() {
  train::Experiment experiment;
  experiment.name = "demo";
  for (const char* name : {"left", "right"}) {
    train::TaskSpec task;
    task.name = name;
    task.metrics = {{"accuracy"}};
    experiment.tasks.push_back(task);
  }
  return experiment;
}

void add(RunData& data, const std::vector<std::array<double, 2>>& losses, std::int64_t first = 10) {
  run::Records records;
  for (const auto& [left, right] : losses) {
    const auto steps = demoRecords(first - 9, first, 2, 0);
    records.steps.insert(records.steps.end(), steps.steps.begin(), steps.steps.end());
    records.evaluations.push_back(evaluationAt(first, left, right));
    first += 10;
  }
  data.append(records);
}

struct Fixture {
  RunData data;
  PlotLink link;
  ParetoPlot plot{data, link};

  explicit Fixture(const std::vector<std::array<double, 2>>& losses) {
    data.start(experimentWithMetrics(), demoTasks(2));
    add(data, losses);
    plot.resize(700, 500);
    plot.show();
    plot.setObjectives("left · loss", "right · loss");
    settle();
  }
  void settle() {
    plot.bringUpToDate();
    plot.plot().replot();
  }
  QPoint pixel(double x, double y) {
    return {static_cast<int>(std::lround(plot.plot().xAxis->coordToPixel(x))),
            static_cast<int>(std::lround(plot.plot().yAxis->coordToPixel(y)))};
  }
  QLineEdit& field() { return *plot.findChild<QLineEdit*>(); }
};

/// Of the sheet: ranks 0 0 0 1 1 2 0.
const std::vector<std::array<double, 2>> kSeven{{1, 5}, {2, 3}, {4, 1}, {3, 4},
                                                {5, 2}, {4, 4}, {2, 3}};

void drag(QCustomPlot& plot, const QPoint& from, const QPoint& to) {
  QTest::mousePress(&plot, Qt::LeftButton, {}, from);
  QTest::mouseMove(&plot, (from + to) / 2);
  QTest::mouseMove(&plot, to);
  QTest::mouseRelease(&plot, Qt::LeftButton, {}, to);
}

}  // namespace

/// Two values of tasks against each other.
class TestParetoPlot : public QObject {
  Q_OBJECT

 private slots:
  void evaluationsAreRankedAndTheVolumeHasItsReference() {
    Fixture f(kSeven);
    QCOMPARE(f.plot.answer().ranks, (std::vector<std::int64_t>{0, 0, 0, 1, 1, 2, 0}));
    f.plot.setReference(metric::Point{6, 6});
    QCOMPARE(f.plot.answer().hypervolume, 17.0);
    QVERIFY(f.plot.countText().contains("hypervolume 17 to (6, 6)"));
    QCOMPARE(f.plot.plot().xAxis->label(), QString("left · loss"));
    QVERIFY(!f.plot.plot().xAxis->rangeReversed());
  }

  void theStaircaseGoesThroughTheFrontToTheReference() {
    Fixture f(kSeven);
    f.plot.setReference(metric::Point{6, 6});
    const ParetoObjective left{"left", "loss", false}, right{"right", "loss", false};
    QCOMPARE(
        paretoStairs(f.plot.answer(), left, right),
        (metric::Points{{1, 6}, {1, 5}, {2, 5}, {2, 3}, {2, 3}, {2, 3}, {4, 3}, {4, 1}, {6, 1}}));
  }

  /// Better is to the left and below.
  void axesOfWhatIsMaximisedAreTurned() {
    Fixture f(kSeven);
    f.plot.setObjectives("left · accuracy", "right · loss");
    f.settle();
    QVERIFY(f.plot.plot().xAxis->rangeReversed());
    QVERIFY(!f.plot.plot().yAxis->rangeReversed());
    QCOMPARE(f.plot.answer().ranks, (std::vector<std::int64_t>{0, 0, 0, 1, 1, 2, 0}));
    QCOMPARE(f.plot.answer().ideal, (metric::Point{0.9, 1}));
    QVERIFY(f.pixel(0.9, 1).x() < f.pixel(0.6, 1).x());
  }

  void theMainMetricsStandFirst() {
    RunData data;
    PlotLink link;
    ParetoPlot plot(data, link);
    data.start(experimentWithMetrics(), demoTasks(2));
    add(data, kSeven);
    plot.bringUpToDate();
    const auto boxes = plot.findChildren<QComboBox*>();
    QCOMPARE(boxes[0]->currentText(), QString("left · accuracy"));
    QCOMPARE(boxes[1]->currentText(), QString("right · accuracy"));
    QCOMPARE(boxes[0]->count(), 6);  // with steps and seconds
  }

  void theNewestPointMovesWithTheRun() {
    Fixture f({{4, 4}, {3, 3}});
    QCOMPARE(f.plot.trails()[0].size(), 2u);
    add(f.data, {{1, 2}}, 30);
    f.settle();
    QCOMPARE(f.plot.trails()[0].steps.back(), std::int64_t{30});
    QCOMPARE(f.plot.answer().ranks, (std::vector<std::int64_t>{2, 1, 0}));
    const auto& whole = *f.plot.plot().xAxis;
    QVERIFY(whole.range().contains(1) && whole.range().contains(f.plot.answer().reference[0]));
  }

  void aDraggedCrossIsTheReference() {
    Fixture f(kSeven);
    f.plot.setReference(metric::Point{5.5, 5.5});
    f.settle();
    const auto before = f.plot.plot().xAxis->range();
    drag(f.plot.plot(), f.pixel(5.5, 5.5), f.pixel(4.5, 5));
    QVERIFY(std::abs(f.plot.answer().reference[0] - 4.5) < 0.02);
    QVERIFY(std::abs(f.plot.answer().reference[1] - 5) < 0.02);
    QCOMPARE(f.plot.plot().xAxis->range(), before);  // the axes stood still
    QVERIFY(f.field().text().startsWith("4."));
    // Elsewhere dragging moves the picture, and a double click shows it whole again.
    drag(f.plot.plot(), f.pixel(2, 2), f.pixel(2.5, 2));
    QVERIFY(f.plot.plot().xAxis->range() != before);
    QTest::mouseDClick(&f.plot.plot(), Qt::LeftButton, {}, f.pixel(2, 2));
    QVERIFY(f.plot.plot().xAxis->range().contains(5));
  }

  void aTypedReferenceCountsAndAMistakeChangesNothing() {
    Fixture f(kSeven);
    f.field().setFocus();
    QTest::keyClicks(&f.field(), "6; 6");
    QCOMPARE(f.plot.answer().reference, (metric::Point{6, 6}));
    QVERIFY(!isMarked(f.field()));
    QTest::keyClicks(&f.field(), "; 7");
    QVERIFY(isMarked(f.field()));
    QVERIFY(f.field().toolTip().contains("Two numbers are needed, x; y, found 3"));
    QCOMPARE(f.field().text(), QString("6; 6; 7"));
    QCOMPARE(f.plot.answer().reference, (metric::Point{6, 6}));
    f.field().clear();
    QVERIFY(!isMarked(f.field()));
    QCOMPARE(f.plot.answer().reference, (metric::Point{5.4, 5.4}));  // a tenth of the range of 4
  }

  void aPointTellsItsRunStepValuesAndRank() {
    Fixture f(kSeven);
    QVERIFY(f.plot.tipAt(f.pixel(3, 4))
                .startsWith("demo, step 40\nleft · loss: 3\nright · loss: 4\ndominated, rank 1\n"));
    QVERIFY(f.plot.tipAt(f.pixel(1, 5)).contains("\nnot dominated\n"));
    QCOMPARE(f.plot.tipAt(f.pixel(4.5, 3)), QString());
  }

  void theSharedCursorShowsWhereTheRunWas() {
    Fixture f(kSeven);
    f.link.setCursor(34);
    const auto values = f.plot.valuesAtCursor();
    QCOMPARE(values.size(), 2u);
    QCOMPARE(values[0].x, 30.0);
    QCOMPARE(values[0].value, 4.0);
    QCOMPARE(values[1].value, 1.0);
    f.link.setCursor(5);
    QVERIFY(f.plot.valuesAtCursor().empty());
  }

  void whatCannotBeDrawnIsCounted() {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    Fixture f({{1, 2}, {nan, 1}, {2, -1}});
    QCOMPARE(f.plot.trails()[0].size(), 2u);
    QVERIFY(f.plot.countText().contains("1 evaluations without both values"));
    f.plot.setLogY(true);
    f.settle();
    QVERIFY(f.plot.countText().contains("1 points are not above 0"));
    QVERIFY(f.plot.plot().yAxis->range().lower > 0);
  }

  void aFrontThatIsKnownIsDrawn() {
    RunData data;
    PlotLink link;
    ParetoPlot plot(data, link);
    auto experiment = experimentWithMetrics();
    experiment.data.id = "two_valleys";
    data.start(experiment, demoTasks(2));
    add(data, {{-10, -10}});
    plot.setObjectives("right · loss", "left · loss");
    plot.bringUpToDate();
    QStringList legend;
    for (int i = 0; i < plot.plot().legend->itemCount(); ++i)
      if (auto* item = qobject_cast<QCPPlottableLegendItem*>(plot.plot().legend->item(i)))
        legend << item->plottable()->name();
    QVERIFY2(legend.contains("known front"), qPrintable(legend.join(", ")));
    QVERIFY(plot.plot().xAxis->range().contains(-19.98));
    QVERIFY(plot.plot().yAxis->range().contains(-19.98));
    // Another experiment is opened, whose tasks are not known before its start.
    data.start(experiment, {});
    plot.bringUpToDate();
    QVERIFY(plot.answer().points.empty());
  }

  void anotherRunBeginsAnewAndKeepsTheChoice() {
    Fixture f(kSeven);
    f.data.start(experimentWithMetrics(), demoTasks(2));
    f.settle();
    QCOMPARE(f.plot.trails()[0].size(), 0u);
    add(f.data, {{2, 2}});
    f.settle();
    QCOMPARE(f.plot.plot().xAxis->label(), QString("left · loss"));
    QCOMPARE(f.plot.answer().points, (metric::Points{{2, 2}}));
  }

  void everyShownRunHasItsTrailAndIsLetGo() {
    QTemporaryDir space;
    const std::filesystem::path top = space.path().toStdString();
    std::vector<std::filesystem::path> folders;
    for (const auto& [name, left, right] : {std::tuple{"one", 1.0, 3.0}, {"two", 2.0, 2.0}}) {
      run::Records records = demoRecords(1, 20, 2, 0);
      records.evaluations = {evaluationAt(10, left + 3, right + 3), evaluationAt(20, left, right)};
      folders.push_back(makeDemoRun(top / name, demoExperiment(name, 1), records, 2));
    }
    RunData focus;
    ShownRuns shown{focus};
    PlotLink link;
    link.setRuns(shown);
    loadRun(focus, folders[0]);
    shown.setFocus(folders[0]);
    ParetoPlot plot(focus, link);
    plot.show();
    plot.setObjectives("left · loss", "right · loss");
    shown.setShown(folders[1], true);
    QTRY_COMPARE_WITH_TIMEOUT(plot.trails().size(), 2u, 20000);
    plot.bringUpToDate();
    QCOMPARE(plot.trails()[1].run, QString("two"));
    QVERIFY(plot.trails()[0].colour != plot.trails()[1].colour);
    QCOMPARE(plot.answer().nonDominated, (std::vector<std::size_t>{1, 3}));  // both ends
    QCOMPARE(plot.series()[3].name, QString("two · left · loss"));
    plot.hide();
    shown.hideOthers();
    link.setCursor(15);
    QVERIFY(plot.trails().size() < 2u);  // nothing is kept of a run that is gone
    plot.show();
    plot.bringUpToDate();
    QCOMPARE(plot.trails().size(), 1u);
  }

  /// The two steps that are dominated in the losses are not where a third value is better there.
  void aThirdValueIsComparedAsWell() {
    Fixture f({{1, 4}, {2, 5}, {3, 6}});
    QCOMPARE(f.plot.answer().ranks, (std::vector<std::int64_t>{0, 1, 2}));
    f.plot.setThird("right · accuracy");  // 0.6, 0.5, 0.4: says the same
    f.settle();
    QCOMPARE(f.plot.trails()[0].z, (Column{0.6, 0.5, 0.4}));
    QCOMPARE(f.plot.answer().ranks, (std::vector<std::int64_t>{0, 1, 2}));
    f.plot.setThird("cost · steps");
    f.settle();
    QCOMPARE(f.plot.answer().nonDominated, (std::vector<std::size_t>{0}));
    f.plot.setThird({});
    f.plot.setObjectives("left · loss", "left · loss");
    f.plot.setThird("right · loss");
    f.settle();
    QCOMPARE(f.plot.answer().nonDominated, (std::vector<std::size_t>{0}));
    Fixture other({{1, 4}, {2, 5}, {3, 3}});
    other.plot.setObjectives("left · loss", "cost · steps");
    other.settle();
    QCOMPARE(other.plot.answer().nonDominated, (std::vector<std::size_t>{0}));
    other.plot.setThird("right · loss");
    other.settle();
    QCOMPARE(other.plot.answer().nonDominated, (std::vector<std::size_t>{0, 2}));
  }

  /// By hand: boxes up to (6, 6, 60) of (1, 5, 10), (2, 3, 20), (4, 1, 30).
  void theVolumeOfThreeValuesIsExactAndItsReferenceHasThree() {
    Fixture f({{1, 5}, {2, 3}, {4, 1}});
    f.plot.setThird("cost · steps");
    f.settle();
    QTest::keyClicks(&f.field(), "6; 6");
    QVERIFY(isMarked(f.field()));
    QVERIFY(f.field().toolTip().contains("Three numbers are needed"));
    QTest::keyClicks(&f.field(), "; 60");
    QVERIFY(!isMarked(f.field()));
    // Sweeping the steps: from 10 the first box 5 x 1, from 20 with 4 x 3: 13, from 30: 17.
    QCOMPARE(f.plot.answer().hypervolume, 10.0 * 5 + 10.0 * 13 + 30.0 * 17);
    QVERIFY(f.plot.countText().contains("hypervolume 690 to (6, 6, 60)"));
    f.plot.setThird({});
    QVERIFY(isMarked(f.field()));  // which has three numbers still
    QCOMPARE(f.plot.answer().reference.size(), std::size_t(2));
  }

  void pointsAreColouredByTheThirdValueWithAScaleBeside() {
    Fixture f(kSeven);
    const auto elements = f.plot.plot().plotLayout()->elementCount();
    f.plot.setThird("cost · steps");
    f.settle();
    auto* scale = qobject_cast<QCPColorScale*>(f.plot.plot().plotLayout()->element(0, 1));
    QVERIFY(scale);
    QCOMPARE(scale->label(), QString("cost · steps"));
    QCOMPARE(scale->dataRange(), QCPRange(10, 70));
    QVERIFY(f.plot.series()[2].name == "cost · steps");
    QVERIFY(f.plot.tipAt(f.pixel(3, 4)).contains("cost · steps: 40"));
    f.plot.setThird({});
    f.settle();
    QCOMPARE(f.plot.plot().plotLayout()->elementCount(), elements);
    QCOMPARE(f.plot.answer().ranks, (std::vector<std::int64_t>{0, 0, 0, 1, 1, 2, 0}));
  }

  /// After each evaluation that of all until then; the sheet's seven points come to 17.
  void theVolumeOverTheStepsIsAStripAndASeries() {
    Fixture f(kSeven);
    f.plot.setReference(metric::Point{6, 6});
    QVERIFY(f.plot.volumes().steps.empty());
    f.plot.setVolumeShown(true);
    f.settle();
    QCOMPARE(f.plot.volumes().steps, (Column{10, 20, 30, 40, 50, 60, 70}));
    QCOMPARE(f.plot.volumes().volumes, (Column{5, 13, 17, 17, 17, 17, 17}));
    QCOMPARE(f.plot.series().back().name, QString("hypervolume"));
    add(f.data, {{1, 1}}, 80);
    f.settle();
    QCOMPARE(f.plot.volumes().volumes.back(), 25.0);
    f.plot.setVolumeShown(false);
    f.settle();
    QVERIFY(f.plot.volumes().steps.empty());
  }

  void itIsExportedAsFigureAndTable() {
    Fixture f(kSeven);
    const auto csv = figureBytes({&f.plot}, FigureFormat::csv, {});
    QVERIFY2(csv.starts_with("Step,left · loss,right · loss,rank\n10,1,5,0\n20,2,3,0\n"),
             csv.c_str());
    QVERIFY(figureBytes({&f.plot}, FigureFormat::svg, {}).find("hypervolume") != std::string::npos);
  }
  /// Steps and seconds are lower the better; parameters stand there where the run noted them.
  void costsCanBeAxes() {
    Fixture f({{5, 1}, {3, 3}, {1, 5}});
    run::Records begun;
    begun.events = {demoEvent(0, "started", "started")};
    begun.events[0].detail = {{"parameters", 1234}};
    f.data.append(begun);
    f.settle();
    f.plot.setObjectives("cost · steps", "left · loss");
    f.settle();
    QCOMPARE(f.plot.trails()[0].x, (Column{10, 20, 30}));
    QCOMPARE(f.plot.answer().nonDominated.size(), std::size_t(3));
    f.plot.setObjectives("cost · parameters", "left · loss");
    f.settle();
    QCOMPARE(f.plot.trails()[0].x, (Column{1234, 1234, 1234}));
    QCOMPARE(f.plot.answer().nonDominated.size(), std::size_t(1));
  }

  void theTipNamesTheWeightsOfTheStep() {
    Fixture f({{5, 1}, {1, 5}});
    const auto tip = f.plot.tipAt(f.pixel(5, 1));
    QVERIFY2(tip.contains("step 10") && tip.contains("weights: left "), qPrintable(tip));
  }

  /// Two seeds each of the group: what half of them attain lies between.
  void groupsOfSeedsHaveAttainmentSurfaces() {
    QTemporaryDir space;
    RunData focus;
    PlotLink link;
    ShownRuns shown(focus);
    link.setRuns(shown);
    const auto at = [&](const char* name) {
      return std::filesystem::path(space.filePath(name).toStdString());
    };
    const auto write = [&](const char* name, std::uint64_t seed, double left, double right) {
      auto records = demoRecords(1, 10, 2, 0);
      records.evaluations = {evaluationAt(10, left, right)};
      return makeDemoRun(at(name), demoExperiment("seeds", seed), records);
    };
    loadRun(focus, write("one", 1, 1, 4));
    shown.setFocus(at("one"));
    shown.setShown(write("two", 2, 2, 3), true);
    QTRY_COMPARE(shown.runs().size(), std::size_t(2));
    ParetoPlot plot(focus, link);
    plot.resize(700, 500);
    plot.show();
    plot.setObjectives("left · loss", "right · loss");
    QVERIFY(plot.surfaces().empty());
    shown.setGrouping(Grouping::seeds);
    plot.bringUpToDate();
    QCOMPARE(plot.surfaces().size(), std::size_t(3));
    const auto corners = [&](std::size_t i) { return plot.surfaces()[i].corners; };
    // One of the two attains it: the better of both; both attain it: the worse of both.
    QCOMPARE(corners(1), (metric::Points{{1, 4}, {2, 3}}));
    QCOMPARE(corners(2), (metric::Points{{2, 4}}));
  }

  /// Whatever the width, names are whole: the legend takes as many rows as they need.
  void theLegendCutsNoTextInANarrowPanel() {
    Fixture f({{5, 1}, {3, 3}, {1, 5}});
    for (const int width : {460, 900}) {
      f.plot.resize(width, 420);
      f.settle();
      const auto& legend = *f.plot.plot().legend;
      QVERIFY(legend.itemCount() > 4);
      for (int i = 0; i < legend.itemCount(); ++i) {
        const auto* item = legend.item(i);
        if (!item) continue;  // an empty cell
        QVERIFY2(item->outerRect().width() >= item->minimumOuterSizeHint().width() &&
                     item->outerRect().right() <= f.plot.plot().width(),
                 qPrintable(QString("entry %1 at %2").arg(i).arg(width)));
      }
    }
  }

  /// The points keep their room; the header says what became of the names, and a figure has them.
  void theLegendOfManyRunsLeavesThePointsTheirRoom() {
    RunData focus;
    PlotLink link;
    ShownRuns shown(focus);
    link.setRuns(shown);
    focus.start(experimentWithMetrics(), demoTasks(2));
    add(focus, {{5, 1}, {1, 5}});
    QTemporaryDir space;
    auto records = demoRecords(1, 10, 2, 0);
    records.evaluations = {evaluationAt(10, 1, 4)};
    for (int i = 0; i < 24; ++i)
      shown.setShown(makeDemoRun(space.filePath(QString("run %1").arg(i)).toStdString(),
                                 demoExperiment(std::to_string(i)), records),
                     true);
    ParetoPlot plot(focus, link);
    plot.resize(460, 300);
    plot.show();
    QTRY_COMPARE(shown.runs().size(), std::size_t(25));
    plot.setObjectives("left · loss", "right · loss");
    const auto named = [&plot] {
      int runs = 0;
      const auto& legend = *plot.plot().legend;
      for (int i = 0; i < legend.itemCount(); ++i)
        if (auto* item = qobject_cast<QCPPlottableLegendItem*>(legend.item(i)))
          runs += item->plottable()->layer()->name() == "main" ? 1 : 0;
      return runs;
    };
    const auto settle = [&plot] {
      plot.bringUpToDate();
      plot.plot().replot();
    };
    settle();
    QVERIFY(plot.plot().axisRect()->height() > plot.plot().height() / 3);
    QVERIFY(plot.countText().contains("25 runs, named where the mouse is"));
    const int fewer = named();
    plot.resize(1200, 900);
    settle();
    QCOMPARE(named(), fewer + 25);
    QVERIFY(!plot.countText().contains("named where the mouse is"));
  }

  /// Of a recorded run; the other two need its folder as well.
  void aClickOnAPointOffersTheRunItsCheckpointAndAFork() {
    QTemporaryDir space;
    RunData focus;
    PlotLink link;
    ShownRuns shown(focus);
    link.setRuns(shown);
    auto records = demoRecords(1, 10, 2, 0);
    records.evaluations = {evaluationAt(10, 1, 4)};
    const auto folder = makeDemoRun(std::filesystem::path(space.filePath("one").toStdString()),
                                    demoExperiment("one"), records);
    loadRun(focus, folder);
    shown.setFocus(folder);
    ParetoPlot plot(focus, link);
    plot.resize(700, 500);
    plot.show();
    plot.setObjectives("left · loss", "right · loss");
    plot.bringUpToDate();
    plot.plot().replot();
    const QPointF place(plot.plot().xAxis->coordToPixel(1), plot.plot().yAxis->coordToPixel(4));
    QVERIFY(!plot.menuAt(place + QPointF(60, 60)));
    QSignalSpy forks(&link, &PlotLink::forkRequested), opened(&link, &PlotLink::openRequested);
    auto* menu = plot.menuAt(place);
    QVERIFY(menu);
    QStringList texts;
    for (auto* action : menu->actions()) texts << action->text();
    QCOMPARE(texts,
             (QStringList{"Open one", "Fork from step 10…", "No checkpoint was kept at step 10"}));
    menu->actions().at(0)->trigger();
    menu->actions().at(1)->trigger();
    QCOMPARE(opened.size(), 1);
    QCOMPARE(forks.at(0).at(1).toLongLong(), 10LL);
    delete menu;
  }
};

EQUIPOISE_TEST(TestParetoPlot)
#include "tst_pareto_plot.moc"

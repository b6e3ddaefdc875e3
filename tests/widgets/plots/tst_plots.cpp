#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QDir>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QLabel>
#include <QMenu>
#include <QPointer>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>
#include <QTimer>
#include <QWheelEvent>

#include "tests/registry.h"
#include "widgets/demo_folder.h"
#include "widgets/demo_run.h"
#include "widgets/plots/conflict_share_plot.h"
#include "widgets/plots/cursor_table.h"
#include "widgets/plots/export_dialog.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/gradient_norms_plot.h"
#include "widgets/plots/losses_plot.h"
#include "widgets/plots/metrics_plot.h"
#include "widgets/plots/pair_map.h"
#include "widgets/plots/pairs_plot.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/trajectory_plot.h"
#include "widgets/plots/weights_plot.h"
#include "widgets/session/run_loading.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/frame_meter.h"
#include "widgets/style/table_copy.h"
#include "widgets/style/theme.h"
#include "widgets/style/typed_number.h"

using namespace eq;
using namespace eq::widgets;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Steps whose single task has the given losses.
run::Records lossRecords(const Column& losses) {
  auto out = demoRecords(1, static_cast<std::int64_t>(losses.size()), 1, 0);
  for (std::size_t i = 0; i < losses.size(); ++i) out.steps[i].losses = {losses[i]};
  return out;
}

int itemsOnLayer(QCustomPlot& plot, const QString& layer, int (*count)(QCPGraph*)) {
  int out = 0;
  for (int i = 0; i < plot.graphCount(); ++i)
    if (plot.graph(i)->layer()->name() == layer) out += count(plot.graph(i));
  return out;
}

int finitePoints(QCPGraph* graph) {
  int out = 0;
  for (const auto& point : *graph->data()) out += std::isnan(point.value) ? 0 : 1;
  return out;
}

/// A recorded run of 50 steps in the plane of two_valleys, in focus.
struct ForkFixture {
  QTemporaryDir space;
  RunData data;
  ShownRuns shown{data};
  PlotLink link;
  QSignalSpy forks{&link, &PlotLink::forkRequested};

  ForkFixture() {
    link.setRuns(shown);
    auto records = demoRecords(1, 50, 2, 10);
    for (std::size_t i = 0; i < records.steps.size(); ++i)
      records.steps[i].point = {-8.5 + 0.3 * static_cast<double>(i), 7.5};
    const auto folder = makeDemoRun(std::filesystem::path(space.filePath("run").toStdString()),
                                    demoExperiment("run"), records);
    loadRun(data, folder);
    shown.setFocus(folder);
  }

  /// A right click, and the entry of the menu if it is there.
  static void asksAt(PlotPanel& plot, const QPoint& place) {
    QContextMenuEvent click(QContextMenuEvent::Mouse, place, plot.plot().mapToGlobal(place));
    QCoreApplication::sendEvent(&plot.plot(), &click);
    auto* fork = plot.findChild<QAction*>("fork");
    if (fork->isVisible()) fork->trigger();
    for (auto* menu : plot.findChildren<QMenu*>()) menu->close();
  }
};

}  // namespace

class TestPlots : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("equipoise-test");
  }

  void smoothingIsDebiased() {
    Smoother smoother(0.9);
    QCOMPARE(smoother.next(3), 3.0);
    // (0.1 * 0.9 * 3 + 0.1 * 5) / (1 - 0.81)
    QCOMPARE(smoother.next(5), (0.27 + 0.5) / 0.19);
    QVERIFY(std::isnan(smoother.next(kNaN)));
    QCOMPARE(smoother.next(7), (0.9 * (0.27 + 0.5) + 0.7) / (1 - 0.729));
    Smoother constant(0.99);
    for (int i = 0; i < 50; ++i) QVERIFY(std::abs(constant.next(4) - 4) < 1e-12);
    Smoother raw(0);
    for (double value : {1.0, -2.0, 8.0}) QCOMPARE(raw.next(value), value);
  }

  void seriesEqualTheRecords() {
    RunData data;
    PlotLink link;
    LossesPlot losses(data, link);
    WeightsPlot weights(data, link);
    data.start({}, demoTasks(2));
    auto records = demoRecords(1, 100, 2);
    records.evaluations.push_back(demoEvaluation(50, 2, train::SplitName::validation));
    data.append(records);
    link.setUnit(XUnit::examples);
    const auto series = losses.series();
    QCOMPARE(series.size(), 4u);
    QCOMPARE(series[1].name, QString("right"));
    QCOMPARE(series[1].xName, QString("Examples"));
    for (std::size_t i = 0; i < 100; ++i) {
      QCOMPARE(series[1].x[i], static_cast<double>(records.steps[i].examples));
      QCOMPARE(series[1].y[i], records.steps[i].losses[1]);
      QCOMPARE(weights.series()[0].y[i], records.steps[i].weights[0]);
    }
    QCOMPARE(series[3].y, Column{records.evaluations[0].tasks[1].at("loss")});
  }

  void drawsWhatCameSince() {
    RunData data;
    PlotLink link;
    LossesPlot plot(data, link);
    data.start({}, demoTasks(2));
    data.append(demoRecords(1, 100, 2));
    plot.bringUpToDate();
    QCOMPARE(plot.drawnLines().size(), 2u);
    const auto* line = plot.drawnLines()[0].get();
    QCOMPARE(line->size(), 100u);
    data.append(demoRecords(101, 150, 2));
    plot.bringUpToDate();
    QCOMPARE(plot.drawnLines()[0].get(), line);
    QCOMPARE(line->size(), 150u);
    QCOMPARE(plot.plot().graph(plot.plot().graphCount() - 1)->dataCount(), 150);
    QCOMPARE(plot.plot().xAxis->range().upper, 150.0);
    QVERIFY2(plot.countText().startsWith("left "), qPrintable(plot.countText()));
  }

  void marksWhatIsNotFinite() {
    RunData data;
    PlotLink link;
    WeightsPlot weights(data, link);
    LossesPlot plot(data, link);
    data.start({}, demoTasks(1));
    data.append(lossRecords({1, 2, kNaN, kNaN, kNaN, 3, kInfinity, 2, -kInfinity, 2}));
    plot.bringUpToDate();
    const auto& line = *plot.drawnLines()[0];
    QCOMPARE(line.size(), 10u);
    QCOMPARE(line.undrawable(), 5u);
    // Two ends for every stretch: the NaNs, one infinity, the other.
    QCOMPARE(itemsOnLayer(plot.plot(), "marks", finitePoints), 6);
    QVERIFY(plot.countText().contains("5 not finite"));
    QCOMPARE(line.extent()->lower, 1.0);
    QCOMPARE(line.extent()->upper, 3.0);
    plot.setLogY(true);
    plot.bringUpToDate();
    QCOMPARE(plot.drawnLines()[0]->undrawable(), 5u);
    const auto series = plot.series();
    QVERIFY(std::isnan(series[0].y[3]) && std::isinf(series[0].y[6]));
    link.setCursor(4);
    QVERIFY(std::isnan(plot.valuesAtCursor()[0].value));
  }

  void aLineJoinsOverStepsWithoutTheTask() {
    // Regression: single points between such steps were not drawn at all.
    RunData data;
    PlotLink link;
    LossesPlot plot(data, link);
    link.setSmoothing(0.5);
    data.start({}, demoTasks(1));
    auto records = lossRecords({kNaN, 4, kNaN, kNaN, 2, kNaN, 1, kNaN});
    for (const std::size_t absent : {0, 2, 3, 5, 7}) records.steps[absent].weights = {0};
    data.append(records);
    plot.bringUpToDate();
    const auto* line = plot.plot().graph(plot.plot().graphCount() - 1);
    QCOMPARE(line->dataCount(), 3);
    QCOMPARE(finitePoints(const_cast<QCPGraph*>(line)), 3);
    const auto series = plot.series();
    QCOMPARE(series[0].x, (Column{2, 5, 7}));
    QCOMPARE(series[0].y, (Column{4, 2, 1}));
    QVERIFY2(plot.countText().startsWith("left "), qPrintable(plot.countText()));
    // The value at the cursor is that of the nearest step that has the task, smoothed as well.
    link.setCursor(6.9);
    const auto value = plot.valuesAtCursor()[0];
    QCOMPARE(value.x, 7.0);
    QCOMPARE(value.value, 1.0);
    QVERIFY(std::abs(value.smoothed - (0.25 * 4 + 0.5 * 2 + 1) / 1.75) < 1e-12);
    link.setCursor(3);
    QCOMPARE(plot.valuesAtCursor()[0].x, 2.0);
  }

  void pointsWithoutNeighboursAreDots() {
    RunData data;
    PlotLink link;
    WeightsPlot plot(data, link);
    data.start({}, demoTasks(1));
    auto records = demoRecords(1, 6, 1, 0);
    const Column weights{1, kNaN, 2, 3, kNaN, 4};
    for (std::size_t i = 0; i < weights.size(); ++i) records.steps[i].weights = {weights[i]};
    const auto dots = [&plot] {
      Column out;
      for (int i = 0; i < plot.plot().graphCount(); ++i)
        if (plot.plot().graph(i)->lineStyle() == QCPGraph::lsNone)
          for (const auto& point : *plot.plot().graph(i)->data())
            if (!std::isnan(point.value)) out.push_back(point.value);
      return out;
    };
    // A step at a time, as a run goes: a point is a dot until it has a neighbour.
    const std::vector<Column> wanted{{1}, {1}, {1, 2}, {1}, {1}, {1, 4}};
    for (std::size_t i = 0; i < weights.size(); ++i) {
      run::Records one;
      one.steps = {records.steps[i]};
      data.append(one);
      plot.bringUpToDate();
      QCOMPARE(dots(), wanted[i]);
    }
    QCOMPARE(plot.plot().legend->itemCount(), 1);
    // It can be seen: the dot of step 6 at the right, in the colour of the task.
    plot.setStyle({});
    plot.plot().yAxis->setRange(0, 5);
    plot.plot().xAxis->setRange(0, 7);
    const QImage image = plot.plot().toPixmap(400, 300).toImage();
    const int x = qRound(plot.plot().xAxis->coordToPixel(6));
    const int y = qRound(plot.plot().yAxis->coordToPixel(4));
    QCOMPARE(image.pixelColor(x, y), taskColour(Theme::light, 0));
  }

  void conflictLinesJoinOverStepsWithoutATask() {
    RunData data;
    PlotLink link;
    GradientNormsPlot norms(data, link);
    PairsPlot angles(PairQuantity::angle, data, link);
    ConflictSharePlot share(data, link);
    data.start({}, demoTasks(3));
    auto records = demoRecords(1, 40, 3);
    auto& off = records.steps[19];  // the second sample, without the tasks 0 and 1
    for (const std::size_t task : {0, 1}) {
      off.losses[task] = kNaN;
      off.weights[task] = 0;
      off.conflict->norms[task] = 0;  // as the core records it
    }
    off.conflict->cosines = {kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, 1};
    data.append(records);
    norms.bringUpToDate();
    angles.bringUpToDate();
    share.bringUpToDate();
    QCOMPARE(norms.series()[0].x, (Column{10, 30, 40}));
    QCOMPARE(norms.series()[2].x, (Column{10, 20, 30, 40}));
    for (const auto& pair : angles.series()) QCOMPARE(pair.x, (Column{10, 30, 40}));
    QCOMPARE(share.series()[0].x, (Column{10, 30, 40}));
    QCOMPARE(share.series()[1].x, (Column{10, 20, 30, 40}));  // a mean stays as it is
    for (const auto* plot : {static_cast<TimePlot*>(&norms), static_cast<TimePlot*>(&angles),
                             static_cast<TimePlot*>(&share)})
      QVERIFY2(!plot->countText().contains("not finite"), qPrintable(plot->countText()));
  }

  void aPlotThatDoesNotFollowSaysHowItDoes() {
    RunData data;
    PlotLink link;
    WeightsPlot plot(data, link);
    data.start({}, demoTasks(1));
    data.append(demoRecords(1, 100, 1));
    plot.bringUpToDate();
    QVERIFY(!plot.countText().contains("double click"));
    link.setRange(XRange{10, 20});
    plot.bringUpToDate();
    QVERIFY(plot.countText().contains("double click to follow the run"));
    link.follow();
    plot.bringUpToDate();
    QVERIFY(!plot.countText().contains("double click"));
  }

  void cosinesThatRoundToZeroHaveNoSign() {
    QCOMPARE(fixedText(-0.001, 2), QString("0.00"));
    QCOMPARE(fixedText(-0.005001, 2), QString("-0.01"));
    QCOMPARE(fixedText(0.5, 2), QString("0.50"));
    QCOMPARE(fixedText(kNaN, 2), QString("nan"));
  }

  void aTaskThatIsOffIsCountedApart() {
    RunData data;
    PlotLink link;
    LossesPlot plot(data, link);
    data.start({}, demoTasks(1));
    auto records = lossRecords({1, kNaN, kNaN, 2, kNaN});
    records.steps[1].weights = {0};
    records.steps[2].weights = {0};
    data.append(records);
    plot.bringUpToDate();
    QCOMPARE(plot.drawnLines()[0]->absent(), 2u);
    QCOMPARE(plot.drawnLines()[0]->undrawable(), 1u);
    QVERIFY(plot.countText().contains("1 not finite"));
    QVERIFY(plot.countText().contains("2 without a loss"));
  }

  void stretchOfNaNGrowsAcrossRefreshes() {
    RunData data;
    PlotLink link;
    LossesPlot plot(data, link);
    data.start({}, demoTasks(1));
    auto records = lossRecords({1, kNaN, kNaN, kNaN});
    run::Records first, second;
    first.steps.assign(records.steps.begin(), records.steps.begin() + 2);
    second.steps.assign(records.steps.begin() + 2, records.steps.end());
    data.append(first);
    plot.bringUpToDate();
    data.append(second);
    plot.bringUpToDate();
    QCOMPARE(itemsOnLayer(plot.plot(), "marks", finitePoints), 2);
  }

  void logAxisMarksWhatIsNotPositive() {
    RunData data;
    PlotLink link;
    LossesPlot plot(data, link);
    data.start({}, demoTasks(1));
    data.append(lossRecords({10, 0, -1, 1, 100}));
    plot.setLogY(true);
    plot.bringUpToDate();
    QCOMPARE(plot.drawnLines()[0]->undrawable(), 2u);
    QVERIFY(plot.plot().yAxis->range().lower > 0.5);
    QCOMPARE(plot.plot().yAxis->scaleType(), QCPAxis::stLogarithmic);
    QVERIFY(plot.countText().contains("2 not finite or ≤ 0"));
    plot.setLogX(true);
    plot.bringUpToDate();
    QCOMPARE(plot.plot().xAxis->range().lower, 1.0);
  }

  void marksEvents() {
    RunData data;
    PlotLink link;
    LossesPlot plot(data, link);
    data.start({}, demoTasks(1));
    auto records = demoRecords(1, 50, 1);
    records.events = {demoEvent(10, "command", "left: loss focal"),
                      demoEvent(20, "checkpoint", "checkpoint"), demoEvent(10, "note", "look")};
    data.append(records);
    plot.bringUpToDate();
    QCOMPARE(plot.eventMarkCount(), 3u);
    QCOMPARE(
        itemsOnLayer(plot.plot(), "events", [](QCPGraph* graph) { return graph->dataCount(); }), 3);
    QCOMPARE(plot.plot().layer("events")->mode(), QCPLayer::lmBuffered);
    QCOMPARE(EventMarks::textsNear(data, XUnit::step, 10.4, 1),
             QString("Step 10: left: loss focal\nStep 10: look"));
    QCOMPARE(EventMarks::textsNear(data, XUnit::examples, 10 * 256, 1).count('\n'), 1);
    QVERIFY(EventMarks::textsNear(data, XUnit::step, 15, 1).isEmpty());
  }

  void cursorAndRangeAreShared() {
    RunData data;
    PlotLink link;
    LossesPlot losses(data, link);
    WeightsPlot weights(data, link);
    losses.show();
    weights.show();
    data.start({}, demoTasks(2));
    data.append(demoRecords(1, 100, 2));
    // A drag of one plot's axis moves the other's.
    losses.plot().xAxis->setRange(20, 40);
    QCOMPARE(link.range(), std::optional<XRange>({20, 40}));
    QCOMPARE(weights.plot().xAxis->range(), QCPRange(20, 40));
    QVERIFY(weights.countText().startsWith("42 of 200 points"));
    data.append(demoRecords(101, 120, 2));
    QCOMPARE(weights.plot().xAxis->range(), QCPRange(20, 40));
    link.setRange(std::nullopt);
    QCOMPARE(weights.plot().xAxis->range(), QCPRange(0, 120));
    link.setCursor(30.2);
    QCOMPARE(losses.valuesAtCursor().size(), 2u);
    QCOMPARE(losses.valuesAtCursor()[0].value, data.losses(0)[29]);
    QCOMPARE(weights.valuesAtCursor()[1].value, data.weights(1)[29]);
    link.setUnit(XUnit::epoch);
    QVERIFY(!link.cursor() && losses.valuesAtCursor().empty());
    QCOMPARE(weights.plot().xAxis->range().upper, 120.0 / 79);
  }

  void followingTheRunUndoesEveryZoom() {
    RunData data;
    PlotLink link;
    PlotArea area(data, link);
    LossesPlot losses(data, link);
    losses.resize(600, 400);
    losses.show();
    data.start({}, demoTasks(2));
    data.append(demoRecords(1, 100, 2));
    const auto all = losses.plot().yAxis->range();
    QVERIFY(!area.followAction()->isEnabled());
    QWheelEvent wheel({200, 150}, losses.plot().mapToGlobal(QPointF(200, 150)), {}, {0, 240},
                      Qt::NoButton, Qt::ShiftModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(&losses.plot(), &wheel);
    QVERIFY(losses.plot().yAxis->range() != all);
    QVERIFY(area.followAction()->isEnabled());
    link.setRange(XRange{20, 40});
    area.followAction()->trigger();
    QCOMPARE(losses.plot().yAxis->range(), all);
    QCOMPARE(losses.plot().xAxis->range(), QCPRange(0, 100));
    QVERIFY(!area.followAction()->isEnabled());
  }

  void hiddenLinesStayHiddenUntilTheNextRun() {
    RunData data;
    PlotLink link;
    LossesPlot plot(data, link);
    data.start({}, demoTasks(2));
    data.append(demoRecords(1, 20, 2));
    plot.bringUpToDate();
    emit plot.plot().legendClick(plot.plot().legend, plot.plot().legend->item(0), nullptr);
    QVERIFY(!plot.drawnLines()[0]->isVisible());
    plot.setLogY(true);
    link.setSmoothing(0.5);
    plot.bringUpToDate();
    QVERIFY(!plot.drawnLines()[0]->isVisible());
    QVERIFY(plot.drawnLines()[1]->isVisible());
    data.start({}, demoTasks(2));
    data.append(demoRecords(1, 20, 2));
    plot.bringUpToDate();
    QVERIFY(plot.drawnLines()[0]->isVisible());
  }

  void legendOrderAndStyleFollowTheTask() {
    QCOMPARE(taskColour(Theme::light, 0), taskColour(Theme::light, 8));
    QVERIFY(taskLineStyle(0) != taskLineStyle(8));
    for (const Theme theme : {Theme::light, Theme::dark})
      for (int i = 0; i < 8; ++i)
        QVERIFY2(contrastOf(taskColour(theme, i), plotColours(theme).background) >= 3,
                 qPrintable(QString::number(i)));
  }

  void hintsWhileThereIsNothing() {
    RunData data;
    PlotLink link;
    PlotArea area(data, link);
    for (PlotPanel* panel : area.panels()) {
      if (panel == area.panel("geometry")) continue;  // its gradients are made up then
      panel->show();
      panel->bringUpToDate();
      const auto labels = panel->plot().findChildren<QLabel*>();
      QCOMPARE(labels.size(), 1);
      QVERIFY2(!labels[0]->text().isEmpty() && labels[0]->isVisibleTo(&panel->plot()),
               qPrintable(panel->title()));
    }
  }

  void growsByAMillionPoints() {
    RunData data;
    PlotLink link;
    LossesPlot plot(data, link);
    plot.resize(800, 400);
    plot.show();
    data.start({}, demoTasks(2));
    data.append(demoRecords(1, 1000000, 2, 0));
    QCOMPARE(plot.drawnLines()[1]->size(), 1000000u);
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < 100; ++i)
      data.append(demoRecords(1000001 + 10 * i, 1000010 + 10 * i, 2, 0));
    const double each = static_cast<double>(timer.nsecsElapsed()) / 1e6 / 100;
    QCOMPARE(plot.drawnLines()[1]->size(), 1001000u);
    QVERIFY2(each < 25, qPrintable(QString("%1 ms for ten steps more").arg(each)));
  }

  void areaSharesItsActions() {
    RunData data;
    PlotLink link;
    PlotArea area(data, link);
    area.resize(900, 600);
    area.show();
    data.start({}, demoTasks(2));
    data.append(demoRecords(1, 100, 2));
    QVERIFY(!area.followAction()->isEnabled());
    link.setRange(XRange{10, 20});
    QVERIFY(area.followAction()->isEnabled());
    area.followAction()->trigger();
    QVERIFY(!link.range());
    area.unitActions()[3]->trigger();
    QCOMPARE(link.unit(), XUnit::seconds);
    QCOMPARE(area.findChild<QComboBox*>({}, Qt::FindChildrenRecursively)->currentIndex(), 3);
    link.setUnit(XUnit::epoch);
    QVERIFY(area.unitActions()[1]->isChecked());
    QTest::qWait(50);
    QCOMPARE(area.visiblePanels(),
             (std::vector<PlotPanel*>{area.panel("losses"), area.panel("weights"),
                                      area.panel("gradient-norms"), area.panel("metrics")}));
    area.showDock("Conflict");
    QTest::qWait(50);
    QCOMPARE(area.visiblePanels().size(), 3u);  // and the table of pairs
    area.showDock("Measures");
    QTest::qWait(50);
    QCOMPARE(
        area.visiblePanels(),
        (std::vector<PlotPanel*>{area.panel("pair-map"), area.panel("magnitude-similarity"),
                                 area.panel("curvature-bound"), area.panel("condition-number")}));
    // Only two_valleys has a plane.
    QVERIFY(!area.docks().back()->toggleViewAction()->isEnabled());
    train::Experiment valleys;
    valleys.data.id = "two_valleys";
    data.start(valleys, demoTasks(2));
    QVERIFY(area.docks().back()->toggleViewAction()->isEnabled());
  }

  void cosinesShowTheChosenSample() {
    RunData data;
    PlotLink link;
    PairMap plot("Cosines", {PairMap::What::cosine}, data, link);
    data.start({}, demoTasks(3));
    data.append(demoRecords(1, 50, 3, 10));
    plot.bringUpToDate();
    const auto* map = qobject_cast<QCPColorMap*>(plot.plot().plottable(0));
    QVERIFY(map);
    QCOMPARE(map->data()->cell(2, 1), data.conflicts()[4].cosines[5]);
    QVERIFY(plot.countText().contains("step 50 (5 of 5), exact"));
    plot.setSample(1);
    plot.bringUpToDate();
    QCOMPARE(map->data()->cell(0, 1), data.conflicts()[1].cosines[3]);
    // An older sample stays while the run goes on; the last one follows it.
    data.append(demoRecords(51, 60, 3, 10));
    plot.bringUpToDate();
    QVERIFY(plot.countText().contains("step 20 (2 of 6)"));
    plot.setSample(5);
    data.append(demoRecords(61, 70, 3, 10));
    plot.bringUpToDate();
    QVERIFY(plot.countText().contains("step 70 (7 of 7)"));
    QCOMPARE(plot.series().size(), 3u);
    QCOMPARE(plot.series()[1].name, QString("cos(left, digit)"));
    QCOMPARE(plot.series()[1].y[6], data.conflicts()[6].cosines[2]);
  }

  void trajectoryFollowsThePoint() {
    RunData data;
    PlotLink link;
    TrajectoryPlot plot(data, link);
    train::Experiment experiment;
    experiment.data.id = "two_valleys";
    data.start(experiment, demoTasks(2));
    auto records = demoRecords(1, 200, 2);
    for (std::size_t i = 0; i < 200; ++i)
      records.steps[i].point = {-8.5 + 0.01 * static_cast<double>(i), 7.5};
    data.append(records);
    plot.bringUpToDate();
    QVERIFY2(plot.countText().isEmpty(), qPrintable(plot.countText()));
    link.setCursor(100);
    QCOMPARE(plot.valuesAtCursor()[0].value, records.steps[99].point[0]);
    QCOMPARE(plot.series()[0].y.size(), 200u);
    auto bad = demoRecords(201, 203, 2);
    for (auto& step : bad.steps) step.point = {kNaN, kNaN};
    data.append(bad);
    plot.bringUpToDate();
    QVERIFY(plot.countText().contains("not finite for the last 3 steps"));
  }

  /// EQUIPOISE_FRAMES=1: takes a minute and two GB. Whole, and a part of it.
  void tenMillionPointsAreDrawnWithinThreeFrames() {
    if (!qEnvironmentVariableIsSet("EQUIPOISE_FRAMES")) QSKIP("EQUIPOISE_FRAMES is not set");
    constexpr std::int64_t kPoints = 10'000'000, kAtOnce = 100'000;
    RunData data;
    PlotLink link;
    link.setSmoothing(0);
    LossesPlot plot(data, link);
    plot.resize(1200, 700);
    plot.show();
    data.start({}, demoTasks(1));
    for (std::int64_t first = 1; first <= kPoints; first += kAtOnce)
      data.append(demoRecords(first, first + kAtOnce - 1, 1, 0));
    plot.bringUpToDate();
    for (const double upper : {1e7, 2e6}) {
      link.setRange(XRange{0, upper});
      std::vector<qint64> times;
      for (int i = 0; i < 15; ++i) {
        QElapsedTimer clock;
        clock.start();
        plot.plot().replot(QCustomPlot::rpImmediateRefresh);
        times.push_back(clock.nsecsElapsed() / 1000);
      }
      std::sort(times.begin(), times.end());
      qInfo("%.0e points: least %.1f, median %.1f ms", upper, 1e-3 * double(times[0]),
            1e-3 * double(times[7]));
    }
    QCOMPARE(data.x(XUnit::step).size(), static_cast<std::size_t>(kPoints));
  }

  /// From the step that the heat map's slider shows.
  void theHeatMapForksAtItsStep() {
    ForkFixture f;
    PairMap plot("Cosines", {PairMap::What::cosine}, f.data, f.link);
    plot.resize(400, 300);
    plot.bringUpToDate();
    plot.setSample(1);
    plot.bringUpToDate();
    f.asksAt(plot, plot.plot().rect().center());
    QCOMPARE(f.forks.size(), 1);
    QCOMPARE(f.forks.at(0).at(1).toLongLong(), 20LL);
  }

  /// From the step at which the run was at the point that was clicked; elsewhere there is no step.
  void theTrajectoryForksAtThePointThatWasClicked() {
    ForkFixture f;
    TrajectoryPlot plot(f.data, f.link);
    plot.resize(400, 400);
    plot.show();
    plot.bringUpToDate();
    plot.plot().replot();
    const auto pixel = [&](double x, double y) {
      return QPoint(qRound(plot.plot().xAxis->coordToPixel(x)),
                    qRound(plot.plot().yAxis->coordToPixel(y)));
    };
    const auto& way = f.data.way();
    f.asksAt(plot, pixel(way[0][29], way[1][29]));
    QCOMPARE(f.forks.size(), 1);
    QCOMPARE(f.forks.at(0).at(1).toLongLong(), 30LL);
    f.asksAt(plot, pixel(way[0][29], way[1][29] - 6));
    QCOMPARE(f.forks.size(), 1);
    QCOMPARE(plot.countText(), QString());
    f.shown.setShown(makeDemoRun(std::filesystem::path(f.space.filePath("other").toStdString()),
                                 demoExperiment("other"), demoRecords(1, 5, 2, 0)),
                     true);
    QTRY_COMPARE(f.shown.runs().size(), std::size_t(2));
    plot.bringUpToDate();
    QCOMPARE(plot.countText(), QString("the run in focus alone"));
  }

  void normsSayWhereTheyWereTaken() {
    RunData data;
    PlotLink link;
    GradientNormsPlot plot(data, link);
    data.start({}, demoTasks(2));
    data.append(demoRecords(1, 20, 2, 10));
    plot.bringUpToDate();
    QCOMPARE(plot.plot().yAxis->label(), QString("Gradient norm, exact"));
    auto more = demoRecords(21, 40, 2, 10);
    for (auto& step : more.steps)
      if (step.conflict) step.conflict->source = train::GradientSource::representation;
    data.append(more);
    plot.bringUpToDate();
    QStringList names;
    for (const auto& series : plot.series()) names << series.name;
    QCOMPARE(names, QStringList({"left (exact)", "right (exact)", "left (representation)",
                                 "right (representation)"}));
    QCOMPARE(plot.series()[3].y[1], more.steps[19].conflict->norms[1]);
  }

  void metricsAreChosen() {
    RunData data;
    PlotLink link;
    MetricsPlot plot(data, link);
    data.start({}, demoTasks(2));
    auto records = demoRecords(1, 20, 2);
    for (auto split : {train::SplitName::train, train::SplitName::test})
      records.evaluations.push_back(demoEvaluation(20, 2, split));
    data.append(records);
    plot.bringUpToDate();
    // At first the main metric of every task, with axes of its own.
    QCOMPARE(plot.panes().size(), 2u);
    QCOMPARE(plot.panes()[1]->axes().y->label(), QString("right accuracy"));
    QCOMPARE(plot.series().size(), 4u);
    plot.setMetric("f1");
    QCOMPARE(plot.series()[2].name, QString("left, test"));
    QCOMPARE(plot.series()[2].y, Column{records.evaluations[1].tasks[0].at("f1")});
    plot.setMetric("nothing");
    QCOMPARE(plot.series()[2].y, Column{records.evaluations[1].tasks[0].at("f1")});
  }

  void metricsShowIntervalsOfTheLastEvaluation() {
    RunData data;
    PlotLink link;
    MetricsPlot plot(data, link);
    data.start({}, demoTasks(2));
    auto records = demoRecords(1, 20, 2);
    for (int step : {10, 20})
      for (auto split : {train::SplitName::validation, train::SplitName::test})
        records.evaluations.push_back(demoEvaluation(step, 2, split));
    data.append(records);
    plot.bringUpToDate();
    QVERIFY(plot.bars().empty() && !plot.countText().contains("bootstrap"));
    run::Records intervals;
    intervals.intervals = {
        {train::SplitName::validation, {{1, {{"accuracy", {0.1, 0.3, 0.95, 200}}}}}}};
    data.append(intervals);
    plot.bringUpToDate();
    QCOMPARE(plot.bars(), (std::vector<IntervalBar>{{1, 20, 0.1, 0.3, 1}}));
    QVERIFY(plot.countText().contains("95 % bootstrap over examples, 200 resamples"));
    QVERIFY(plot.panes()[1]->axes().y->range().lower < 0.1);  // the whole bar is shown
    QCOMPARE(plot.drawnLines().size(), 4u);
    plot.setMetric("f1");
    plot.bringUpToDate();
    QVERIFY(plot.bars().empty());
  }

  void everyTaskShowsItsMainMetricAndItsBestStep() {
    RunData data;
    PlotLink link;
    MetricsPlot plot(data, link);
    train::Experiment experiment;
    experiment.tasks.resize(2);
    experiment.tasks[0].name = "left";
    experiment.tasks[1].name = "right";
    experiment.tasks[0].metrics = {{"f1"}, {"accuracy"}};
    experiment.tasks[1].metrics = {{"mae"}};
    data.start(experiment, demoTasks(2));
    run::Records records;
    const Column f1{0.2, 0.8, kNaN, 0.5}, error{9, 4, 3, 6};
    for (std::size_t i = 0; i < f1.size(); ++i)
      for (auto split : {train::SplitName::train, train::SplitName::validation}) {
        auto one = demoEvaluation(10 * static_cast<std::int64_t>(i + 1), 2, split);
        one.tasks = {{{"loss", 1}, {"accuracy", 0.5}, {"f1", f1[i]}},
                     {{"loss", 1}, {"mae", error[i]}}};
        records.evaluations.push_back(one);
      }
    data.append(records);
    plot.bringUpToDate();
    QCOMPARE(plot.panes().size(), 2u);
    QCOMPARE(plot.panes()[0]->axes().y->label(), QString("left f1"));
    QCOMPARE(plot.panes()[1]->axes().y->label(), QString("right mae"));
    // Train is dashed with circles, validation solid with discs, in the task's colour.
    const auto& train = *plot.drawnLines()[0];
    const auto& validation = *plot.drawnLines()[2];
    QCOMPARE(train.legendGraph().pen().style(), Qt::DashLine);
    QCOMPARE(validation.legendGraph().pen().style(), Qt::SolidLine);
    QCOMPARE(train.legendGraph().pen().color(), validation.legendGraph().pen().color());
    // More f1 is better, less error; the best of validation counts.
    QCOMPARE(plot.best(), (std::vector<BestValue>{{0, 20, 0.8, 1, "f1 of left"},
                                                  {1, 30, 3, 1, "mae of right"}}));
    QStringList rings;
    for (int i = 0; i < plot.plot().graphCount(); ++i)
      if (const auto* graph = plot.plot().graph(i); graph->scatterStyle().size() > 10)
        rings << QString("%1 %2").arg(graph->data()->at(0)->key).arg(graph->data()->at(0)->value);
    QCOMPARE(rings, QStringList({"20 0.8", "30 3"}));
    QCOMPARE(plot.tipAt(1, 30, 1), QString("Best mae of right on validation: 3 at step 30"));
    QVERIFY(plot.tipAt(0, 30, 1).isEmpty());
  }

  void cursorMovesWithoutDrawingTheCurves() {
    RunData data;
    PlotLink link;
    LossesPlot plot(data, link);
    plot.resize(1200, 700);
    plot.show();
    data.start({}, demoTasks(4));
    data.append(demoRecords(1, 200000, 4, 0));
    QTest::qWait(50);
    QSignalSpy replots(&plot.plot(), &QCustomPlot::afterReplot);
    for (int i = 0; i < 50; ++i) link.setCursor(1000 + 10 * i);
    QCOMPARE(replots.count(), 0);
  }

  void tableShowsSortsAndCopiesTheValues() {
    RunData data;
    PlotLink link;
    PlotArea area(data, link);
    area.resize(500, 400);
    area.show();
    data.start({}, demoTasks(2));
    data.append(demoRecords(1, 100, 2));
    QTest::qWait(50);
    CursorTable table(area, link);
    QCOMPARE(table.model()->rowCount(), 0);
    link.setCursor(30);
    QCOMPARE(table.model()->rowCount(), 2);
    table.sortByColumn(3, Qt::AscendingOrder);
    const auto copied = [&] {
      return QString::fromStdString(textOf(textTableOf(table), eq::TableFormat::tabs));
    };
    const QStringList lines = copied().split('\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 3);
    QCOMPARE(lines[0], QString("Plot\tCurve\tx\tValue\tSmoothed"));
    const bool leftFirst = data.losses(0)[29] < data.losses(1)[29];
    QVERIFY(lines[1].startsWith(leftFirst ? "Losses\tleft\t30\t" : "Losses\tright\t30\t"));
    // Sorted as numbers, not as text: 9 stands before 10.
    table.selectRow(1);
    QCOMPARE(copied().count('\n'), 2);
    link.setCursor(std::nullopt);
    QCOMPARE(table.model()->rowCount(), 2);
  }

  void meterTellsPercentiles() {
    QWidget window;
    FrameMeter meter(&window);
    QCOMPARE(meter.percentile(0.99), 0.0);
    for (int i = 1; i <= 200; ++i) meter.add(i);
    QCOMPARE(meter.percentile(0.5), 100.0);
    QCOMPARE(meter.percentile(0.99), 198.0);
    for (std::size_t i = 0; i < FrameMeter::kFrames; ++i) meter.add(7);
    QCOMPARE(meter.percentile(0.99), 7.0);
    meter.setRunning(true);
    QCOMPARE(meter.frameCount(), 0u);
    QTimer::singleShot(5, &window, [] { QThread::msleep(20); });
    QTimer::singleShot(40, &window, [] { QThread::msleep(60); });
    QTest::qWait(200);
    QVERIFY(meter.frameCount() > 2);
    QVERIFY(meter.percentile(1) >= 50);
    meter.setRunning(false);
  }

  void dialogSavesAndTellsErrors() {
    RunData data;
    PlotLink link;
    WeightsPlot plot(data, link);
    data.start({}, demoTasks(2));
    data.append(demoRecords(1, 100, 2));
    QPointer<ExportDialog> dialog = new ExportDialog({&plot});
    dialog->show();
    QTemporaryDir folder;
    QSignalSpy saved(dialog, &ExportDialog::saved);
    QVERIFY(!dialog->save("/nonexistent/a.pdf"));
    bool told = false;
    for (const QLabel* label : dialog->findChildren<QLabel*>())
      told = told || label->text().contains("/nonexistent/a.pdf");
    QVERIFY(told && dialog->isVisible());
    QVERIFY(dialog->save(folder.filePath("a.pdf")));
    QCOMPARE(saved.count(), 1);
    QVERIFY(QFileInfo(folder.filePath("a.pdf")).size() > 1000);
    // It stays for the next format.
    QVERIFY(dialog->isVisible());
    QVERIFY(dialog->save(folder.filePath("a.png")));
    QCOMPARE(saved.count(), 2);
    delete dialog;
  }

  void screenshots();
};

/// Pictures of every plot in both themes, for eyes: EQUIPOISE_SHOTS=folder.
void TestPlots::screenshots() {
  const QString folder = qEnvironmentVariable("EQUIPOISE_SHOTS");
  if (folder.isEmpty()) QSKIP("EQUIPOISE_SHOTS names no folder");
  QDir().mkpath(folder);
  for (const Theme theme : {Theme::light, Theme::dark}) {
    applyTheme(*qApp, theme);
    for (const int tasks : {2, 5, 10}) {
      RunData data;
      PlotLink link;
      PlotArea area(data, link);
      area.resize(1000, 620);
      area.show();
      train::Experiment experiment;
      if (tasks == 5) experiment.data.id = "two_valleys";
      data.start(experiment, demoTasks(tasks));
      auto records = demoRecords(1, 1500, tasks);
      for (int step = 79; step <= 1500; step += 79)
        for (auto split : {train::SplitName::train, train::SplitName::validation})
          records.evaluations.push_back(demoEvaluation(step, tasks, split));
      records.events = {demoEvent(400, "command", "left: loss focal"),
                        demoEvent(900, "checkpoint", "saved"),
                        demoEvent(1200, "nonfinite", "left: NaN")};
      for (int i = 1199; i < 1220; ++i) records.steps[static_cast<std::size_t>(i)].losses[0] = kNaN;
      double x1 = -8.5, x2 = 7.5;
      for (auto& step : records.steps) {
        step.point = {x1, x2};
        x1 += 0.006;
        x2 -= 0.011;
      }
      data.append(records);
      link.setCursor(700);
      FigureOptions figure;
      figure.theme = theme;
      figure.title = "Losses and weights";
      const std::vector<PlotPanel*> both{area.panels()[0], area.panels()[1]};
      for (const char* extension : {"pdf", "png"})
        exportFigure(both,
                     QString("%1/figure-%2.%3").arg(folder).arg(tasks).arg(extension).toStdString(),
                     figure);
      auto* dialog = new ExportDialog(both);
      dialog->show();
      QTest::qWait(50);
      dialog->grab().save(QString("%1/%2-dialog-%3.png")
                              .arg(folder, theme == Theme::light ? "light" : "dark")
                              .arg(tasks));
      dialog->close();
      for (QDockWidget* dock : area.docks()) {
        if (!dock->toggleViewAction()->isEnabled()) continue;
        area.showDock(dock->windowTitle());
        QTest::qWait(80);
        area.grab().save(
            QString("%1/%2-%3-%4.png")
                .arg(folder, theme == Theme::light ? "light" : "dark", dock->windowTitle())
                .arg(tasks));
      }
    }
  }
}

EQUIPOISE_TEST(TestPlots)
#include "tst_plots.moc"

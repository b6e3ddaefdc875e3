#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include <QComboBox>
#include <QContextMenuEvent>
#include <QMenu>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "core/base/paths.h"
#include "tests/registry.h"
#include "widgets/demo_run.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/gradient_norms_plot.h"
#include "widgets/plots/losses_plot.h"
#include "widgets/plots/weights_plot.h"
#include "widgets/session/job.h"

using namespace eq;
using namespace eq::widgets;

namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// Falling losses of tasks, one so many times the one before.
run::Records scaledRecords(std::int64_t last, int tasks, double factor) {
  run::Records out;
  for (std::int64_t step = 1; step <= last; ++step) {
    train::StepRecord record;
    record.step = step;
    record.examples = step * 10;
    for (int task = 0; task < tasks; ++task) {
      const double scale = std::pow(factor, task);
      record.losses.push_back(scale * (1 + std::exp(-static_cast<double>(step) / 30)));
      record.weights.push_back(1 / scale);
    }
    out.steps.push_back(std::move(record));
  }
  return out;
}

/// A plot of 100 steps on the screen.
struct Shown {
  explicit Shown(int tasks = 3, double factor = 100) {
    plot.resize(700, 500);
    plot.show();
    data.start({}, demoTasks(tasks));
    data.append(scaledRecords(100, tasks, factor));
    QTest::qWait(50);
  }
  QPoint at(const TimePane& pane, double x, double y) const {
    return QPointF(pane.axes().x->coordToPixel(x), pane.axes().y->coordToPixel(y)).toPoint();
  }
  RunData data;
  PlotLink link;
  LossesPlot plot{data, link};
};

int hollowTriangles(QCustomPlot& plot) {
  int out = 0;
  for (int i = 0; i < plot.graphCount(); ++i) {
    const QCPGraph& graph = *plot.graph(i);
    const auto shape = graph.scatterStyle().shape();
    if ((shape == QCPScatterStyle::ssTriangle || shape == QCPScatterStyle::ssTriangleInverted) &&
        graph.scatterStyle().brush() == Qt::NoBrush)
      out += graph.dataCount();
  }
  return out;
}

/// Shares of a pane's height that the task's curve takes, after its first tenth.
double heightTaken(const TimePane& pane, const PlotLine& line) {
  const auto extent = line.extent();
  const QCPRange y = pane.axes().y->range();
  return extent ? (std::min(extent->upper, y.upper) - std::max(extent->lower, y.lower)) / y.size()
                : 0;
}

}  // namespace

class TestTimePanes : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    QCoreApplication::setOrganizationName("equipoise-test");
    QSettings().remove("plots");
  }

  void scalesAreUnlikeFromMoreThanAFactorOfFiveOn() {
    QVERIFY(!areUnlike({}) && !areUnlike({3}) && !areUnlike({1, 5}));
    QVERIFY(areUnlike({1, 5.1, 2}));
    QVERIFY(!areUnlike({0, 1, 3}));
    QCOMPARE(typicalSize({kNoNumber, -2, 8, 3}), 3.0);
    QCOMPARE(typicalSize({kNoNumber}), 0.0);
    QCOMPARE(firstSize({kNoNumber, 0, -4, 7}), 4.0);
  }

  void tasksOfUnlikeScalesStartWithAxesOfTheirOwn() {
    Shown f;
    QCOMPARE(f.plot.arrangement(), Arrangement::eachTask);
    QCOMPARE(f.plot.plot().axisRectCount(), 3);
    for (std::size_t task = 0; task < 3; ++task) {
      const TimePane& pane = *f.plot.panes()[task];
      const double scale = std::pow(100, task);
      const QCPRange y = pane.axes().y->range();
      QVERIFY2(y.lower < scale && y.lower > 0.5 * scale, qPrintable(QString::number(y.lower)));
      QVERIFY2(y.upper > 1.9 * scale && y.upper < 2.5 * scale,
               qPrintable(QString::number(y.upper)));
      QCOMPARE(pane.axes().y->label(), f.data.taskName(static_cast<int>(task)));
      QCOMPARE(pane.axes().x->range(), QCPRange(0, 100));
      QVERIFY(pane.rect().width() > 200 && pane.rect().height() > 60);
    }
    // A column of panes has one labelled x axis, at its bottom.
    QCOMPARE(f.plot.panes().back()->axes().x->label(), QString("Step"));
    QVERIFY(f.plot.panes().back()->axes().x->tickLabels());
    QVERIFY(!f.plot.panes().front()->axes().x->tickLabels());
  }

  /// Ten panes in a small plot were 30 pixels high.
  void moreTasksThanThePlotHoldsAreScrolled() {
    Shown f(10, 10);
    f.plot.resize(345, 330);
    auto* area = f.plot.findChild<QScrollArea*>();
    QTRY_VERIFY(area->verticalScrollBar()->maximum() > 0);
    const auto allAreHighEnough = [&f] {
      return std::all_of(f.plot.panes().begin(), f.plot.panes().end(),
                         [](const auto& pane) { return pane->rect().height() >= 40; });
    };
    QTRY_VERIFY(allAreHighEnough());
    QCOMPARE(f.plot.plot().width(), area->viewport()->width());
    f.plot.resize(1400, 900);
    QTRY_COMPARE(area->verticalScrollBar()->maximum(), 0);
    QTRY_COMPARE(f.plot.plot().height(), area->viewport()->height());
  }

  void tasksOfLikeScalesStartTogether() {
    Shown f(3, 2);
    QCOMPARE(f.plot.arrangement(), Arrangement::together);
    QCOMPARE(f.plot.plot().axisRectCount(), 1);
    QCOMPARE(f.plot.plot().yAxis->label(), QString("Loss"));
    // The next run decides anew, and so does one back.
    f.data.start({}, demoTasks(2));
    f.data.append(scaledRecords(100, 2, 100));
    QCOMPARE(f.plot.plot().axisRectCount(), 2);
    f.data.start({}, demoTasks(2));
    f.data.append(scaledRecords(100, 2, 1.5));
    QCOMPARE(f.plot.plot().axisRectCount(), 1);
  }

  void theUsersChoiceIsRememberedForPlotsOfItsKind() {
    {
      Shown f;
      auto* choice = f.plot.findChild<QComboBox*>();
      QCOMPARE(choice->currentText(), QString("Automatic"));
      QVERIFY(choice->toolTip().contains("5 times"));
      QTest::keyClick(choice, Qt::Key_Down);
      QCOMPARE(f.plot.arrangement(), Arrangement::together);
      QCOMPARE(f.plot.plot().axisRectCount(), 1);
    }
    Shown again;
    QCOMPARE(again.plot.arrangement(), Arrangement::together);
    WeightsPlot weights(again.data, again.link);
    weights.bringUpToDate();
    QCOMPARE(weights.arrangement(), Arrangement::eachTask);
    again.plot.choose(Arrangement::automatic);
    QCOMPARE(again.plot.arrangement(), Arrangement::eachTask);
  }

  void relativeCurvesBeginAtOne() {
    Shown f;
    f.plot.choose(Arrangement::relative);
    QCOMPARE(f.plot.plot().axisRectCount(), 1);
    QCOMPARE(f.plot.plot().yAxis->label(), QString("Loss / first"));
    QVERIFY(f.plot.plot().yAxis->range().upper < 1.2);
    for (const auto& line : f.plot.drawnLines()) {
      QCOMPARE(line->extent()->upper, 1.0);
      QVERIFY(line->extent()->lower > 0.4);
    }
    // The cursor's values and CSV stay as recorded; TeX shows what is drawn.
    f.link.setCursor(50);
    QCOMPARE(f.plot.valuesAtCursor()[1].value, f.data.losses(1)[49]);
    const auto csv = QString::fromStdString(figureBytes({&f.plot}, FigureFormat::csv, {}));
    QCOMPARE(csv.split('\n')[1].split(',')[2].toDouble(), f.data.losses(1)[0]);
    const auto tex = QString::fromStdString(figureBytes({&f.plot}, FigureFormat::pgfplots, {}));
    QVERIFY(tex.contains("ylabel={Loss / first}"));
    QCOMPARE(tex.count("table {\n1 1\n"), 3);
  }

  void figuresFollowTheArrangement() {
    Shown f;
    const auto tex = QString::fromStdString(figureBytes({&f.plot}, FigureFormat::pgfplots, {}));
    QCOMPARE(tex.count("\\begin{axis}"), 3);
    QVERIFY(tex.contains("ylabel={right: Loss}"));
    QVERIFY(!figureImage({&f.plot}, {}).isNull());
    QCOMPARE(f.plot.plot().axisRectCount(), 3);
  }

  void panesShareRangeCursorAndEvents() {
    Shown f;
    run::Records event;
    event.events = {demoEvent(10, "note", "look")};
    f.data.append(event);
    for (const auto& pane : f.plot.panes()) QCOMPARE(pane->events().size(), 1u);
    QTest::qWait(50);
    const TimePane& second = *f.plot.panes()[1];
    f.link.setRange(XRange{20, 60});
    QTest::qWait(50);
    const QPoint from = f.at(second, 40, 130), to = f.at(second, 50, 130);
    QTest::mousePress(&f.plot.plot(), Qt::LeftButton, {}, from);
    QTest::mouseMove(&f.plot.plot(), to);
    QTest::mouseRelease(&f.plot.plot(), Qt::LeftButton, {}, to);
    for (const auto& pane : f.plot.panes()) {
      QVERIFY(std::abs(pane->axes().x->range().lower - 10) < 0.5);
      QVERIFY(std::abs(pane->axes().x->range().upper - 50) < 0.5);
    }
    QCOMPARE(f.plot.plot().itemCount(), 6);  // a line and a text in each
    f.plot.choose(Arrangement::together);
    QCOMPARE(f.plot.plot().itemCount(), 2);
    QCOMPARE(f.plot.eventMarkCount(), 1u);
  }

  void theCursorStandsOnSteps() {
    Shown f;
    const TimePane& pane = *f.plot.panes()[1];
    QTest::mouseMove(&f.plot.plot(), f.at(pane, 42.3, 130));
    QCOMPARE(f.link.cursor(), std::optional(42.0));
    QTest::mouseMove(&f.plot.plot(), f.at(pane, 42.8, 130));
    QCOMPARE(f.link.cursor(), std::optional(43.0));
    QTest::mouseMove(&f.plot.plot(), QPoint(1, 1));
    QVERIFY(!f.link.cursor());
  }

  void theLegendHoldsTheValuesAtTheCursor() {
    Shown f;
    f.link.setSmoothing(0);
    QTest::qWait(50);
    QVERIFY(f.plot.legendValues().isEmpty());
    const TimePane& pane = *f.plot.panes()[1];
    const int width = f.plot.plot().legend->outerRect().width();
    QSignalSpy replots(&f.plot.plot(), &QCustomPlot::afterReplot);
    const QImage without = f.plot.plot().grab(f.plot.plot().legend->outerRect()).toImage();
    QTest::mouseMove(&f.plot.plot(), f.at(pane, 42, 130));
    // 1 + exp(-42 / 30), hundred and ten thousand times as much
    QCOMPARE(f.plot.legendValues(), QStringList({"1.25", "125", "1.25e+04"}));
    QVERIFY(f.plot.plot().grab(f.plot.plot().legend->outerRect()).toImage() != without);
    QCOMPARE(f.plot.plot().legend->outerRect().width(), width);
    QCOMPARE(replots.count(), 0);
    f.plot.choose(Arrangement::relative);
    QCOMPARE(f.plot.legendValues(), QStringList({"0.634", "0.634", "0.634"}));
  }

  /// An empty band stood above the plot.
  void aLegendThatIsLeftOutTakesNoPlace() {
    Shown f(10, 3);
    f.plot.resize(340, 340);
    QTest::qWait(50);
    QVERIFY(!f.plot.plot().legend->visible());
    int top = f.plot.plot().height();
    for (const auto* rect : f.plot.plot().axisRects()) top = std::min(top, rect->outerRect().top());
    QVERIFY2(top <= 12, qPrintable(QString::number(top)));
    f.plot.resize(1000, 700);
    QTest::qWait(50);
    QVERIFY(f.plot.plot().legend->visible());
    QVERIFY(f.plot.plot().legend->outerRect().height() > 10);
  }

  void aClickOnANameHidesAllThatItStandsFor() {
    Shown f(10, 3);
    run::Records records;
    records.evaluations = {demoEvaluation(100, 10, train::SplitName::validation)};
    f.data.append(records);
    f.plot.resize(1000, 700);
    QTest::qWait(50);
    QCOMPARE(f.plot.drawnLines().size(), 20u);
    QStringList names;
    const QCPLegend& legend = *f.plot.plot().legend;
    for (int i = 0; i < legend.itemCount(); ++i)  // the last row has empty cells
      if (auto* item = dynamic_cast<QCPPlottableLegendItem*>(legend.item(i)))
        names << item->plottable()->name();
    QCOMPARE(names.size(), 10);
    QCOMPARE(names[3], f.data.taskName(3));
    QVERIFY(f.plot.countText().contains("● validation"));
    const QPoint name = f.plot.plot().legend->item(3)->outerRect().center();
    QTest::mouseClick(&f.plot.plot(), Qt::LeftButton, {}, name);
    for (const auto& line : f.plot.drawnLines())
      QCOMPARE(line->isVisible(), line->spec().colour != 3);
    QTest::mouseClick(&f.plot.plot(), Qt::LeftButton, {}, name);
    for (const auto& line : f.plot.drawnLines()) QVERIFY(line->isVisible());
  }

  void draggingStopsAtTheData() {
    Shown f;
    f.link.setRange(XRange{10, 50});
    QTest::qWait(50);
    const TimePane& pane = *f.plot.panes()[0];
    const QPoint from = f.at(pane, 20, 1.3), to = f.at(pane, 48, 1.3);
    QTest::mousePress(&f.plot.plot(), Qt::LeftButton, {}, from);
    QTest::mouseMove(&f.plot.plot(), to);
    QTest::mouseRelease(&f.plot.plot(), Qt::LeftButton, {}, to);
    QCOMPARE(f.link.range(), std::optional(XRange{0, 40}));
    QCOMPARE(pane.axes().x->range(), QCPRange(0, 40));
    // Zoomed out as far as the data go, it follows the run again.
    f.plot.plot().xAxis->setRange(-10, 200);
    QVERIFY(!f.link.range());
    QCOMPARE(pane.axes().x->range(), QCPRange(0, 100));
  }

  void controlAndDragZoomIntoABox() {
    Shown f;
    const TimePane& pane = *f.plot.panes()[1];
    const QCPRange other = f.plot.panes()[0]->axes().y->range();
    const QPoint from = f.at(pane, 20, 160), to = f.at(pane, 60, 120);
    QTest::mousePress(&f.plot.plot(), Qt::LeftButton, Qt::ControlModifier, from);
    QTest::mouseMove(&f.plot.plot(), to);
    QTest::mouseRelease(&f.plot.plot(), Qt::LeftButton, Qt::ControlModifier, to);
    QVERIFY(f.link.range());
    QVERIFY(std::abs(f.link.range()->lower - 20) < 1 && std::abs(f.link.range()->upper - 60) < 1);
    QVERIFY(std::abs(pane.axes().y->range().lower - 120) < 2);
    QVERIFY(std::abs(pane.axes().y->range().upper - 160) < 2);
    QVERIFY(f.plot.panes()[0]->axes().y->range() != QCPRange(120, 160));
    QTest::mouseDClick(&f.plot.plot(), Qt::LeftButton, {}, f.at(pane, 40, 140));
    QVERIFY(!f.link.range());
    QCOMPARE(f.plot.panes()[0]->axes().y->range(), other);
    QVERIFY(TimePlot::gestures().contains("Ctrl"));
  }

  void outliersAreMarkedAtTheEdgeInsteadOfFlatteningTheRest() {
    RunData data;
    PlotLink link;
    WeightsPlot plot(data, link);
    plot.resize(500, 300);
    plot.show();
    data.start({}, demoTasks(1));
    auto records = scaledRecords(200, 1, 1);
    for (std::size_t i = 0; i < 200; ++i)
      records.steps[i].weights = {1 + 0.1 * std::sin(static_cast<double>(i))};
    records.steps[100].weights = {50};
    records.steps[120].weights = {-30};
    records.steps[150].weights = {kNoNumber};
    data.append(records);
    QTest::qWait(50);
    QVERIFY(plot.plot().yAxis->range().upper < 1.5);
    QVERIFY(plot.plot().yAxis->range().lower > 0.5);
    QVERIFY2(plot.countText().contains("2 beyond the axis"), qPrintable(plot.countText()));
    QVERIFY(plot.countText().contains("1 not finite"));
    QCOMPARE(hollowTriangles(plot.plot()), 2);
    plot.setWholeY(true);
    QVERIFY(plot.plot().yAxis->range().upper > 50 && plot.plot().yAxis->range().lower < -30);
    QVERIFY(!plot.countText().contains("beyond"));
    QCOMPARE(hollowTriangles(plot.plot()), 0);
    // The newest value is always shown, and so is what lies near the others.
    plot.setWholeY(false);
    auto more = scaledRecords(201, 1, 1);
    more.steps.erase(more.steps.begin(), more.steps.begin() + 200);
    more.steps[0].weights = {8};
    data.append(more);
    QVERIFY(plot.plot().yAxis->range().upper > 8);
    QVERIFY(plot.plot().yAxis->range().upper < 20);
  }

  void theHeaderTellsTheLastValues() {
    Shown f;
    f.link.setSmoothing(0);
    QVERIFY2(f.plot.countText().contains("left 1.04"), qPrintable(f.plot.countText()));
    QVERIFY(f.plot.countText().contains("right 104"));
    QVERIFY(!f.plot.countText().contains("points"));
    f.link.setRange(XRange{10, 20});
    QVERIFY2(f.plot.countText().contains("33 of 300 points"), qPrintable(f.plot.countText()));
  }

  void aRightClickOffersWhatCanBeDone() {
    Shown f;
    QContextMenuEvent click(QContextMenuEvent::Mouse, {300, 200},
                            f.plot.plot().mapToGlobal(QPoint(300, 200)));
    QApplication::sendEvent(&f.plot.plot(), &click);
    auto* menu = f.plot.findChild<QMenu*>();
    QVERIFY(menu && menu->isVisible());
    QStringList texts;
    for (const QAction* action : menu->actions())
      if (!action->isSeparator() && action->isVisible())
        texts << QString(action->text()).remove('&');
    QCOMPARE(texts, QStringList({"Show the whole run", "Log x", "Log y", "All values on the y axis",
                                 "Export…", "Copy the figure", "Copy in words", "Move to the right",
                                 "Move below", "Move to a window of its own",
                                 "Move back among the tabs"}));
    QTest::keyClick(menu, Qt::Key_Y);
    QVERIFY(f.plot.isLogY() && !menu->isVisible());
    for (const auto& pane : f.plot.panes())
      QCOMPARE(pane->axes().y->scaleType(), QCPAxis::stLogarithmic);
  }

  void everyTaskOfTheSamplesIsReadableInTheStandardPicture_data() {
    QTest::addColumn<QString>("file");
    QTest::newRow("scale imbalance") << "scale-imbalance.json";
    QTest::newRow("facts about a digit") << "digit-facts.json";
  }
  void everyTaskOfTheSamplesIsReadableInTheStandardPicture() {
    QFETCH(QString, file);
    QTemporaryDir workspace;
    StartRequest request;
    request.experiment = train::readExperiment(samplesFolder() / file.toStdString());
    request.workspace = workspace.path().toStdString();
    const auto job = makeRunnerJob(request);
    for (int step = 0; step < 40; ++step) job->step();
    RunData data;
    PlotLink link;
    data.start(job->facts().experiment, job->facts().tasks);
    data.append(job->take());
    LossesPlot losses(data, link);
    GradientNormsPlot norms(data, link);
    for (TimePlot* plot : {static_cast<TimePlot*>(&losses), static_cast<TimePlot*>(&norms)}) {
      plot->resize(640, 380);
      plot->show();
      QTest::qWait(50);
      QCOMPARE(plot->plot().axisRectCount(), data.taskCount());
      for (const auto& line : plot->drawnLines()) {
        const TimePane& pane = *plot->panes()[static_cast<std::size_t>(line->spec().colour)];
        QVERIFY2(heightTaken(pane, *line) > 0.25 || line->size() < 5,
                 qPrintable(line->spec().name));
        QVERIFY(pane.rect().height() > 25 && pane.rect().width() > 100);
      }
    }
  }
};

EQUIPOISE_TEST(TestTimePanes)
#include "tst_time_panes.moc"

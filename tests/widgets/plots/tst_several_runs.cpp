#include <cmath>
#include <map>
#include <set>

#include <qcustomplot.h>

#include <QCheckBox>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QMimeData>
#include <QSettings>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolTip>
#include <QUndoStack>

#include "tests/registry.h"
#include "widgets/demo_folder.h"
#include "widgets/plots/cursor_table.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/losses_plot.h"
#include "widgets/plots/metrics_plot.h"
#include "widgets/plots/pairs_plot.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/run_drag.h"
#include "widgets/plots/weights_plot.h"
#include "widgets/runs/runs_model.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/session/run_loading.h"

using namespace eq;
using namespace eq::widgets;

namespace {

constexpr int kLongWait = 20000;  // ms, for machines with much else to do

run::Records recordsOf(int run, std::int64_t last, int tasks = 2) {
  auto out = demoRecords(1, last, tasks);
  for (auto& step : out.steps)
    for (double& loss : step.losses) loss += run;
  for (const std::int64_t step : {last / 2, last})
    for (const auto split : {train::SplitName::train, train::SplitName::validation})
      out.evaluations.push_back(demoEvaluation(step, tasks, split));
  out.events = {demoEvent(0, "started", "started")};
  return out;
}

/// So many runs of 100, 110 ... steps, the first in focus.
struct Several {
  explicit Several(int count, int tasks = 2, const std::string& name = "Run") {
    for (int i = 0; i < count; ++i)
      folders.push_back(makeDemoRun(
          std::filesystem::path(space.path().toStdString()) / ("run-" + std::to_string(i)),
          demoExperiment(name + " " + std::to_string(i), 1), recordsOf(i, 100 + 10 * i, tasks),
          tasks));
    link.setRuns(shown);
    loadRun(focus, folders[0]);
    shown.setFocus(folders[0]);
    for (std::size_t i = 1; i < folders.size(); ++i) shown.setShown(folders[i], true);
    if (!QTest::qWaitFor([&] { return shown.runs().size() == folders.size(); }, kLongWait))
      qFatal("the runs were not read");
  }
  void show(PlotPanel& plot, QSize size = {700, 500}) const {
    plot.resize(size);
    plot.show();
    QTest::qWait(50);
  }
  QTemporaryDir space;
  std::vector<std::filesystem::path> folders;
  RunData focus;
  ShownRuns shown{focus};
  PlotLink link;
};

QColor colourOf(const PlotLine& line) {
  return line.legendGraph().pen().color();
}

/// Of the entries, in their order.
std::vector<QCPPlottableLegendItem*> entriesOf(const QCPLegend& legend) {
  std::vector<QCPPlottableLegendItem*> out;
  for (int i = 0; i < legend.itemCount(); ++i)
    if (auto* item = dynamic_cast<QCPPlottableLegendItem*>(legend.item(i))) out.push_back(item);
  return out;
}

void drop(QWidget& target, const QMimeData& data) {
  const QPoint at = target.rect().center();
  QDragEnterEvent enter(at, Qt::CopyAction, &data, Qt::LeftButton, {});
  QApplication::sendEvent(&target, &enter);
  if (!enter.isAccepted()) return;
  QDropEvent drop(at, Qt::CopyAction, &data, Qt::LeftButton, {});
  QApplication::sendEvent(&target, &drop);
}

}  // namespace

class TestSeveralRuns : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    QCoreApplication::setOrganizationName("equipoise-test");
    QSettings().remove("plots");
  }

  void coloursFollowTheRunsWhereSeveralAreShownAndTheTasksWhereOneIs() {
    Several f(3);
    WeightsPlot plot(f.focus, f.link);
    f.show(plot);
    // A pane a task, in it a curve a run, all solid.
    QCOMPARE(plot.panes().size(), 2u);
    QCOMPARE(plot.panes()[1]->axes().y->label(), QString("right"));
    QCOMPARE(plot.drawnLines().size(), 6u);
    for (const auto& line : plot.drawnLines()) {
      const auto run = std::find_if(f.shown.runs().begin(), f.shown.runs().end(),
                                    [&](const auto& one) { return one.data == line->spec().run; });
      QCOMPARE(colourOf(*line), taskColour(Theme::light, run->colour));
      QCOMPARE(line->legendGraph().pen().style(), Qt::SolidLine);
      QCOMPARE(line->legendGraph().keyAxis(),
               plot.panes()[static_cast<std::size_t>(line->spec().quantity)]->axes().x);
    }
    QCOMPARE(plot.legendNames(), QStringList({"Run 0", "Run 1", "Run 2"}));
    QCOMPARE(plot.plot().xAxis->range(), QCPRange(0, 120));  // of the longest
    f.shown.hideOthers();
    QCOMPARE(plot.drawnLines().size(), 2u);
    QCOMPARE(plot.legendNames(), QStringList({"left", "right"}));
    QCOMPARE(colourOf(*plot.drawnLines()[1]), taskColour(Theme::light, 1));
    QCOMPARE(plot.drawnLines()[1]->legendGraph().pen().style(), taskLineStyle(1));
  }

  void dashesTellTheTasksWhereTheyShareAxes() {
    Several f(2);
    WeightsPlot plot(f.focus, f.link);
    plot.choose(Arrangement::together);
    f.show(plot);
    QCOMPARE(plot.panes().size(), 1u);
    std::set<std::pair<QRgb, int>> looks;
    for (const auto& line : plot.drawnLines()) {
      QCOMPARE(line->legendGraph().pen().style(), taskLineStyle(line->spec().quantity));
      looks.insert({colourOf(*line).rgb(), line->legendGraph().pen().style()});
    }
    QCOMPARE(looks.size(), 4u);
    QCOMPARE(plot.legendNames(), QStringList({"Run 0", "Run 1", "left", "right"}));
    // The entry of a task is of no run's colour, and hides the task of all runs.
    const auto entries = entriesOf(*plot.plot().legend);
    QCOMPARE(entries[3]->plottable()->pen().style(), taskLineStyle(1));
    QTest::mouseClick(&plot.plot(), Qt::LeftButton, {}, entries[3]->outerRect().center());
    for (const auto& line : plot.drawnLines())
      QCOMPARE(line->isVisible(), line->spec().quantity == 0);
    QTest::mouseClick(&plot.plot(), Qt::LeftButton, {}, entries[3]->outerRect().center());
    QTest::mouseClick(&plot.plot(), Qt::LeftButton, {}, entries[0]->outerRect().center());
    for (const auto& line : plot.drawnLines())
      QCOMPARE(line->isVisible(), line->spec().run != &f.focus);
  }

  void tasksOfOneNameShareAPaneWhateverTheirPlace() {
    Several f(1, 2);
    RunData& focus = f.focus;
    auto tasks = demoTasks(3);
    std::swap(tasks[0], tasks[1]);  // right, left, digit
    const auto folder = std::filesystem::path(f.space.path().toStdString()) / "other";
    std::filesystem::create_directories(folder);
    {
      auto writer =
          run::RunWriter::create(folder, {train::toJson(demoExperiment("Other")), {}, tasks, 1000});
      writer->append(recordsOf(5, 50, 3));
      writer->setState(run::RunState::stopped);
    }
    f.shown.setShown(folder, true);
    QTRY_COMPARE_WITH_TIMEOUT(f.shown.runs().size(), std::size_t(2), kLongWait);
    WeightsPlot plot(focus, f.link);
    f.show(plot);
    QCOMPARE(plot.panes().size(), 3u);
    const QStringList labels{"left", "right", "digit"};
    for (std::size_t i = 0; i < 3; ++i)
      QCOMPARE(plot.panes()[i]->axes().y->label(), labels[static_cast<int>(i)]);
    const RunData& other = *f.shown.runs()[1].data;
    for (const auto& line : plot.drawnLines())
      if (line->spec().run == &other && line->spec().quantity == 0)
        QCOMPARE(line->spec().y, &other.weights(1));
  }

  void twentyCurvesHaveALegendThatIsReadableAndCoversNone() {
    Several f(20, 1, "A rather long name of an experiment that nobody would shorten number");
    WeightsPlot plot(f.focus, f.link);
    f.show(plot, {900, 500});
    const QCPLegend& legend = *plot.plot().legend;
    QVERIFY(legend.visible());
    const auto entries = entriesOf(legend);
    QCOMPARE(entries.size(), 20u);
    QCOMPARE(plot.legendNames().size(), 20);
    QSet<QString> texts;
    for (auto* entry : entries) {
      const QString text = entry->plottable()->name();
      QVERIFY2(text.contains("…"), qPrintable(text));
      texts << text.section("…", 1);
      QVERIFY(entry->outerRect().width() > 60 && entry->outerRect().height() > 10);
      QVERIFY(plot.plot().rect().contains(entry->outerRect()));
      for (const auto& pane : plot.panes())
        QVERIFY(!entry->outerRect().intersects(pane->rect().outerRect()));
      for (auto* other : entries)
        QVERIFY(other == entry || !entry->outerRect().intersects(other->outerRect()));
    }
    QVERIFY(texts.size() >= 20);  // the middle is left out, and not what tells them apart
    QVERIFY(plot.panes()[0]->rect().height() > 250);
    // Eight colours with more than one kind of dashes.
    std::set<std::pair<QRgb, int>> looks;
    for (const auto& line : plot.drawnLines())
      looks.insert({colourOf(*line).rgb(), line->legendGraph().pen().style()});
    QCOMPARE(looks.size(), 20u);
  }

  void theLegendLeavesOutWhatAllNamesHave() {
    Several f(1);
    for (const std::uint64_t seed : {1, 2})
      f.shown.setShown(
          makeDemoRun(std::filesystem::path(f.space.path().toStdString()) /
                          ("seed-" + std::to_string(seed)),
                      demoExperiment("Two digits, " + std::to_string(seed)), recordsOf(0, 50)),
          true);
    f.focus.start(train::Experiment(), {});
    QTRY_COMPARE_WITH_TIMEOUT(f.shown.runs().size(), std::size_t(2), kLongWait);
    WeightsPlot plot(f.focus, f.link);
    f.show(plot);
    QCOMPARE(plot.legendNames(), QStringList({"Two digits, 1", "Two digits, 2"}));
    const auto entries = entriesOf(*plot.plot().legend);
    QCOMPARE(entries[0]->plottable()->name(), QString("1"));
    QCOMPARE(entries[1]->plottable()->name(), QString("2"));
  }

  void theWholeNameIsInTheTip() {
    Several f(2, 1, "A rather long name of an experiment that nobody would shorten number");
    WeightsPlot plot(f.focus, f.link);
    f.show(plot, {400, 300});
    const auto entries = entriesOf(*plot.plot().legend);
    QTest::mouseMove(&plot.plot(), entries[1]->outerRect().center());
    QTRY_COMPARE(QToolTip::text(), f.shown.runs()[1].name);
  }

  void aChildIsDrawnFromItsForkOn() {
    Several f(1);
    const auto child = forkDemoRun(std::filesystem::path(f.space.path().toStdString()) / "child",
                                   f.folders[0], 60, demoRecords(61, 130, 2));
    f.shown.setShown(child, true);
    QTRY_COMPARE_WITH_TIMEOUT(f.shown.runs().size(), std::size_t(2), kLongWait);
    LossesPlot plot(f.focus, f.link);
    f.show(plot);
    for (const auto& line : plot.drawnLines()) {
      if (line->spec().look != LineSpec::Look::smoothed) continue;
      const auto& points = *line->legendGraph().data();
      const bool parent = line->spec().run == &f.focus;
      QCOMPARE(points.constBegin()->key, parent ? 1.0 : 60.0);
      QCOMPARE((points.constEnd() - 1)->key, parent ? 100.0 : 130.0);
    }
    // They part where they are one: also the smoothed lines.
    const auto smoothedAt60 = [&](const PlotLine& line) { return line.nearest(60)->smoothed; };
    std::vector<double> at60;
    for (const auto& line : plot.drawnLines())
      if (line->spec().quantity == 0 && line->spec().look == LineSpec::Look::smoothed)
        at60.push_back(smoothedAt60(*line));
    QCOMPARE(at60.size(), 2u);
    QCOMPARE(at60[0], at60[1]);
    // Its values before are told all the same.
    f.link.setCursor(10);
    for (const auto& value : plot.valuesAtCursor())
      if (!value.name.contains("validation")) QCOMPARE(value.x, 10.0);
    // Figures of points hold what is drawn, tables all that was recorded.
    const auto tex = QString::fromStdString(figureBytes({&plot}, FigureFormat::pgfplots, {}));
    QCOMPARE(tex.count("table {\n60 "), 2);
    QCOMPARE(plot.series()[4].x.front(), 1.0);
  }

  void figuresHoldAllRuns() {
    Several f(3);
    WeightsPlot plot(f.focus, f.link);
    f.show(plot);
    const auto csv = QString::fromStdString(figureBytes({&plot}, FigureFormat::csv, {}));
    QCOMPARE(csv.section('\n', 0, 0),
             QString("Step,Run 0 · left,Run 0 · right,Run 1 · left,Run 1 · right,Run 2 · left,"
                     "Run 2 · right"));
    const QStringList last = csv.trimmed().section('\n', -1).split(',');
    QCOMPARE(last[0], QString("120"));
    QVERIFY(last[1].isEmpty() && last[3].isEmpty());
    QCOMPARE(last[6].toDouble(), f.shown.runs()[2].data->weights(1)[119]);
    const auto tex = QString::fromStdString(figureBytes({&plot}, FigureFormat::pgfplots, {}));
    QCOMPARE(tex.count("\\addplot"), 6);
    QCOMPARE(tex.count("\\begin{axis}"), 2);
    QVERIFY(tex.contains("{Run 2 · right}"));
    const auto svg = QString::fromStdString(figureBytes({&plot}, FigureFormat::svg, {}));
    for (const char* name : {"Run 0", "Run 1", "Run 2"}) QVERIFY(svg.contains(name));
    for (const ShownRun& run : f.shown.runs())
      QVERIFY(svg.contains(taskColour(Theme::light, run.colour).name()));
  }

  void theCursorTellsTheValuesOfEveryRun() {
    Several f(3);
    LossesPlot plot(f.focus, f.link);
    f.link.setSmoothing(0);
    f.show(plot);
    f.link.setCursor(50);
    std::map<QString, double> values;
    for (const auto& value : plot.valuesAtCursor()) values[value.name] = value.value;
    for (const ShownRun& run : f.shown.runs())
      QCOMPARE(values.at(run.name + " · right"), run.data->losses(1)[49]);
    // The cursor stands on steps of any run.
    const TimePane& pane = *plot.panes()[1];
    const QCPRange y = pane.axes().y->range();
    const QPoint at =
        QPointF(pane.axes().x->coordToPixel(117.2), pane.axes().y->coordToPixel(y.center()))
            .toPoint();
    QTest::mouseMove(&plot.plot(), at);
    QCOMPARE(f.link.cursor(), std::optional(117.0));
    // The legend tells those of the pane under the mouse.
    QCOMPARE(plot.legendValues().size(), 3);
    QCOMPARE(plot.legendValues()[2].toDouble(),
             QString::number(f.shown.runs()[2].data->losses(1)[116], 'g', 3).toDouble());
  }

  void aRunThatIsDroppedOnAPlotIsShown() {
    Several f(1);
    WeightsPlot plot(f.focus, f.link);
    f.show(plot);
    const auto other = makeDemoRun(std::filesystem::path(f.space.path().toStdString()) / "other",
                                   demoExperiment("Other"), recordsOf(3, 80));
    QMimeData files;
    files.setUrls({QUrl::fromLocalFile(QString::fromStdString(other.string()))});
    drop(plot, files);  // the window opens those
    QVERIFY(!f.shown.hasOthers());
    const std::unique_ptr<QMimeData> runs(makeRunDrag({other}));
    QVERIFY(!runs->hasUrls());
    drop(plot, *runs);
    QVERIFY(f.shown.isShown(other));
    QTRY_COMPARE_WITH_TIMEOUT(plot.drawnLines().size(), std::size_t(4), kLongWait);
  }

  void aHiddenPlotKeepsNothingOfARunThatIsGone() {
    Several f(3);
    LossesPlot plot(f.focus, f.link);
    f.show(plot);
    plot.hide();
    f.shown.hideOthers();
    f.link.setCursor(40);
    for (const auto& line : plot.drawnLines()) QVERIFY(line->spec().run == &f.focus);
    QVERIFY(plot.valuesAtCursor().size() <= 4);
    plot.show();
    QCOMPARE(plot.legendNames().first(), QString("left"));
  }

  void anotherRunLeavesTheLinesOfTheOthersAsTheyAre() {
    Several f(3);
    WeightsPlot plot(f.focus, f.link);
    f.show(plot);
    std::set<const PlotLine*> before;
    for (const auto& line : plot.drawnLines()) before.insert(line.get());
    f.shown.setShown(f.folders[2], false);
    for (const auto& line : plot.drawnLines()) QVERIFY(before.contains(line.get()));
    QCOMPARE(plot.drawnLines().size(), 4u);
  }

  void metricsAndAnglesOfAllRunsAreShown() {
    Several f(2, 3);
    MetricsPlot metrics(f.focus, f.link);
    PairsPlot angles(PairQuantity::angle, f.focus, f.link);
    f.show(metrics);
    f.show(angles);
    QCOMPARE(metrics.panes().size(), 3u);
    QCOMPARE(metrics.panes()[2]->axes().y->label(), QString("digit accuracy"));
    QCOMPARE(metrics.drawnLines().size(), 12u);  // 2 runs, 2 splits, 3 tasks
    for (const auto& line : metrics.drawnLines())
      QCOMPARE(line->legendGraph().pen().style(),
               line->spec().look == LineSpec::Look::circles ? Qt::DashLine : Qt::SolidLine);
    QCOMPARE(metrics.best().size(), 6u);
    QCOMPARE(metrics.best()[5].name, QString("accuracy of Run 1 · digit"));
    QCOMPARE(metrics.best()[5].colour, std::optional(f.shown.runs()[1].colour));
    QCOMPARE(angles.drawnLines().size(), 6u);
    QCOMPARE(angles.legendNames().size(), 2 + 3);
    for (const auto& line : angles.drawnLines())
      QCOMPARE(line->legendGraph().pen().style(), taskLineStyle(line->spec().quantity));
  }

  void aClickInTheTableShowsARun() {
    Several f(2);
    f.shown.hideOthers();
    QUndoStack undo;
    RunsPanel panel(f.space.path().toStdString(), undo);
    panel.setShown(f.shown);
    panel.resize(800, 200);
    panel.show();
    QVERIFY(QTest::qWaitForWindowActive(&panel));
    auto* table = panel.findChild<QTableView*>();
    QTRY_COMPARE(table->model()->rowCount(), 2);
    const auto cellOf = [&](const std::filesystem::path& folder) {
      for (int row = 0; row < 2; ++row)
        if (const auto cell = table->model()->index(row, RunsModel::kShown);
            cell.siblingAtColumn(RunsModel::kName).data().toString() ==
            QString("Run %1").arg(folder == f.folders[0] ? 0 : 1))
          return cell;
      return QModelIndex();
    };
    QCOMPARE(table->horizontalHeader()->visualIndex(RunsModel::kShown), 0);
    const auto click = [&](const std::filesystem::path& folder) {
      QStyleOptionViewItem option;
      option.initFrom(table);
      option.rect = table->visualRect(cellOf(folder));
      option.features = QStyleOptionViewItem::HasCheckIndicator;
      const QRect box =
          table->style()->subElementRect(QStyle::SE_ItemViewItemCheckIndicator, &option, table);
      QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, box.center());
    };
    const auto checked = [&](const std::filesystem::path& folder) {
      return cellOf(folder).data(Qt::CheckStateRole).toInt() == Qt::Checked;
    };
    QVERIFY(checked(f.folders[0]) && !checked(f.folders[1]));
    click(f.folders[0]);  // the focus is always shown
    QVERIFY(checked(f.folders[0]));
    click(f.folders[1]);
    QVERIFY(checked(f.folders[1]) && f.shown.isShown(f.folders[1]));
    QCOMPARE(cellOf(f.folders[1]).data(Qt::DecorationRole).value<QColor>(),
             taskColour(Theme::light, 1));
    // By key, too.
    const auto name = cellOf(f.folders[1]).siblingAtColumn(RunsModel::kName);
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(name).center());
    QTest::keyClick(table, Qt::Key_Space);
    QVERIFY(!f.shown.isShown(f.folders[1]));
    QTest::keyClick(table, Qt::Key_Space);
    QVERIFY(f.shown.isShown(f.folders[1]));
    QTest::keyClick(table, Qt::Key_H, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(!f.shown.hasOthers());
    // A row that is dragged carries its run.
    const std::unique_ptr<QMimeData> drag(table->model()->mimeData(
        {cellOf(f.folders[1]), cellOf(f.folders[1]).siblingAtColumn(RunsModel::kName)}));
    QCOMPARE(runsIn(*drag), std::vector{f.folders[1]});
  }
};

EQUIPOISE_TEST(TestSeveralRuns)
#include "tst_several_runs.moc"

#include <cmath>

#include <qcustomplot.h>

#include <QApplication>
#include <QLabel>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "tests/registry.h"
#include "widgets/demo_folder.h"
#include "widgets/plots/confusion_plot.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/reliability_grid.h"
#include "widgets/plots/reliability_plot.h"
#include "widgets/session/run_loading.h"
#include "widgets/style/theme.h"

using namespace eq;
using namespace eq::widgets;

namespace {

TaskInfo taskOf(const std::string& name, int classes, const std::string& prefix = {}) {
  TaskInfo task;
  task.name = name;
  task.width = classes;
  for (int c = 0; c < classes && !prefix.empty(); ++c)
    task.classNames.push_back(prefix + std::to_string(c));
  return task;
}

train::EvaluationRecord evaluationOf(std::int64_t step, const metric::ClassReport& report,
                                     train::SplitName split = train::SplitName::validation) {
  train::EvaluationRecord evaluation;
  evaluation.step = step;
  evaluation.epoch = static_cast<double>(step) / 10;
  evaluation.split = split;
  evaluation.tasks = {{{"loss", 1.0}}};
  evaluation.reports[0] = report;
  return evaluation;
}

QString hintOf(PlotPanel& panel) {
  panel.bringUpToDate();
  const auto* label = panel.plot().findChild<QLabel*>();
  return label->isVisibleTo(&panel.plot()) ? label->text() : QString();
}

/// Pixels between neighbouring labels of an axis, after a replot.
double labelDistance(QCPAxis* axis, QCustomPlot& plot) {
  plot.replot();
  const auto ticks = axis->ticker().isNull() ? QVector<double>() : axis->tickVector();
  if (ticks.size() < 2) return HUGE_VAL;
  return std::abs(axis->coordToPixel(ticks[1]) - axis->coordToPixel(ticks[0]));
}

}  // namespace

class TestReportPlots : public QObject {
  Q_OBJECT

 private slots:
  void confusionShowsCountsOrShares() {
    RunData data;
    PlotLink link;
    ConfusionPlot plot(data, link);
    data.start({}, {taskOf("digit", 3, "class ")});
    metric::ClassReport report{3, {8, 2, 0, 0, 5, 0, 1, 1, 98}, {{115, 100, 111}}};
    data.append({{}, {evaluationOf(1200, report)}, {}});
    plot.bringUpToDate();
    QCOMPARE(plot.cellText(0, 0), QString("8"));
    QCOMPARE(plot.cellText(0, 1), QString("2"));
    QCOMPARE(plot.cellText(0, 2), QString());  // zeros are left empty
    QVERIFY(plot.countText().contains(u"1\u202F200") && plot.countText().contains("115 examples"));
    QVERIFY(plot.countText().contains("96.5 % right"));
    const auto counts = plot.series();
    QCOMPARE(counts.size(), 3u);
    QCOMPARE(counts[2].name, QString("target class 2"));
    QCOMPARE(counts[2].x, (Column{0, 1, 2}));
    QCOMPARE(counts[2].y, (Column{1, 1, 98}));
    plot.setShares(true);
    plot.bringUpToDate();
    QCOMPARE(plot.cellText(0, 1), QString("20"));
    QCOMPARE(plot.cellText(2, 0), QString("1.0"));
    QCOMPARE(plot.series()[0].y, (Column{80, 20, 0}));
  }

  void followsTheSharedCursor() {
    RunData data;
    PlotLink link;
    ConfusionPlot plot(data, link);
    data.start({}, {taskOf("digit", 2)});
    run::Records records;
    for (int step : {100, 200, 300})
      records.evaluations.push_back(evaluationOf(step, demoReport(2, step, 0.5)));
    data.append(records);
    plot.resize(500, 400);
    plot.show();
    const auto shows = [&](const char* step) {
      return plot.countText().startsWith(QString("step %1 ·").arg(step));
    };
    QVERIFY(shows("300"));
    link.setCursor(250);
    QVERIFY(shows("200"));
    QCOMPARE(plot.cellText(0, 0), QString("100"));
    link.setCursor(200);
    QVERIFY(shows("200"));
    link.setCursor(50);  // none stands there yet
    QVERIFY(shows("300"));
    link.setUnit(XUnit::epoch);
    link.setCursor(12);
    QVERIFY(shows("100"));
    link.setCursor(std::nullopt);
    data.append({{}, {evaluationOf(400, demoReport(2, 9, 1))}, {}});
    QVERIFY(shows("400"));
  }

  void choosesTaskAndSplit() {
    RunData data;
    PlotLink link;
    ConfusionPlot plot(data, link);
    auto number = taskOf("ink", 1);
    number.kind = TaskKind::regression;
    data.start({}, {number, taskOf("left", 2, "l"), taskOf("right", 3, "r")});
    auto evaluation = evaluationOf(10, {});
    evaluation.reports = {{1, demoReport(2, 5, 1)}, {2, demoReport(3, 7, 1)}};
    auto test = evaluation;
    test.split = train::SplitName::test;
    test.reports[2] = demoReport(3, 11, 1);
    data.append({{}, {evaluation, test}, {}});
    plot.bringUpToDate();
    QCOMPARE(plot.series()[1].name, QString("target l1"));  // the first task with classes
    plot.setTask("right");
    plot.bringUpToDate();
    QCOMPARE(plot.cellText(2, 2), QString("7"));
    plot.setSplit(train::SplitName::test);
    plot.bringUpToDate();
    QCOMPARE(plot.cellText(2, 2), QString("11"));
    plot.setTask("ink");  // has no classes
    QCOMPARE(plot.series().size(), 3u);
    plot.setSplit(train::SplitName::train);
    QVERIFY(hintOf(plot).contains("end of the run"));
    QVERIFY(plot.series().empty() && plot.countText().isEmpty());
  }

  void saysWhyThereIsNothing() {
    RunData data;
    PlotLink link;
    ConfusionPlot confusion(data, link);
    ReliabilityPlot reliability(data, link);
    QVERIFY(hintOf(confusion).contains("first evaluation"));
    auto number = taskOf("ink", 1);
    number.kind = TaskKind::multilabel;
    data.start({}, {number});
    QVERIFY(hintOf(reliability).contains("No task of this run has classes"));
    data.start({}, {taskOf("digit", 300)});
    auto former = evaluationOf(5, {});
    former.reports.clear();
    data.append({{}, {former}, {}});
    QVERIFY(hintOf(confusion).contains("earlier version"));
    auto report = demoReport(2, 5, 1);
    report.classes = 300;
    report.confusion.clear();
    data.append({{}, {evaluationOf(10, report)}, {}});
    QVERIFY(hintOf(confusion).contains("300 classes") && hintOf(confusion).contains("200"));
    QVERIFY(confusion.series().empty());
    QCOMPARE(hintOf(reliability), QString());
  }

  void namesOfClassesNeverOverlap_data() {
    QTest::addColumn<int>("classes");
    QTest::addColumn<QString>("prefix");
    for (const int classes : {2, 10, 50, 200}) {
      QTest::addRow("%d numbers", classes) << classes << "";
      QTest::addRow("%d names", classes) << classes << "a rather long name ";
    }
  }

  void namesOfClassesNeverOverlap() {
    QFETCH(int, classes);
    QFETCH(QString, prefix);
    RunData data;
    PlotLink link;
    ConfusionPlot plot(data, link);
    plot.resize(620, 420);
    plot.show();
    data.start({}, {taskOf("digit", classes, prefix.toStdString())});
    data.append({{}, {evaluationOf(1, demoReport(classes, 3, 0.7))}, {}});
    const int height = QFontMetrics(plot.plot().yAxis->tickLabelFont()).height();
    QVERIFY(labelDistance(plot.plot().yAxis, plot.plot()) >= height);
    auto* x = plot.plot().xAxis;
    const double distance = labelDistance(x, plot.plot());
    double widest = 0;
    for (const QString& label : x->tickVectorLabels())
      widest = std::max<double>(widest, QFontMetrics(x->tickLabelFont()).horizontalAdvance(label));
    QVERIFY2(distance >= (x->tickLabelRotation() == 0 ? widest : height),
             qPrintable(QString::number(distance)));
    if (classes <= 10) QCOMPARE(x->tickVector().size(), classes);
    QVERIFY(x->tickVector().size() >= std::min(classes, 5));
  }

  void reliabilityShowsTheBins() {
    RunData data;
    PlotLink link;
    ReliabilityPlot plot(data, link);
    data.start({}, {taskOf("digit", 10)});
    metric::ClassReport report{10, {}, std::vector<metric::ReliabilityBin>(15)};
    report.bins[7] = {10, 5, 4};
    report.bins[14] = {90, 88, 85};
    data.append({{}, {evaluationOf(40, report)}, {}});
    plot.bringUpToDate();
    QCOMPARE(plot.binText(7), QString("4/10"));
    QCOMPARE(plot.binText(3), QString());
    // (|4 − 5| + |85 − 88|) / 100
    QVERIFY2(plot.countText().contains("step 40 · 100 examples · ECE 0.0400, 15 static bins"),
             qPrintable(plot.countText()));
    const auto series = plot.series();
    QCOMPARE(series.size(), 4u);
    QCOMPARE(series[0].y[7], 0.4);
    QCOMPARE(series[1].y[14], 88.0 / 90);
    QCOMPARE(series[2].y[14], 90.0);
    QVERIFY(std::isnan(series[0].y[0]) && series[2].y[0] == 0);
    QCOMPARE(series[0].x[7], 0.5);
    // The points stand at the mean confidence, the gap goes to the diagonal.
    const auto* points = plot.plot().graph(1);
    QCOMPARE(points->dataCount(), 2);
    QCOMPARE(points->dataMainKey(0), 0.5);
    QCOMPARE(points->dataMainValue(0), 0.4);
    const auto* gaps = plot.plot().plottable(3);
    QCOMPARE(qobject_cast<const QCPErrorBars*>(gaps)->data()->at(0).errorPlus, 0.1);
  }

  void exportsAsFiguresAndTables() {
    RunData data;
    PlotLink link;
    ConfusionPlot confusion(data, link);
    ReliabilityPlot reliability(data, link);
    data.start({}, {taskOf("digit", 2, "kind ")});
    metric::ClassReport report{2, {3, 1, 0, 6}, std::vector<metric::ReliabilityBin>(15)};
    report.bins[14] = {10, 9.5, 9};
    data.append({{}, {evaluationOf(40, report)}, {}});
    QCOMPARE(figureBytes({&confusion}, FigureFormat::csv, {}),
             std::string("Predicted class,target kind 0,target kind 1\n0,3,0\n1,1,6\n"));
    const auto table = figureBytes({&reliability}, FigureFormat::csv, {});
    QVERIFY(table.starts_with(
        "\"Confidence, middle of the bin\",Accuracy,Mean confidence,Examples,Right ones\n"));
    QVERIFY(table.find("0.9666666666666667,0.9,0.95,10,9") != std::string::npos);
    const auto svg = QByteArray::fromStdString(figureBytes({&confusion}, FigureFormat::svg, {}));
    QVERIFY(svg.contains("kind 1") && svg.contains("Predicted class"));
    for (PlotPanel* panel :
         {static_cast<PlotPanel*>(&confusion), static_cast<PlotPanel*>(&reliability)})
      for (const auto format : {FigureFormat::pdf, FigureFormat::png})
        QVERIFY(figureBytes({panel}, format, {}).size() > 2000);
  }

  /// Amounts can be told apart by lightness alone, in one direction.
  void heatColoursGetEverStronger() {
    for (const Theme theme : {Theme::light, Theme::dark})
      for (int i = 1; i <= 20; ++i) {
        const int before = qGray(heatColour(theme, (i - 1) / 20.0).rgb());
        const int now = qGray(heatColour(theme, i / 20.0).rgb());
        QVERIFY(theme == Theme::light ? now < before : now > before);
      }
    QCOMPARE(heatColour(Theme::light, std::nan("")), QColor(Qt::transparent));
  }

  void diagramsOfSeveralRunsStandSideBySideAndFollowTheFirst() {
    QTemporaryDir folder;
    const auto at = [&](const char* name) {
      return std::filesystem::path(folder.filePath(name).toStdString());
    };
    const auto write = [&](const char* name, std::uint64_t seed) {
      run::Records records = demoRecords(1, 20, 2);
      for (const auto split : {train::SplitName::validation, train::SplitName::test})
        records.evaluations.push_back(demoEvaluation(20, 2, split));
      return makeDemoRun(at(name), demoExperiment(name, seed), records);
    };
    RunData focus;
    PlotLink link;
    ShownRuns shown(focus);
    link.setRuns(shown);
    ReliabilityGrid grid(focus, link);
    QSignalSpy gone(&grid, &ReliabilityGrid::gone);
    loadRun(focus, write("one", 1));
    shown.setFocus(at("one"));
    QCOMPARE(grid.lead().caption(), QString());
    shown.setShown(write("two", 2), true);
    QTRY_COMPARE(grid.besideCount(), std::size_t(1));
    QCOMPARE(grid.lead().caption(), QString("one"));
    auto* beside = grid.findChildren<ReliabilityPlot*>().back();
    QCOMPARE(beside->caption(), QString("two"));
    grid.lead().setTask("right");
    grid.lead().setSplit(train::SplitName::test);
    QCOMPARE(beside->task(), QString("right"));
    QCOMPARE(beside->split(), train::SplitName::test);
    beside->bringUpToDate();
    QVERIFY2(beside->countText().contains("examples"), qPrintable(beside->countText()));
    shown.setShown(at("two"), false);
    QCOMPARE(gone.size(), 1);
    QCOMPARE(grid.besideCount(), std::size_t(0));
    QCOMPARE(grid.lead().caption(), QString());
  }
};

EQUIPOISE_TEST(TestReportPlots)
#include "tst_report_plots.moc"

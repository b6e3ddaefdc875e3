#include <cmath>
#include <map>

#include <qcustomplot.h>

#include <QAction>
#include <QMenu>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "tests/registry.h"
#include "widgets/demo_folder.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/group_menu.h"
#include "widgets/plots/losses_plot.h"
#include "widgets/plots/weights_plot.h"
#include "widgets/session/run_loading.h"

using namespace eq;
using namespace eq::widgets;

namespace {

constexpr int kPatience = 20000;  // ms, for machines with much else to do

/// Three seeds of a rate of 0.1, of 100, 100 and 80 steps, and two of 0.2; a weight is the number
/// of its run, plus the step / 100.
struct Study {
  Study() {
    const std::vector<std::tuple<double, std::uint64_t, std::int64_t>> all{
        {0.1, 1, 100}, {0.1, 2, 100}, {0.1, 3, 80}, {0.2, 1, 100}, {0.2, 2, 100}};
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto [rate, seed, last] = all[i];
      auto experiment = demoExperiment("Study", seed);
      experiment.epochs = rate < 0.15 ? 1 : 2;
      auto records = demoRecords(1, last, 2);
      for (auto& step : records.steps)
        for (double& weight : step.weights)
          weight = static_cast<double>(i) + static_cast<double>(step.step) / 100;
      records.events = {demoEvent(0, "started", "started")};
      folders.push_back(makeDemoRun(
          std::filesystem::path(space.path().toStdString()) / ("run-" + std::to_string(i)),
          experiment, records));
    }
    link.setRuns(shown);
    link.setSmoothing(0);
    loadRun(focus, folders[0]);
    shown.setFocus(folders[0]);
    for (std::size_t i = 1; i < folders.size(); ++i) shown.setShown(folders[i], true);
    if (!QTest::qWaitFor([&] { return shown.runs().size() == folders.size(); }, kPatience))
      qFatal("the runs were not read");
  }
  QTemporaryDir space;
  std::vector<std::filesystem::path> folders;
  RunData focus;
  ShownRuns shown{focus};
  PlotLink link;
};

QAction* actionIn(QMenu& menu, const QString& words) {
  for (QAction* action : menu.findChildren<QAction*>())
    if (QString(action->text()).remove('&').contains(words)) return action;
  return nullptr;
}

/// The centre of a group, in the pane of the first task.
const PlotLine* centreOf(const TimePlot& plot, int group) {
  for (const auto& line : plot.drawnLines())
    if (line->spec().group == group && !line->spec().pale && line->spec().quantity == 0)
      return line.get();
  return nullptr;
}

}  // namespace

class TestRunGroups : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    QCoreApplication::setOrganizationName("equipoise-test");
    QSettings().remove("plots");
  }

  void seedsAreGroupedByAllElse() {
    Study f;
    QVERIFY(f.shown.groups().empty());
    f.shown.setGrouping(Grouping::seeds);
    QCOMPARE(f.shown.groups().size(), 2u);
    QCOMPARE(f.shown.groups()[0].size, 3);
    QCOMPARE(f.shown.groups()[1].size, 2);
    QCOMPARE(f.shown.groups()[1].name, QString("epochs 2"));
    QCOMPARE(f.shown.groups()[1].colour, *f.shown.colourOf(f.folders[3]));
    f.shown.setGrouping(Grouping::fields, {"/seed"});
    QCOMPARE(f.shown.groups().size(), 3u);
    QCOMPARE(f.shown.groups()[2].name, QString("seed 3"));
    QCOMPARE(f.shown.groups()[2].size, 1);
    f.shown.setGrouping(Grouping::none);
    QVERIFY(f.shown.groups().empty() && f.shown.runs()[0].group == -1);
  }

  void aGroupIsItsMeanWithABandAndItsRunsPale() {
    Study f;
    WeightsPlot plot(f.focus, f.link);
    plot.resize(700, 500);
    plot.show();
    f.shown.setGrouping(Grouping::seeds);
    QTest::qWait(50);
    QCOMPARE(plot.legendNames(), QStringList({"epochs 1 (n 3)", "epochs 2 (n 2)"}));
    const PlotLine* centre = centreOf(plot, 0);
    QVERIFY(centre && centre->spec().made);
    const MadeColumns& made = *centre->spec().made;
    // 0, 1, 2 plus step / 100; from step 81 on 0 and 1.
    QCOMPARE(made.y[79], 1 + 0.8);
    QCOMPARE(made.high[79], 1 + 0.8 + 1);
    QCOMPARE(made.y[80], 0.5 + 0.81);
    QCOMPARE(made.low[80], 0.5 + 0.81 - std::sqrt(0.5));
    QCOMPARE(made.count[79], 3);
    QCOMPARE(made.count[80], 2);
    QCOMPARE(centre->legendGraph().pen().color(), taskColour(Theme::light, 0));
    int pale = 0;
    for (const auto& line : plot.drawnLines()) pale += line->spec().pale ? 1 : 0;
    QCOMPARE(pale, 10);
    // What n is stands where it changes, and the range holds the band.
    QStringList texts;
    for (int i = 0; i < plot.plot().itemCount(); ++i)
      if (auto* text = qobject_cast<QCPItemText*>(plot.plot().item(i));
          text && text->text().startsWith("n "))
        texts << text->text();
    QCOMPARE(texts, QStringList({"n 3", "n 2", "n 3", "n 2"}));  // in both panes
    QVERIFY(plot.countText().contains("5 runs in 2 groups"));
    bool filled = false;
    for (int i = 0; i < plot.plot().graphCount(); ++i)
      filled = filled || plot.plot().graph(i)->channelFillGraph();
    QVERIFY(filled);
  }

  /// Two runs at 0 and 10: the mean hardly moves, and the band reaches from one to the other.
  void aBandThatIsWiderThanItsLineMovesIsNotCutByTheAxis() {
    QTemporaryDir space;
    RunData focus;
    ShownRuns shown{focus};
    PlotLink link;
    link.setRuns(shown);
    link.setSmoothing(0);
    for (const int run : {0, 1}) {
      auto records = demoRecords(1, 100, 2);
      for (auto& step : records.steps)
        for (double& weight : step.weights)
          weight = 10 * run + static_cast<double>(step.step) / 1e4;
      const auto folder =
          makeDemoRun(std::filesystem::path(space.path().toStdString()) / std::to_string(run),
                      demoExperiment("Wide", static_cast<std::uint64_t>(run) + 1), records);
      if (run == 0) loadRun(focus, folder);
      if (run == 0) shown.setFocus(folder);
      if (run == 1) shown.setShown(folder, true);
    }
    QTRY_COMPARE_WITH_TIMEOUT(shown.runs().size(), std::size_t(2), kPatience);
    WeightsPlot plot(focus, link);
    plot.resize(700, 500);
    plot.show();
    GroupStyle style = link.groupStyle();
    style.members = false;
    style.spread = study::Spread::range;
    link.setGroupStyle(style);
    shown.setGrouping(Grouping::seeds);
    QTest::qWait(50);
    const QCPRange range = plot.panes().front()->axes().y->range();
    QVERIFY2(range.lower <= 0 && range.upper >= 10,
             qPrintable(QString("%1 to %2").arg(range.lower).arg(range.upper)));
  }

  void hidingNeverChangesNumbers() {
    Study f;
    WeightsPlot plot(f.focus, f.link);
    plot.resize(700, 500);
    plot.show();
    f.shown.setGrouping(Grouping::seeds);
    QTest::qWait(50);
    const Column first = centreOf(plot, 0)->spec().made->y;
    const Column second = centreOf(plot, 1)->spec().made->y;
    // A group that is hidden in the legend.
    QCPAbstractLegendItem* entry = plot.plot().legend->item(0);
    QTest::mouseClick(&plot.plot(), Qt::LeftButton, {}, entry->outerRect().center());
    QVERIFY(!centreOf(plot, 0)->isVisible() && centreOf(plot, 1)->isVisible());
    QCOMPARE(centreOf(plot, 0)->spec().made->y, first);
    QVERIFY2(plot.countText().contains("counted in n"), qPrintable(plot.countText()));
    QTest::mouseClick(&plot.plot(), Qt::LeftButton, {}, entry->outerRect().center());
    // Members that are not drawn.
    GroupStyle style = f.link.groupStyle();
    style.members = false;
    f.link.setGroupStyle(style);
    QCOMPARE(plot.drawnLines().size(), 4u);
    QCOMPARE(centreOf(plot, 0)->spec().made->y, first);
    QVERIFY(plot.countText().contains("members hidden, counted in n"));
    // A run that is shown no longer is in no group; the other group is as it was.
    f.shown.setShown(f.folders[2], false);
    QCOMPARE(plot.legendNames()[0], QString("epochs 1 (n 2)"));
    QVERIFY(centreOf(plot, 0)->spec().made->y != first);
    QCOMPARE(centreOf(plot, 1)->spec().made->y, second);
  }

  void differencesAreTakenToThePinnedRunOrGroup() {
    Study f;
    WeightsPlot plot(f.focus, f.link);
    plot.resize(700, 500);
    plot.show();
    f.shown.setBaseline(f.folders[1]);
    GroupStyle style = f.link.groupStyle();
    style.differences = true;
    f.link.setGroupStyle(style);
    QTest::qWait(50);
    std::map<QString, double> at50;
    f.link.setCursor(50);
    for (const auto& value : plot.valuesAtCursor()) at50[value.name] = value.value;
    QCOMPARE(at50.size(), 10u);
    for (std::size_t i = 0; i < f.shown.runs().size(); ++i)
      QCOMPARE(at50.at(f.shown.runs()[i].name + " · left"), static_cast<double>(i) - 1);
    QVERIFY(plot.countText().contains("less " + f.shown.baselineName()));
    QVERIFY(plot.plot().yAxis->range().lower < -0.9);
    // With groups it is the mean of the baseline's: 1, and 0.5 from step 81 on.
    f.shown.setGrouping(Grouping::seeds);
    QCOMPARE(f.shown.baselineName(), QString("epochs 1"));
    QCOMPARE(centreOf(plot, 0)->nearest(50)->y, 0.0);
    QCOMPARE(centreOf(plot, 1)->nearest(50)->y, 3.5 - 1);
    QCOMPARE(centreOf(plot, 1)->nearest(90)->y, 3.5 - 0.5);
    f.shown.setBaseline({});
    QVERIFY(std::abs(centreOf(plot, 1)->nearest(50)->y - 4) < 1e-12);
  }

  void exportsHoldTheRunsAndWhatWasMadeOfThem() {
    Study f;
    WeightsPlot plot(f.focus, f.link);
    f.shown.setGrouping(Grouping::seeds);
    plot.bringUpToDate();
    const auto csv = QString::fromStdString(figureBytes({&plot}, FigureFormat::csv, {}));
    const QString head = csv.section('\n', 0, 0);
    for (const char* name : {"epochs 1 · left, mean", "epochs 1 · left, low",
                             "epochs 1 · left, high", "epochs 1 · left, n"})
      QVERIFY2(head.contains(name), qPrintable(head));
    QCOMPARE(head.count(" · left\""), 5);  // the runs themselves
    const auto tex = QString::fromStdString(figureBytes({&plot}, FigureFormat::pgfplots, {}));
    // Ten runs, and four centres with two edges each.
    QVERIFY2(tex.count("\\addlegendentry") == 22, qPrintable(tex.left(2000)));
  }

  void theMenuSaysAndSetsHowRunsArePutTogether() {
    Study f;
    GroupMenu menu(f.link);
    QVERIFY(actionIn(menu, "No groups")->isChecked());
    actionIn(menu, "Group by seed")->trigger();
    QCOMPARE(f.shown.grouping(), Grouping::seeds);
    QVERIFY(!actionIn(menu, "No groups")->isChecked());
    actionIn(menu, "Median")->trigger();
    actionIn(menu, "95 %")->trigger();
    actionIn(menu, "pale")->trigger();
    const GroupStyle style = f.link.groupStyle();
    QVERIFY(style.centre == study::Centre::median && style.spread == study::Spread::interval);
    QVERIFY(!style.members);
    QVERIFY(!actionIn(menu, "differences")->isEnabled());
    actionIn(menu, "epochs 2")->trigger();
    QTRY_VERIFY(f.shown.baseline());
    QCOMPARE(f.shown.baselineName(), QString("epochs 2"));
    QVERIFY(actionIn(menu, "differences")->isEnabled());
    QAction* field = actionIn(menu, "seed");
    for (QAction* action : menu.findChildren<QAction*>())
      if (action->text() == "seed") field = action;
    field->trigger();
    QTRY_COMPARE(f.shown.grouping(), Grouping::fields);
    QCOMPARE(f.shown.groups().size(), 3u);
  }
};

EQUIPOISE_TEST(TestRunGroups)
#include "tst_run_groups.moc"

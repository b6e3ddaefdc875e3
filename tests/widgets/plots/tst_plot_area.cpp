#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QInputDialog>
#include <QLineEdit>
#include <QMenu>
#include <QSettings>
#include <QTabBar>
#include <QTest>
#include <QTimer>

#include "tests/registry.h"
#include "widgets/demo_run.h"
#include "widgets/plots/layout_menu.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_panel.h"

using namespace eq;
using namespace eq::widgets;

namespace {

/// An area of a size on the screen, with a run of some tasks.
struct ShownArea {
  explicit ShownArea(const QSize& size, int tasks = 2, const std::string& dataset = {}) {
    area.resize(size);
    area.show();
    train::Experiment experiment;
    experiment.data.id = dataset;
    data.start(experiment, demoTasks(tasks));
    data.append(demoRecords(1, 100, tasks));
    QTest::qWait(100);
  }
  QStringList visible() const {
    QStringList out;
    for (const PlotPanel* panel : area.visiblePanels()) out << panel->objectName();
    return out;
  }
  QDockWidget* dock(const QString& title) const {
    for (QDockWidget* one : area.docks())
      if (one->windowTitle() == title) return one;
    return nullptr;
  }
  /// Clicks on the tab of this title. \returns whether there is one.
  bool choose(const QString& title) {
    for (QTabBar* bar : area.findChildren<QTabBar*>())
      for (int tab = 0; tab < bar->count(); ++tab)
        if (bar->isVisible() && bar->tabText(tab) == title) {
          QTest::mouseClick(bar, Qt::LeftButton, {}, bar->tabRect(tab).center());
          QTest::qWait(100);
          return true;
        }
    return false;
  }
  static void choose(const PlotPanel& panel, const QString& text) {
    for (QAction* action : panel.findChild<QMenu*>()->actions())
      if (action->text() == text) action->trigger();
    QTest::qWait(100);
  }
  RunData data;
  PlotLink link;
  PlotArea area{data, link};
};

}  // namespace

class TestPlotArea : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    QCoreApplication::setOrganizationName("equipoise-test");
    QSettings().remove("plots");
  }

  void asManyPlotsAsFitAreSeenAtOnce() {
    ShownArea large({1270, 720});
    QCOMPARE(large.visible(), QStringList({"losses", "weights", "gradient-norms", "metrics"}));
    ShownArea medium({690, 420});
    QCOMPARE(medium.visible(), QStringList({"losses", "weights"}));
    ShownArea small({500, 400});
    QCOMPARE(small.visible(), QStringList{"losses"});
  }

  void aPageOfSeveralPlotsTakesTheWholeAreaWhileItIsChosen() {
    ShownArea f({1270, 720});
    QVERIFY(f.choose("Conflict"));
    QCOMPARE(f.visible(), QStringList({"cosines", "angles", "conflict-frequency"}));
    QVERIFY(f.dock("Conflict")->width() > 1200);
    QVERIFY(f.choose("Losses"));
    QCOMPARE(f.visible(), QStringList({"losses", "weights", "gradient-norms", "metrics"}));
    // What is kept is the layout with room given back.
    QVERIFY(f.choose("Conflict"));
    const QByteArray state = f.area.layoutState();
    QTest::qWait(100);
    ShownArea other({1270, 720});
    QVERIFY(other.area.setLayoutState(state));
    QTest::qWait(100);
    QVERIFY(other.choose("Losses"));
    QCOMPARE(other.visible(), QStringList({"losses", "weights", "gradient-norms", "metrics"}));
  }

  void plotsComeApartByTheirMenu() {
    ShownArea f({1270, 720});
    auto* weights = f.area.panel("weights");
    f.choose(*weights, "Move to a window of its own");
    QVERIFY(f.dock("Weights")->isFloating());
    QVERIFY(weights->width() > 500);
    f.choose(*weights, "Move to the right");
    QVERIFY(!f.dock("Weights")->isFloating());
    QVERIFY(f.dock("Weights")->x() > f.dock("Losses")->x());
    QVERIFY(f.dock("Weights")->height() > 600);
    f.choose(*weights, "Move below");
    QVERIFY(f.dock("Weights")->y() > f.dock("Losses")->y());
    QVERIFY(f.dock("Weights")->width() > 1200);
    f.choose(*weights, "Move back among the tabs");
    QVERIFY(!f.area.tabifiedDockWidgets(f.dock("Weights")).isEmpty());
    QVERIFY(f.visible().contains("weights"));
    f.area.resetLayout();
    QTest::qWait(100);
    QCOMPARE(f.visible(), QStringList({"losses", "weights", "gradient-norms", "metrics"}));
  }

  void whatDoesNotApplyToTheRunIsNotThere() {
    ShownArea f({1270, 720}, 1);
    QVERIFY(f.dock("Conflict")->isHidden());
    QVERIFY(!f.dock("Conflict")->toggleViewAction()->isEnabled());
    QVERIFY(f.dock("Pareto")->isHidden());
    QVERIFY(f.dock("Trajectory")->isHidden());
    QVERIFY(!f.dock("Confusion")->isHidden());
    auto numbers = demoTasks(2);
    for (auto& task : numbers) task.kind = TaskKind::regression;
    f.data.start({}, numbers);
    QVERIFY(f.dock("Confusion")->isHidden() && f.dock("Calibration")->isHidden());
    QVERIFY(!f.dock("Conflict")->isHidden() && !f.dock("Pareto")->isHidden());
    f.data.start({}, demoTasks(2));
    QVERIFY(!f.dock("Confusion")->isHidden() && !f.dock("Calibration")->isHidden());
    // What the user closed stays closed.
    f.dock("Confusion")->close();
    f.data.start({}, numbers);
    f.data.start({}, demoTasks(2));
    QVERIFY(f.dock("Confusion")->isHidden() && !f.dock("Calibration")->isHidden());
    // A title is shown where no tab says it.
    f.data.start({}, numbers);
    QTest::qWait(100);
    QVERIFY(!f.dock("Gradient norms")->titleBarWidget());
    QVERIFY(f.dock("Losses")->titleBarWidget());
    f.area.showDock("Trajectory");
    QVERIFY(f.dock("Trajectory")->isHidden());
  }

  void aProblemInThePlaneBeginsWithItsTrajectory() {
    ShownArea f({1270, 720}, 2, "two_valleys");
    f.area.resetLayout();
    QTest::qWait(100);
    QCOMPARE(f.visible(), QStringList({"weights", "gradient-norms", "metrics", "trajectory"}));
  }

  void layoutsAreKeptByName() {
    ShownArea f({1270, 720});
    LayoutMenu menu(f.area);
    f.choose(*f.area.panel("weights"), "Move below");
    QTimer::singleShot(50, this, [] {
      auto* dialog = qobject_cast<QInputDialog*>(QApplication::activeModalWidget());
      QVERIFY(dialog);
      QTest::keyClicks(dialog->findChild<QLineEdit*>(), "mine & yours");
      QTest::keyClick(dialog, Qt::Key_Return);
    });
    const auto texts = [&menu] {
      emit menu.aboutToShow();
      QStringList out;
      for (const QAction* action : menu.actions())
        if (!action->isSeparator()) out << action->text();
      return out;
    };
    const auto trigger = [&](const QMenu& from, const QString& text) {
      for (QAction* action : from.actions())
        if (action->text() == text) return action->trigger();
      QFAIL(qPrintable(text));
    };
    texts();
    trigger(menu, "Save &as…");
    QTRY_VERIFY(texts().contains("mine && yours"));
    trigger(menu, "&Standard for this run and window");
    QTest::qWait(100);
    QVERIFY(f.dock("Weights")->width() < 900);
    // Also in another window, later.
    ShownArea later({1270, 720});
    LayoutMenu again(later.area);
    trigger(again, "mine && yours");
    QTest::qWait(100);
    QVERIFY(later.dock("Weights")->width() > 1200);
    trigger(*again.findChild<QMenu*>(), "mine && yours");
    emit again.aboutToShow();
    QCOMPARE(again.actions().size(), 4);
  }

  void aLayoutOfAnotherVersionIsNotTaken() {
    ShownArea f({1270, 720});
    QVERIFY(!f.area.setLayoutState(f.area.saveState(1)));
    QVERIFY(!f.area.setLayoutState("nonsense"));
    QCOMPARE(f.visible(), QStringList({"losses", "weights", "gradient-norms", "metrics"}));
  }
};

EQUIPOISE_TEST(TestPlotArea)
#include "tst_plot_area.moc"

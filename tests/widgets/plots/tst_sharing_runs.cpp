#include <qcustomplot.h>

#include <QTemporaryDir>
#include <QTest>

#include "tests/registry.h"
#include "widgets/demo_folder.h"
#include "widgets/plots/observed_bars.h"
#include "widgets/plots/observed_plot.h"
#include "widgets/plots/sharing_page.h"
#include "widgets/session/run_loading.h"

using namespace eq;
using namespace eq::widgets;

namespace {

constexpr int kLongWait = 20000;  // ms, for machines with much else to do

/// Of a mixture of two experts, observed at every tenth of twenty steps.
run::Records recordsOf(double share) {
  auto out = demoRecords(1, 20, 2, 0);
  for (auto& step : out.steps) {
    step.terms = {{-1, "entropy", share * static_cast<double>(step.step)}};
    if (step.step % 10 == 0)
      step.observations = {{"gate", 0, {}, {2}, {share, 1 - share}},
                           {"gate", 1, {}, {2}, {1 - share, share}},
                           {"utilisation", -1, {}, {2}, {1, 0}},
                           {"diversity", -1, {}, {}, {share / 2}}};
  }
  out.events = {demoEvent(0, "started", "started")};
  return out;
}

/// Two recorded runs, the first in focus.
struct TwoRuns {
  TwoRuns() {
    for (int i = 0; i < 2; ++i) {
      auto experiment = demoExperiment("Run " + std::to_string(i), 1);
      experiment.model = {"mmoe"};
      folders.push_back(makeDemoRun(
          std::filesystem::path(space.path().toStdString()) / ("run-" + std::to_string(i)),
          experiment, recordsOf(i == 0 ? 0.25 : 0.5), 2));
    }
    link.setRuns(shown);
    loadRun(focus, folders[0]);
    shown.setFocus(folders[0]);
  }
  void showOther() {
    shown.setShown(folders[1], true);
    if (!QTest::qWaitFor([&] { return shown.runs().size() == 2; }, kLongWait))
      qFatal("the run was not read");
  }
  QTemporaryDir space;
  std::vector<std::filesystem::path> folders;
  RunData focus;
  ShownRuns shown{focus};
  PlotLink link;
};

}  // namespace

class TestSharingRuns : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { QCoreApplication::setOrganizationName("equipoise-test"); }

  void recordedRunsAreShown() {
    TwoRuns f;
    SharingPage page(f.focus, f.link);
    QStringList titles;
    for (const PlotPanel* plot : page.plots()) titles << plot->title();
    QCOMPARE(titles, QStringList({"Gate", "Utilisation", "Diversity", "Penalties"}));
    const auto gates = page.plots()[0]->series();
    QCOMPARE(gates.size(), 4u);
    QCOMPARE(gates[3].x, (Column{10, 20}));
    QCOMPARE(gates[3].y, (Column{0.25, 0.25}));
    QCOMPARE(page.plots()[3]->series()[0].y[19], 5.0);
  }

  /// Areas of several runs would hide each other; single numbers are compared.
  void ofSeveralRunsAreasAreThoseOfTheFocus() {
    TwoRuns f;
    SharingPage page(f.focus, f.link);
    page.resize(900, 700);
    page.show();
    f.showOther();
    auto* gate = qobject_cast<ObservedPlot*>(page.plots()[0]);
    auto* diversity = qobject_cast<ObservedPlot*>(page.plots()[2]);
    gate->bringUpToDate();
    diversity->bringUpToDate();
    QCOMPARE(gate->drawnLines().size(), 4u);
    QVERIFY2(gate->countText().contains("of the run in focus alone"),
             qPrintable(gate->countText()));
    QCOMPARE(diversity->drawnLines().size(), 2u);
    QCOMPARE(diversity->drawnLines()[1]->newest()->y, 0.25);
    QVERIFY(!diversity->countText().contains("alone"));
  }
};

EQUIPOISE_TEST(TestSharingRuns)
#include "tst_sharing_runs.moc"

#include <filesystem>

#include <qcustomplot.h>

#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "tests/registry.h"
#include "widgets/plots/plot_area.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/session/shown_runs.h"
#include "widgets/study/compare_panel.h"
#include "widgets/study/many_runs_page.h"
#include "widgets/study/scatter_plot.h"
#include "widgets/study/single_task_bar.h"

using namespace eq::widgets;
using eq::app::MainWindow;

namespace {

constexpr int kAWhile = 60000;  // ms, for machines with much else to do

nlohmann::json valleysOfSeed(int seed) {
  return {{"name", "Valleys"},
          {"data", {{"id", "two_valleys"}}},
          {"model", {{"id", "point"}}},
          {"batch_size", 1},
          {"threads", 1},
          {"epochs", 5},
          {"seed", seed}};
}

}  // namespace

/// Many runs in the window: the pages that compare them follow the table of runs.
class TestStudyWindow : public QObject {
  Q_OBJECT

 private slots:
  /// A finished run of each of two seeds.
  void initTestCase() {
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, place_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("study-window");
    std::filesystem::create_directories(workspace());
    for (const int seed : {1, 2}) {
      const auto runner =
          eq::run::Runner::start(eq::train::experimentFromJson(valleysOfSeed(seed)), workspace());
      while (!runner->finished()) runner->step();
      runner->close();
      runs_.push_back(runner->folder());
    }
    window_ = std::make_unique<MainWindow>(workspace());
    window_->resize(1400, 900);
    window_->show();
    QTRY_COMPARE(panel().rows().size(), std::size_t(2));
  }
  void cleanupTestCase() { window_.reset(); }

  void whatIsChosenInTheTableIsChosenInThePicturesAndBack() {
    window_->openPath(runs_[0]);
    window_->plots().showDock("Many runs");
    auto* many = window_->findChild<ManyRunsPage*>();
    QTRY_VERIFY(many->isVisible());
    emit many->chosen({runs_[1]});
    QCOMPARE(panel().selectedRuns(), std::vector<std::filesystem::path>{runs_[1]});
    QTest::qWait(50);
    many->scatter().setQuantities("seed", "steps");
    many->scatter().bringUpToDate();
    many->scatter().plot().replot();
    QCOMPARE(many->scatter().pointCount(), std::size_t(2));
    panel().select(runs_);
    QCOMPARE(panel().selectedRuns().size(), std::size_t(2));
  }

  void runsThatAreShownAreComparedAndTheirTasksAloneAreTheirMeasure() {
    window_->openPath(runs_[0]);
    window_->shown().setShown(runs_[1], true);
    window_->plots().showDock("Compare");
    auto* compare = window_->findChild<ComparePanel*>();
    QTRY_VERIFY(compare->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(compare->comparison() &&
                                 compare->comparison()->comparison.groups.size() == 1 &&
                                 compare->comparison()->comparison.groups[0].runs.size() == 2,
                             kAWhile);
    auto* bar = compare->findChild<SingleTaskBar*>();
    bar->make();
    QTRY_COMPARE_WITH_TIMEOUT(bar->status(), QString("4 of 4 done"), kAWhile);
    QTRY_COMPARE_WITH_TIMEOUT(compare->comparison()->runs.single.size(), std::size_t(4), kAWhile);
    QVERIFY(compare->comparison()->comparison.groups[0].drop.has_value());
    QVERIFY(bar->folder().string().starts_with(workspace().string()));
    // The table lists what lies directly below the workspace: they are no further runs of it.
    QCOMPARE(panel().rows().size(), std::size_t(2));
  }

 private:
  std::filesystem::path workspace() const { return place_.filePath("runs").toStdString(); }
  RunsPanel& panel() const { return *window_->findChild<RunsPanel*>(); }

  QTemporaryDir place_;
  std::vector<std::filesystem::path> runs_;
  std::unique_ptr<MainWindow> window_;
};

EQUIPOISE_TEST(TestStudyWindow)
#include "tst_study_window.moc"

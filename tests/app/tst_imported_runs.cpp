#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/run/exchange/imported_run.h"
#include "tests/registry.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/runs/runs_model.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/session/run_data.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/message_bar.h"

using namespace eq::widgets;
using eq::app::MainWindow;

class TestImportedRuns : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    eq::run::ImportedRun run;
    run.name = "theirs";
    run.source = "TensorBoard";
    run.place = workspace_.path().toStdString();
    run.fields["lr"] = 0.1;
    for (int step = 1; step <= 5; ++step) {
      run.scalars.push_back({100.0 + step, step, "val/acc", 0.1 * step});
      run.scalars.push_back({100.0 + step, step, "train/loss", 1.0 / step});
    }
    first_ = writeImported(run, place());
    run.name = "others";
    second_ = writeImported(run, place());
  }

  void itStandsInTheTableAndInThePlots() {
    MainWindow window(place());
    window.show();
    auto& panel = *window.findChild<RunsPanel*>();
    panel.refresh();
    QTRY_COMPARE(panel.model().rowCount(), 2);
    QVERIFY(window.openPath(first_));
    QCOMPARE(window.data().taskCount(), 1);
    auto* metrics = window.plots().panel("metrics");
    metrics->bringUpToDate();
    std::size_t points = 0;
    for (const auto& series : metrics->series()) points += series.y.size();
    QVERIFY(points >= 5);
    window.shown().setShown(second_, true);
    QTRY_COMPARE(window.shown().runs().size(), std::size_t(2));
    QCOMPARE(window.messages().text(), QString());
  }

  void itIsNotStarted() {
    MainWindow window(place());
    window.show();
    QVERIFY(window.openPath(first_));
    window.startExperiment();
    QTRY_VERIFY(!window.messages().text().isEmpty());
    QTRY_VERIFY(!window.runs().active());
    QVERIFY2(window.messages().text().contains("data"), qPrintable(window.messages().text()));
  }

 private:
  std::filesystem::path place() const { return workspace_.path().toStdString(); }

  QTemporaryDir workspace_;
  std::filesystem::path first_, second_;
};

EQUIPOISE_TEST(TestImportedRuns)
#include "tst_imported_runs.moc"

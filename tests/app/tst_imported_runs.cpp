#include <fstream>

#include <QAction>
#include <QDropEvent>
#include <QFileDialog>
#include <QLabel>
#include <QMimeData>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/run/exchange/imported_run.h"
#include "core/run/run_folder.h"
#include "tests/registry.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/runs/runs_model.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/session/run_data.h"
#include "widgets/session/shown_runs.h"
#include "widgets/session/transport.h"
#include "widgets/style/elided_label.h"
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
    first_ = writeImported(run, place()).folder;
    run.name = "others";
    second_ = writeImported(run, place()).folder;
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
    auto* losses = window.plots().panel("losses");
    losses->bringUpToDate();
    QCOMPARE(losses->series().size(), std::size_t(1));
    QCOMPARE(losses->series()[0].y.size(), 5);
    QStringList hints;
    for (const auto* label : window.plots().findChildren<QLabel*>()) hints << label->text();
    QVERIFY2(hints.contains("The program that made this run recorded no weights."),
             qPrintable(hints.join('|')));
    const auto& transport = *window.findChild<Transport*>();
    QCOMPARE(transport.findChild<ElidedLabel*>()->text(), QString("Finished after 5 steps"));
    for (const auto* action : transport.actions())
      if (QStringList({"Start", "Resume", "Continue…", "New run"}).contains(action->text()))
        QVERIFY2(!action->isEnabled() || !action->isVisible(), qPrintable(action->text()));
    window.shown().setShown(second_, true);
    QTRY_COMPARE(window.shown().runs().size(), std::size_t(2));
    QCOMPARE(window.messages().text(), QString());
  }

  /// What was surely recorded by another program becomes runs, and is not taken for a table.
  void whatIsDroppedIsImportedAndChosen() {
    QTemporaryDir other;
    const auto file = std::filesystem::path(other.filePath("chart.csv").toStdString());
    std::ofstream(file)
        << "\"Step\",\"calm-sun - val/acc\",\"red-sea - val/acc\"\n1,0.5,0.25\n2,0.75,\n";
    MainWindow window(place());
    window.show();
    auto& panel = *window.findChild<RunsPanel*>();
    const auto before = eq::run::listRuns(place()).size();
    QMimeData urls;
    urls.setUrls({QUrl::fromLocalFile(QString::fromStdString(file.string()))});
    QDragEnterEvent enter({50, 50}, Qt::CopyAction, &urls, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &enter);
    QDropEvent drop(QPointF(50, 50), Qt::CopyAction, &urls, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &drop);
    QTRY_COMPARE_WITH_TIMEOUT(panel.selectedRuns().size(), std::size_t(2), 20000);
    QCOMPARE(eq::run::listRuns(place()).size(), before + 2);
    QVERIFY2(window.messages().text().startsWith("2 runs were made of chart.csv"),
             qPrintable(window.messages().text()));
    for (const auto& run : panel.selectedRuns()) std::filesystem::remove_all(run);
  }

  void theMenuOffersFilesAndFolders() {
    MainWindow window(place());
    QStringList texts;
    for (auto* action : window.findChildren<QAction*>())
      if (action->text().startsWith("&Import") || action->text().startsWith("Import"))
        texts << action->text();
    QCOMPARE(texts.size(), 2);
    for (auto* action : window.findChildren<QAction*>())
      if (action->text() == texts[0]) action->trigger();
    QTRY_VERIFY(window.findChild<QFileDialog*>());
    QCOMPARE(window.findChild<QFileDialog*>()->fileMode(), QFileDialog::ExistingFile);
    window.findChild<QFileDialog*>()->close();
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

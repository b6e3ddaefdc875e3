#include <filesystem>
#include <fstream>

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScopeGuard>
#include <QSet>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/base/paths.h"
#include "core/run/run_folder.h"
#include "core/study/sweep/standing.h"
#include "tests/app/cli/cli_support.h"
#include "tests/registry.h"
#include "widgets/experiment/clone_dialog.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/gallery.h"
#include "widgets/experiment/race_dialog.h"
#include "widgets/experiment/sweep_dialog.h"
#include "widgets/experiment/sweep_field_row.h"
#include "widgets/experiment/task_card.h"
#include "widgets/runs/queue_panel.h"
#include "widgets/runs/runs_model.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/session/run_data.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/message_bar.h"

using eq::app::MainWindow;
using eq::study::SweepState;
using namespace eq::widgets;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int kRaceWait = 60000;  // ms
constexpr int kSteps = 5;         // that are compared

template <typename Button>
Button* byText(const QWidget& parent, const QString& text) {
  for (auto* button : parent.findChildren<Button*>())
    if (QString(button->text()).remove('&') == text) return button;
  return nullptr;
}

QAction* actionIn(const QObject& parent, const QString& text) {
  for (auto* action : parent.findChildren<QAction*>())
    if (QString(action->text()).remove('&') == text) return action;
  return nullptr;
}

/// The dialog that the window has opened.
template <typename Dialog>
Dialog* dialogOf(const QWidget& window) {
  for (auto* dialog : window.findChildren<Dialog*>())
    if (dialog->isVisible()) return dialog;
  return nullptr;
}

std::int64_t stepsIn(const fs::path& folder) {
  return eq::run::RunReader(folder).info().steps;
}

}  // namespace

/// Races and sweeps that a person begins in the window.
class TestRaces : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir settings_;
  std::unique_ptr<QTemporaryDir> workspace_;
  std::unique_ptr<MainWindow> window_;

  fs::path workspace() const { return workspace_->path().toStdString(); }

  /// Where the window looks for it here; beside its own program it is not.
  static void useProgram(const QString& place) {
    qputenv("EQUIPOISE_CLI", (QApplication::applicationDirPath() + place).toUtf8());
  }

  fs::path onlySweep() const {
    const auto folders = eq::study::sweepsIn(workspace());
    return folders.size() == 1 ? folders.front() : fs::path();
  }

  void openWindow() {
    window_ = std::make_unique<MainWindow>(workspace());
    window_->resize(1400, 900);
    window_->show();
  }

  eq::train::Experiment slowValleys() const {
    return eq::train::experimentFromJson(json{{"name", "Valleys"},
                                              {"data", {{"id", "two_valleys"}}},
                                              {"model", {{"id", "point"}}},
                                              {"batch_size", 1},
                                              {"epochs", 500000},
                                              {"threads", 1},
                                              {"conflict", {{"every", 0}}},
                                              {"evaluate_every", 1000000}});
  }

  /// Of two gradient methods, begun by the dialog.
  void beginRace() {
    window_->openExperiment(slowValleys());
    actionIn(*window_, "Compare balancers…")->trigger();
    auto* dialog = dialogOf<RaceDialog>(*window_);
    QVERIFY(dialog);
    QTest::mouseClick(byText<QPushButton>(*dialog, "Start the race"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!dialogOf<RaceDialog>(*window_), kRaceWait);
    QTRY_COMPARE_WITH_TIMEOUT(window_->shown().runs().size(), size_t{3}, kRaceWait);
  }

  QTreeWidgetItem* queueRow() const {
    return window_->queue().tree().topLevelItemCount() == 1
               ? window_->queue().tree().topLevelItem(0)
               : nullptr;
  }

  void pauseAll() const {
    for (const auto& folder : eq::study::sweepsIn(workspace())) {
      eq::study::changeControl(folder, [](auto& control) { control.paused = true; });
      QTRY_VERIFY_WITH_TIMEOUT(eq::study::stateOf(folder) != SweepState::running, kRaceWait);
    }
  }

 private slots:
  void initTestCase() {
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("races");
    useProgram("/../app/equipoise-cli");
  }
  void cleanupTestCase() { qunsetenv("EQUIPOISE_CLI"); }
  void init() {
    QSettings().clear();
    workspace_ = std::make_unique<QTemporaryDir>();
    openWindow();
  }
  void cleanup() {
    pauseAll();
    window_.reset();
    workspace_.reset();
  }

  /// The front door: one click from the gallery, and three lanes move in every plot.
  void oneClickRacesThreeLossesOnTheSample() {
    QPushButton* race = nullptr;
    for (auto* button : window_->findChild<Gallery*>()->findChildren<QPushButton*>())
      if (button->accessibleName() == "Race squentropy, cross-entropy, focal on Two digits at once")
        race = button;
    QVERIFY(race && race->isVisible());
    QTest::mouseClick(race, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(window_->shown().runs().size(), size_t{3}, kRaceWait);
    const auto folder = onlySweep();
    QVERIFY(!folder.empty());
    const auto standing = eq::study::standingOf(folder);
    QCOMPARE(standing.runs.size(), size_t{3});
    std::vector<fs::path> lanes;
    for (const auto& one : standing.runs) {
      QVERIFY(one.info);
      lanes.push_back(one.info->folder);
      QVERIFY(window_->shown().isShown(one.info->folder));
    }
    // In the table as well.
    const auto* table = window_->findChild<RunsPanel*>();
    QTRY_COMPARE_WITH_TIMEOUT(table->rows().size(), size_t{3}, kRaceWait);
    QVERIFY(table->model().isSweep(table->model().rowCount() - 1));
    // They grow as they are shown.
    for (const auto& lane : lanes) QTRY_VERIFY_WITH_TIMEOUT(stepsIn(lane) > kSteps, kRaceWait);
    const auto grown = [&] {
      for (const auto& run : window_->shown().runs())
        if (run.data->x(XUnit::step).size() < kSteps) return false;
      return true;
    };
    QTRY_VERIFY_WITH_TIMEOUT(grown(), kRaceWait);
    auto* row = queueRow();
    QVERIFY(row);
    QCOMPARE(row->text(0), QString("Race: Two digits at once"));
    QTRY_COMPARE_WITH_TIMEOUT(row->text(1), QString("running"), kRaceWait);
    window_->queue().tree().setCurrentItem(row);
    actionIn(window_->queue(), "Pause")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(row->text(1), QString("paused"), kRaceWait);
    equalTheRunsAlone(lanes);
  }

  void everyCardOfTheGalleryRaces_data() {
    QTest::addColumn<QString>("button");
    QTest::newRow("pixels") << "Race squentropy, cross-entropy, focal on Digits and their pixels";
    QTest::newRow("facts") << "Race squentropy, cross-entropy, focal on Facts about a digit";
    QTest::newRow("ranks") << "Race cross-entropy, CORAL, squared EMD on Ordered digits";
    QTest::newRow("scales") << "Race equal weights, uncertainty, GradNorm on Scale imbalance";
    QTest::newRow("table") << "Race equal weights, uncertainty, GradNorm on Wine, a table";
    QTest::newRow("valleys") << "Race no method, PCGrad, CAGrad on Two valleys";
  }

  void everyCardOfTheGalleryRaces() {
    QFETCH(QString, button);
    QPushButton* race = nullptr;
    for (auto* one : window_->findChild<Gallery*>()->findChildren<QPushButton*>())
      if (one->accessibleName() == button) race = one;
    QVERIFY(race);
    QTest::mouseClick(race, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(window_->shown().runs().size(), size_t{3}, kRaceWait);
    for (const auto& one : eq::study::standingOf(onlySweep()).runs)
      QTRY_VERIFY_WITH_TIMEOUT(stepsIn(one.info->folder) > 0, kRaceWait);
    QCOMPARE(window_->messages().text(), QString());
    QSet<QString> names;
    for (const auto& run : window_->shown().runs()) names << run.name;
    QCOMPARE(names.size(), 3);
    if (button.startsWith("Race no method"))
      QVERIFY2(window_->shown().runs().front().name.contains("none"),
               qPrintable(window_->shown().runs().front().name));
  }

  /// Which goes on while its lanes are looked at.
  void aRaceBeginsBesideTheRunThatGoesOn() {
    window_->openExperiment(slowValleys());
    window_->startExperiment();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().training().empty(), kRaceWait);
    const auto own = window_->runs().training();
    actionIn(*window_, "Compare balancers…")->trigger();
    auto* dialog = dialogOf<RaceDialog>(*window_);
    QVERIFY(dialog);
    QTest::mouseClick(byText<QPushButton>(*dialog, "Start the race"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(window_->shown().runs().size(), size_t{3}, kRaceWait);
    QCOMPARE(window_->runs().training(), own);
    QVERIFY(!window_->shown().isShown(own));
    const auto steps = stepsIn(own);
    QTRY_VERIFY_WITH_TIMEOUT(stepsIn(own) > steps, kRaceWait);
  }

  void whatStandsInThePanelIsRacedAndNothingTypedIsLost() {
    window_->openExperiment(eq::train::readExperiment(eq::samplesFolder() / "two-digits.json"));
    auto* card = window_->experimentPanel().findChildren<TaskCard*>()[1];
    QTest::mouseClick(card->findChild<QPushButton*>("compare"), Qt::LeftButton);
    auto* dialog = dialogOf<RaceDialog>(*window_);
    QVERIFY(dialog);
    const QComboBox* subject = nullptr;
    for (const auto* box : dialog->findChildren<QComboBox*>())
      if (box->accessibleName() == "What the lanes differ in") subject = box;
    QVERIFY(subject);
    QCOMPARE(subject->currentText(), QString("Loss of right"));
    dialog->reject();
  }

  void aLaneIsClonedFromTheQueueAndShownBesideTheOthers() {
    beginRace();
    auto& queue = window_->queue();
    QTRY_VERIFY_WITH_TIMEOUT(queueRow() && queueRow()->childCount() == 3, kRaceWait);
    queue.tree().setCurrentItem(queueRow()->child(0));
    QTRY_VERIFY_WITH_TIMEOUT(actionIn(queue, "Clone…")->isEnabled(), kRaceWait);
    actionIn(queue, "Clone…")->trigger();
    auto* dialog = dialogOf<CloneDialog>(*window_);
    QVERIFY(dialog);
    QTest::mouseClick(byText<QPushButton>(*dialog, "Clone"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(window_->shown().runs().size(), size_t{4}, kRaceWait);
    const auto clones = eq::study::standingOf(onlySweep()).clones;
    QCOMPARE(clones.size(), size_t{1});
    QVERIFY(!clones[0].parent.empty() && clones[0].parentStep > 0);
    QTRY_VERIFY_WITH_TIMEOUT(stepsIn(clones[0].folder) > clones[0].parentStep, kRaceWait);
    QTRY_COMPARE_WITH_TIMEOUT(queueRow()->childCount(), 4, kRaceWait);
  }

  void aRaceOutlivesTheWindowAndTheNextOneFollowsIt() {
    beginRace();
    const auto folder = onlySweep();
    const auto lane = eq::study::standingOf(folder).runs[1].info->folder;
    window_->close();
    window_.reset();
    const auto steps = stepsIn(lane);
    QTRY_VERIFY_WITH_TIMEOUT(stepsIn(lane) > steps, kRaceWait);
    openWindow();
    QTRY_VERIFY_WITH_TIMEOUT(queueRow() && queueRow()->text(1) == "running", kRaceWait);
  }

  void aRaceThatIsToWaitIsPausedWithTheWindow() {
    beginRace();
    const auto folder = onlySweep();
    QTRY_VERIFY_WITH_TIMEOUT(queueRow(), kRaceWait);
    window_->queue().tree().setCurrentItem(queueRow());
    actionIn(window_->queue(), "Waits without the window")->trigger();
    window_->close();
    QTRY_COMPARE_WITH_TIMEOUT(eq::study::stateOf(folder), SweepState::stopped, kRaceWait);
    openWindow();
    QTRY_VERIFY_WITH_TIMEOUT(queueRow() && queueRow()->text(1) == "paused", kRaceWait);
    window_->queue().tree().setCurrentItem(queueRow());
    actionIn(window_->queue(), "Continue")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(queueRow()->text(1), QString("running"), kRaceWait);
  }

  void aSweepIsMadeInADialogAndTrainedInTheQueue() {
    auto experiment = slowValleys();
    experiment.epochs = 20;
    window_->openExperiment(experiment);
    actionIn(*window_, "Sweep…")->trigger();
    auto* dialog = dialogOf<SweepDialog>(*window_);
    QVERIFY(dialog);
    dialog->findChild<SweepFieldRow*>()->setField("optimizer.lr", {0.01, 0.02, 0.03});
    auto* start = dialog->findChild<QPushButton*>("start");
    QTRY_VERIFY_WITH_TIMEOUT(start->isEnabled(), kRaceWait);
    QTest::mouseClick(start, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!dialogOf<SweepDialog>(*window_), kRaceWait);
    QVERIFY(window_->queue().isVisible());  // its tab came to the front
    QTRY_VERIFY_WITH_TIMEOUT(queueRow() && queueRow()->text(1) == "done", kRaceWait);
    QCOMPARE(queueRow()->text(2), QString("3 of 3 done"));
    window_->queue().tree().setCurrentItem(queueRow());
    actionIn(window_->queue(), "Show")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(window_->shown().runs().size(), size_t{3}, kRaceWait);
  }

  void aSweepFileIsOpenedInTheDialog() {
    const auto file = workspace() / "mine.json";
    auto value = toJson(slowValleys());
    value["sweep"] = {{"fields", {{"optimizer.lr", {0.1, 0.2}}}}};
    std::ofstream(file) << value.dump();
    QVERIFY(window_->openPath(file));
    auto* dialog = dialogOf<SweepDialog>(*window_);
    QVERIFY(dialog);
    QVERIFY((json(dialog->sweep()["fields"]) == json{{"optimizer.lr", {0.1, 0.2}}}));
    QCOMPARE(window_->experimentPanel().experiment().name, std::string("Valleys"));
    value["sweep"] = {{"method", "lanes"}, {"lanes", {{{"seed", 1}}, {{"seed", 2}}}}};
    std::ofstream(file) << value.dump();
    delete dialog;
    QVERIFY(!window_->openPath(file));
    QVERIFY(window_->messages().text().contains("lanes of a race"));
  }

  /// With all that was typed still there.
  void aStartThatFailsIsToldInTheDialog() {
    window_->openExperiment(slowValleys());
    actionIn(*window_, "Compare balancers…")->trigger();
    auto* dialog = dialogOf<RaceDialog>(*window_);
    useProgram("/nowhere/equipoise-cli");
    const auto guard = qScopeGuard([] { useProgram("/../app/equipoise-cli"); });
    QTest::mouseClick(byText<QPushButton>(*dialog, "Start the race"), Qt::LeftButton);
    const auto said = [&] {
      for (const auto* label : dialog->findChildren<QLabel*>())
        if (label->text().contains("equipoise-cli, which EQUIPOISE_CLI names, is no program"))
          return label->isVisible();
      return false;
    };
    QTRY_VERIFY(said());
    QVERIFY(eq::study::sweepsIn(workspace()).empty());
    useProgram("/../app/equipoise-cli");
    QTest::mouseClick(byText<QPushButton>(*dialog, "Start the race"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!dialogOf<RaceDialog>(*window_), kRaceWait);
  }

  void withoutAnExperimentThereIsNothingToRace() {
    actionIn(*window_, "Compare losses…")->trigger();
    QVERIFY(!dialogOf<RaceDialog>(*window_));
    QVERIFY(window_->messages().text().contains("Open a sample"));
  }

 private:
  /// Each as `run` trains it, bit for bit.
  void equalTheRunsAlone(const std::vector<fs::path>& lanes) const {
    const auto file = (eq::samplesFolder() / "two-digits.json").string();
    const auto out = (workspace() / "alone").string();
    const std::vector<std::string> losses{"squentropy", "cross_entropy", "focal"};
    for (size_t i = 0; i < lanes.size(); ++i) {
      const auto answer = call({"run", file, "--out", out, "--steps", std::to_string(kSteps),
                                "--set", "tasks[0].loss.id=" + losses[i], "--set",
                                "tasks[1].loss.id=" + losses[i], "--quiet", "--json"});
      QVERIFY2(answer.code == 0, answer.err.c_str());
      const auto alone =
          eq::run::RunReader(json::parse(answer.out)["run"].get<std::string>()).steps();
      const auto lane = eq::run::RunReader(lanes[i]).steps(0, kSteps);
      QCOMPARE(alone.size(), static_cast<size_t>(kSteps));
      QCOMPARE(lane.size(), alone.size());
      for (size_t k = 0; k < alone.size(); ++k) QCOMPARE(lane[k].losses, alone[k].losses);
    }
  }
};

EQUIPOISE_TEST(TestRaces)
#include "tst_races.moc"

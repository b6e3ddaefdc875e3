#include <QAction>
#include <QPushButton>
#include <QSettings>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/run/runner.h"
#include "core/train/trainer.h"
#include "tests/registry.h"
#include "widgets/lab/merge_lab_page.h"
#include "widgets/lab/scores_model.h"
#include "widgets/plots/plot_area.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/style/message_bar.h"

using namespace eq::widgets;
using eq::app::MainWindow;

namespace {

constexpr int kLongEnough = 30000;  // ms, for machines with much else to do

eq::train::Experiment mergedWine() {
  return eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "wine",
    "data": {"id": "table", "path": "data/wine.csv",
             "targets": [{"column": "cultivar", "kind": "class"},
                         {"column": "alcohol", "kind": "number"}]},
    "tasks": [{"name": "cultivar"}, {"name": "alcohol"}], "model": {"id": "mlp", "hidden": [8]},
    "batch_size": 16, "epochs": 4, "threads": 1})"),
                                       eq::test::inSource("samples"));
}

void trainUntil(eq::run::Runner& runner, std::int64_t step) {
  while (runner.trainer().stepsDone() < step) runner.step();
  runner.close();
}

}  // namespace

/// The merge lab in the window: experts from the table of runs, and back as a run.
class TestMergeLabWindow : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("merge-lab");
    QSettings().clear();
    const auto workspace = workspace_.path().toStdString();
    const auto base = eq::run::Runner::start(mergedWine(), workspace);
    trainUntil(*base, 4);
    for (int k = 0; k < 2; ++k) {
      const auto fork =
          eq::run::Runner::fork(base->folder(), 4, workspace, {},
                                {{"tasks[" + std::to_string(1 - k) + "].enabled=false"}, {}});
      trainUntil(*fork, 10);
      experts_.push_back(fork->folder());
    }
    window_ = std::make_unique<MainWindow>(workspace);
    window_->resize(1400, 900);
    window_->show();
    QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    page_ = window_->findChild<MergeLabPage*>();
    runs_ = window_->findChild<RunsPanel*>();
    QVERIFY(page_ && runs_);
    QTRY_COMPARE_WITH_TIMEOUT(runs_->rows().size(), std::size_t{3}, kLongEnough);
  }
  void cleanupTestCase() { window_.reset(); }

  /// Also from the gallery, without a run in focus.
  void theChosenRunsAreOpened() {
    QAction* merge = nullptr;
    for (auto* action : runs_->findChildren<QAction*>())
      if (action->text() == "Merge lab") merge = action;
    QVERIFY(merge && !merge->isEnabled());
    runs_->select(experts_);
    QVERIFY(merge->isEnabled());
    runs_->findChild<QTableView*>()->setFocus();
    QTest::keyClick(runs_->findChild<QTableView*>(), Qt::Key_M,
                    Qt::ControlModifier | Qt::AltModifier);
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().rowCount() == 3, kLongEnough);
    QVERIFY(page_->isVisible());
    QCOMPARE(page_->model().index(0, ScoresModel::kTask).data().toString(), QString("cultivar"));
  }

  void whatIsSavedIsChosenInTheTable() {
    QTest::mouseClick(button("Save as run"), Qt::LeftButton);
    auto* messages = window_->findChild<MessageBar*>();
    QTRY_VERIFY_WITH_TIMEOUT(messages->text().startsWith("The merged model is the run"),
                             kLongEnough);
    QTRY_COMPARE_WITH_TIMEOUT(runs_->rows().size(), std::size_t{4}, kLongEnough);
    const auto chosen = runs_->selectedRuns();
    QCOMPARE(chosen.size(), std::size_t{1});
    QVERIFY(chosen[0].filename().string().ends_with("wine-merged"));
    messages->activate();
    QCOMPARE(window_->runs().present(), chosen[0]);
  }

  void trainingGoesOnFromTheMergedModel() {
    const auto before = window_->runs().present();
    QTest::mouseClick(button("Train on from here"), Qt::LeftButton);
    auto& session = window_->runs().session();
    QTRY_VERIFY_WITH_TIMEOUT(window_->runs().present() != before, kLongEnough);
    QTRY_COMPARE_WITH_TIMEOUT(session.state(), SessionState::idle, kLongEnough);
    const auto info = eq::run::RunReader(window_->runs().present()).info();
    QVERIFY2(info.title.starts_with("merged 0.3 "), info.title.c_str());
    for (const auto* task : {"0.3 alcohol", "0.3 cultivar"})
      QVERIFY2(info.title.find(task) != std::string::npos, info.title.c_str());
    QCOMPARE(info.state, eq::run::RunState::finished);
    QVERIFY(info.steps > 4);
  }

 private:
  QPushButton* button(const QString& text) const {
    for (auto* one : page_->findChildren<QPushButton*>())
      if (one->text() == text) return one;
    return nullptr;
  }

  QTemporaryDir settings_, workspace_;
  std::vector<std::filesystem::path> experts_;
  std::unique_ptr<MainWindow> window_;
  MergeLabPage* page_ = nullptr;
  RunsPanel* runs_ = nullptr;
};

EQUIPOISE_TEST(TestMergeLabWindow)
#include "tst_merge_lab_window.moc"

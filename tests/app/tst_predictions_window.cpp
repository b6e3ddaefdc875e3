#include <qcustomplot.h>

#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "tests/registry.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/predictions/predictions_model.h"
#include "widgets/predictions/predictions_page.h"
#include "widgets/session/run_data.h"

using namespace eq::widgets;
using eq::app::MainWindow;

namespace {

constexpr int kPatience = 30000;  // ms, for machines with much else to do

eq::train::Experiment windowWine() {
  return eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "wine",
    "data": {"id": "table", "path": "data/wine.csv",
             "targets": [{"column": "cultivar", "kind": "class"}]},
    "tasks": [{"name": "cultivar"}], "model": {"id": "mlp", "hidden": [8]},
    "batch_size": 16, "epochs": 4, "threads": 1})"),
                                       eq::test::inSource("samples"));
}

}  // namespace

/// The page of predictions in the window, with a real run.
class TestPredictionsWindow : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("predictions");
  }
  void init() {
    QSettings().clear();
    workspace_ = std::make_unique<QTemporaryDir>();
    window_ = std::make_unique<MainWindow>(workspace_->path().toStdString());
    window_->resize(1400, 800);
    window_->show();
    QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    page_ = window_->findChild<PredictionsPage*>();
    QVERIFY(page_);
  }
  void cleanup() { window_.reset(); }

  /// Live while it trains, from its checkpoint when it has ended.
  void followsTheRunToItsEnd() {
    window_->openExperiment(windowWine());
    QVERIFY(window_->plots().showDock("predictions"));
    QVERIFY(page_->words().startsWith("No run in focus"));
    window_->startExperiment(true);
    auto& session = window_->runs().session();
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().rowCount() > 0, kPatience);
    QCOMPARE(page_->model().page().step, std::int64_t{0});
    QVERIFY(page_->words().startsWith("Step 0"));
    session.resume();
    QTRY_COMPARE_WITH_TIMEOUT(session.state(), SessionState::idle, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(
        page_->words().startsWith("Checkpoint of step") && page_->model().rowCount() > 0,
        kPatience);
    const auto& evaluations = window_->data().evaluations();
    double recorded = -1;
    for (const auto& one : evaluations)
      if (one.split == eq::train::SplitName::validation) recorded = one.tasks[0].at("accuracy");
    QCOMPARE(page_->model().page().counts.accuracy, recorded);
  }

  void aClickOnConfusionShowsItsExamples() {
    window_->openExperiment(windowWine());
    window_->startExperiment();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().present().empty(), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kPatience);
    QVERIFY(window_->plots().showDock("confusion"));
    auto* panel = window_->plots().panel("confusion");
    auto* plot = panel->findChild<QCustomPlot*>();
    QTRY_VERIFY(plot->isVisible() && plot->axisRect()->width() > 50);
    QTRY_COMPARE(plot->xAxis->range().upper, 2.5);  // of three classes
    // Target 2, predicted 0.
    const QPoint place(static_cast<int>(plot->xAxis->coordToPixel(0)),
                       static_cast<int>(plot->yAxis->coordToPixel(2)));
    QTest::mouseClick(plot, Qt::LeftButton, {}, place);
    QTRY_VERIFY_WITH_TIMEOUT(page_->isVisible(), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().page().request.filter.target == 2 &&
                                 page_->model().page().request.filter.predicted == 0,
                             kPatience);
  }

 private:
  QTemporaryDir settings_;
  std::unique_ptr<QTemporaryDir> workspace_;
  std::unique_ptr<MainWindow> window_;
  PredictionsPage* page_ = nullptr;
};

EQUIPOISE_TEST(TestPredictionsWindow)
#include "tst_predictions_window.moc"

#include <algorithm>
#include <numeric>
#include <thread>

#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>
#include <QUndoStack>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/loss/catalog.h"
#include "core/run/runner.h"
#include "core/train/trainer.h"
#include "tests/registry.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/task_card.h"
#include "widgets/method_editor.h"
#include "widgets/plots/plot_link.h"
#include "widgets/session/run_data.h"
#include "widgets/style/number_boxes.h"

using eq::app::MainWindow;
using eq::train::Command;
using eq::train::Experiment;
using namespace eq::widgets;

namespace {

constexpr int kLong = 60000;  // ms, for machines with much else to do

Experiment smallDigits() {
  return eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "Digits", "data": {"id": "two_digits", "train_pairs": 60, "test_pairs": 20},
    "model": {"id": "mlp", "hidden": [8]}, "batch_size": 30, "epochs": 1000, "threads": 1,
    "conflict": {"every": 0}})"));
}

void choose(MethodEditor& editor, const std::string& id) {
  auto* combo = editor.findChild<QComboBox*>();
  combo->setCurrentIndex(combo->findData(QString::fromStdString(id)));
  emit combo->activated(combo->currentIndex());
}

}  // namespace

/// What the panel shows is in force, or it is marked and says what is.
class TestTruthInThePanel : public QObject {
  Q_OBJECT

 public:
  static void initMain() {
    static QTemporaryDir settings;
    qputenv("XDG_CONFIG_HOME", settings.path().toUtf8());
    QCoreApplication::setOrganizationName("equipoise");
    QCoreApplication::setApplicationName("test");
  }

 private slots:
  void init() {
    workspace_ = std::make_unique<QTemporaryDir>();
    window_ = std::make_unique<MainWindow>(workspace_->path().toStdString());
    window_->resize(1280, 800);
    window_->show();
  }
  void cleanup() {
    window_.reset();
    workspace_.reset();
  }

  void classCountsAreFilledInBeforeTheFirstStart() {
    auto experiment = smallDigits();
    experiment.tasks.resize(2);
    experiment.tasks[0].name = "left";
    experiment.tasks[1].name = "right";
    for (auto& task : experiment.tasks) task.loss.id = "cross_entropy";
    window_->openExperiment(experiment);
    auto& panel = window_->experimentPanel();
    auto* weight = panel.findChild<TaskCard*>()->findChild<NumberBox*>();
    weight->setFocus();
    QTest::keyClick(weight, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(weight, "2.5");  // not settled: what is found meanwhile leaves it
    QTRY_VERIFY_WITH_TIMEOUT(!panel.known()[0].classCounts.empty(), kLong);
    QCOMPARE(weight->text(), QString("2.5"));
    const auto counts = panel.known()[0].classCounts;
    QCOMPARE(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}), std::int64_t{60});
    choose(loss(0), "ldam");
    QVERIFY(loss(0).method().params.at("counts") == nlohmann::json(counts));
    QVERIFY(!window_->runs().active());
  }

  /// Also after other data were chosen, and that was undone.
  void tasksThatNoFileNamesAppearBeforeTheFirstStart() {
    window_->openExperiment(smallDigits());
    auto& panel = window_->experimentPanel();
    auto& undo = *window_->findChild<QUndoStack*>();
    const auto names = [&panel] {
      QStringList names;
      for (const auto& task : panel.experiment().tasks) names << QString::fromStdString(task.name);
      return names;
    };
    QTRY_COMPARE_WITH_TIMEOUT(names(), QStringList({"left", "right"}), kLong);
    QCOMPARE(loss(1).shown().id, std::string("cross_entropy"));
    const auto editors = panel.findChildren<MethodEditor*>();
    const auto data = std::find_if(editors.begin(), editors.end(),
                                   [](auto* one) { return one->shown().id == "two_digits"; });
    QVERIFY(data != editors.end());
    choose(**data, "scale_imbalance");
    QTRY_COMPARE_WITH_TIMEOUT(names().size(), 10, kLong);
    QVERIFY(!names().contains("left"));
    undo.undo();
    QTRY_COMPARE_WITH_TIMEOUT(names(), QStringList({"left", "right"}), kLong);
    undo.redo();
    QTRY_COMPARE_WITH_TIMEOUT(names().size(), 10, kLong);
    QVERIFY(!window_->runs().active());
  }

  void everyLossOfARunIsInForceOrMarked() {
    startPaused();
    int counted = 0;
    for (const auto* descriptor : eq::loss::catalog().descriptors()) {
      choose(loss(0), descriptor->id);
      settle();
      const auto& inForce = window_->runs().inForce().tasks[0].loss;
      QCOMPARE(loss(0).shown().id, descriptor->id);
      const auto* instead = loss(0).findChild<QLabel*>("instead");
      const bool said = instead->isVisible() && instead->text().contains("In force instead: ");
      QVERIFY2((inForce == loss(0).shown()) != said, descriptor->id.c_str());
      QVERIFY(loss(0).method() == inForce);
      QCOMPARE(loss(0).problem().isEmpty(), !said);
      counted += said ? 0 : 1;
    }
    QVERIFY2(counted > 30, qPrintable(QString::number(counted)));
  }

  void aRecordedRunShowsWhatWasInForceAndOffersBothStates() {
    const auto folder = recorded();
    QVERIFY(window_->openPath(folder));
    auto& panel = window_->experimentPanel();
    QCOMPARE(panel.experiment().tasks[0].loss.id, std::string("focal"));
    QVERIFY(!loss(0).isEnabled());
    const auto* begun = loss(0).findChild<QLabel*>("begun");
    QCOMPARE(begun->text(), QString("At the beginning: Cross-entropy"));
    QVERIFY(!begun->isHidden());
    QVERIFY(said("As at step 6 of the run "));
    window_->findChild<PlotLink*>()->setCursor(2);
    QCOMPARE(panel.experiment().tasks[0].loss.id, std::string("cross_entropy"));
    QVERIFY(begun->isHidden());
    QVERIFY(said("As at step 2 of the run "));
    window_->findChild<PlotLink*>()->setCursor({});
    QCOMPARE(panel.experiment().tasks[0].loss.id, std::string("focal"));

    window_->startExperiment();
    auto* asEnded = button("As it &ended");
    QVERIFY(asEnded && button("As it &began"));
    asEnded->click();
    QTRY_VERIFY_WITH_TIMEOUT(window_->runs().session().state() == SessionState::running, kLong);
    QCOMPARE(window_->runs().inForce().tasks[0].loss.id, std::string("focal"));
    QVERIFY(loss(0).isEnabled());
    window_->runs().session().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kLong);
  }

  void aCopyOfARecordedRunCanBeEdited() {
    QVERIFY(window_->openPath(recorded()));
    button("Edit a copy as it began")->click();
    QVERIFY(loss(0).isEnabled());
    QCOMPARE(loss(0).method().id, std::string("cross_entropy"));
    window_->findChild<PlotLink*>()->setCursor(6);  // the copy is no record any more
    QCOMPARE(loss(0).method().id, std::string("cross_entropy"));
  }

 private:
  void startPaused() {
    StartRequest request;
    request.experiment = smallDigits();
    request.workspace = workspace_->path().toStdString();
    window_->openExperiment(smallDigits());
    auto& session = window_->runs().session();
    session.start(request, true);
    QTRY_COMPARE_WITH_TIMEOUT(session.state(), SessionState::paused, kLong);
    QTRY_COMPARE_WITH_TIMEOUT(window_->experimentPanel().findChildren<TaskCard*>().size(), 2,
                              kLong);
  }

  /// Until the run has answered all that was asked of it.
  void settle() { QTRY_VERIFY_WITH_TIMEOUT(window_->experimentPanel().waiting() == 0, kLong); }

  std::filesystem::path recorded() {
    std::filesystem::path folder;
    std::thread worker([&] {
      eq::train::useThreads(1);
      auto runner = eq::run::Runner::start(smallDigits(), workspace_->path().toStdString());
      for (int step = 0; step < 4; ++step) runner->step();
      runner->apply(Command::setLoss(0, {"focal"}));
      for (int step = 0; step < 2; ++step) runner->step();
      runner->close();
      folder = runner->folder();
    });
    worker.join();
    return folder;
  }

  MethodEditor& loss(int card) const {
    return window_->experimentPanel().findChildren<TaskCard*>().at(card)->loss();
  }
  QPushButton* button(const QString& text) const {
    for (auto* found : window_->findChildren<QPushButton*>())
      if (found->text() == text) return found;
    return nullptr;
  }
  bool said(const QString& text) const {
    for (const auto* label : window_->experimentPanel().findChildren<QLabel*>())
      if (label->isVisible() && label->text().startsWith(text)) return true;
    return false;
  }

  std::unique_ptr<QTemporaryDir> workspace_;
  std::unique_ptr<MainWindow> window_;
};

EQUIPOISE_TEST(TestTruthInThePanel)
#include "tst_truth_in_the_panel.moc"

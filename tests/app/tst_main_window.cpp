#include <cmath>
#include <fstream>

#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/train/trainer.h"
#include "tests/registry.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/gallery.h"
#include "widgets/experiment/task_card.h"
#include "widgets/method_editor.h"
#include "widgets/plots/plot_area.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/runs/timeline.h"
#include "widgets/session/run_data.h"
#include "widgets/style/message_bar.h"

using eq::app::MainWindow;
using eq::train::Command;
using namespace eq::widgets;

namespace {

constexpr int kLong = 60000;  // ms, for machines with much else to do

eq::train::Experiment wine() {
  auto experiment = eq::train::readExperiment(eq::test::inSource("samples/table.json"));
  experiment.conflict.every = 2;
  return experiment;
}

QPushButton* button(QWidget& parent, const QString& name) {
  for (auto* found : parent.findChildren<QPushButton*>())
    if (found->accessibleName() == name) return found;
  return nullptr;
}

bool sameBits(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

}  // namespace

class TestMainWindow : public QObject {
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

  void oneClickStartsASample() {
    auto* gallery = window_->findChild<Gallery*>();
    QCOMPARE(gallery->count(), 17);
    auto* start = button(*gallery, "Start Wine, a table");
    QVERIFY(start);
    QTest::mouseClick(start, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(rows() > 20, kLong);
    QVERIFY(window_->plots().isVisible());
    QCOMPARE(window_->findChildren<TaskCard*>().size(), 3);
    window_->runs().session().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kLong);
    QCOMPARE(eq::run::listRuns(workspace_->path().toStdString()).size(), std::size_t{1});
  }

  void aSwapInTheMiddleIsAnEvent() {
    auto& session = startPaused();
    session.stepOnce(5);
    QTRY_COMPARE_WITH_TIMEOUT(rows(), std::size_t{5}, kLong);
    auto* loss = window_->findChildren<TaskCard*>()[0]->findChild<MethodEditor*>();
    auto* combo = loss->findChild<QComboBox*>();
    combo->setCurrentIndex(combo->findData("squentropy"));
    emit combo->activated(combo->currentIndex());
    session.stepOnce(2);
    QTRY_COMPARE_WITH_TIMEOUT(rows(), std::size_t{7}, kLong);
    const auto& events = window_->data().events();
    const auto swap = std::find_if(events.begin(), events.end(),
                                   [](const auto& event) { return event.kind == "command"; });
    QVERIFY(swap != events.end());
    QCOMPARE(swap->step, std::int64_t{5});
    QVERIFY2(swap->text.find("loss to Squentropy") != std::string::npos, swap->text.c_str());
    QCOMPARE(window_->data().experiment().tasks[0].loss.id, std::string("squentropy"));
  }

  void aRefusedCommandIsToldAndTheRunGoesOn() {
    auto& session = startPaused();
    session.send(Command::setLoss(1, {"focal"}));  // a number has no classes
    QTRY_VERIFY_WITH_TIMEOUT(!window_->messages().text().isEmpty(), kLong);
    QVERIFY(window_->messages().text().contains("focal does not fit"));
    session.stepOnce();
    QTRY_COMPARE_WITH_TIMEOUT(rows(), std::size_t{1}, kLong);
  }

  void windowAndHeadlessGiveTheSameBits() {
    const std::vector<Command> commands{
        Command::setLoss(0, {"focal", {{"gamma", 1.5}}}), Command::setWeight(1, 0.25),
        Command::setGradient({"pcgrad"}), Command::setLearningRate(0.001)};
    auto& session = startPaused();
    for (std::size_t i = 0; i <= commands.size(); ++i) {
      session.stepOnce(4);
      QTRY_COMPARE_WITH_TIMEOUT(rows(), 4 * (i + 1), kLong);
      if (i < commands.size()) session.send(commands[i]);
    }
    const auto expected = headless(commands);
    const auto& data = window_->data();
    QCOMPARE(expected.size(), rows());
    for (std::size_t row = 0; row < expected.size(); ++row)
      for (int task = 0; task < 3; ++task) {
        const auto k = static_cast<std::size_t>(task);
        QVERIFY(sameBits(data.losses(task)[row], expected[row].losses[k]));
        QVERIFY(sameBits(data.weights(task)[row], expected[row].weights[k]));
      }
  }

  void anInterruptedRunIsOfferedAndContinues() {
    const std::filesystem::path workspace = workspace_->path().toStdString();
    {
      auto runner = eq::run::Runner::start(wine(), workspace);
      for (int i = 0; i < 12; ++i) runner->step();
      runner->checkpoint();
      for (int i = 0; i < 3; ++i) runner->step();
    }  // never closed, as after kill -9
    window_->findChild<RunsPanel*>()->refresh();
    window_->offerInterrupted();
    QVERIFY2(window_->messages().text().contains(
                 "was interrupted after 15 steps. Its last checkpoint is of step 12; it goes on "
                 "from there and does 3 steps again."),
             qPrintable(window_->messages().text()));
    window_->messages().activate();
    QTRY_VERIFY_WITH_TIMEOUT(rows() > 20, kLong);
    const auto& steps = window_->data().x(XUnit::step);
    for (std::size_t row = 0; row < steps.size(); ++row)
      QCOMPARE(steps[row], static_cast<double>(row + 1));
    window_->runs().session().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kLong);
  }

  void forksAtThePresentStep() {
    auto& session = startPaused();
    session.stepOnce(6);
    QTRY_COMPARE_WITH_TIMEOUT(rows(), std::size_t{6}, kLong);
    const auto first = window_->runs().present();
    window_->runs().forkPresent();
    QTRY_VERIFY_WITH_TIMEOUT(window_->runs().present() != first, kLong);
    QTRY_COMPARE_WITH_TIMEOUT(session.state(), SessionState::paused, kLong);
    QCOMPARE(rows(), std::size_t{6});
    const auto info = eq::run::RunReader(window_->runs().present()).info();
    QCOMPARE(info.parent, first.filename().string());
    QCOMPARE(info.parentStep, std::int64_t{6});
  }

  void whatCannotBeOpenedIsSaid() {
    const auto broken = workspace_->filePath("broken.json").toStdString();
    std::ofstream(broken) << R"({"data": {"id": "two_digits"}, "modell": {"id": "cnn"}})";
    QVERIFY(!window_->openPath(broken));
    QVERIFY(window_->messages().text().contains("modell"));
    QVERIFY(!window_->openPath(workspace_->filePath("not-there.json").toStdString()));
    QVERIFY(window_->messages().text().contains("not-there.json"));
  }

  void aRunThatCannotStartIsTold() {
    auto experiment = wine();
    experiment.data.params["path"] = "no-such-file.csv";
    window_->openExperiment(experiment);
    window_->startExperiment();
    QTRY_VERIFY_WITH_TIMEOUT(window_->messages().text().contains("no-such-file.csv"), kLong);
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kLong);
  }

  void closingWhileTrainingAsksAndCheckpoints() {
    startPaused();
    window_->close();
    QVERIFY(window_->isVisible());
    auto* stop = [&]() -> QPushButton* {
      for (auto* found : window_->findChildren<QPushButton*>())
        if (found->text() == "Stop and close") return found;
      return nullptr;
    }();
    QVERIFY(stop);
    QTest::mouseClick(stop, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!window_->isVisible(), kLong);
    const auto runs = eq::run::listRuns(workspace_->path().toStdString());
    QCOMPARE(runs.size(), std::size_t{1});
    QCOMPARE(runs[0].state, eq::run::RunState::stopped);
    QVERIFY(!eq::run::checkpointsIn(runs[0].folder).empty());
  }

 private:
  std::size_t rows() const { return window_->data().x(XUnit::step).size(); }

  Session& startPaused() {
    auto& session = window_->runs().session();
    window_->openExperiment(wine());
    StartRequest request;
    request.experiment = wine();
    request.workspace = workspace_->path().toStdString();
    session.start(request, true);
    if (!QTest::qWaitFor([&] { return session.state() == SessionState::paused; }, kLong))
      qFatal("the run does not start");
    return session;
  }

  /// Four steps before each command and after the last.
  std::vector<eq::train::StepRecord> headless(const std::vector<Command>& commands) {
    QTemporaryDir folder;
    std::vector<eq::train::StepRecord> steps;
    std::thread worker([&] {  // threads are a property of the calling thread
      const auto experiment = wine();
      eq::train::useThreads(experiment.threads);
      const auto runner = eq::run::Runner::start(experiment, folder.path().toStdString());
      for (std::size_t i = 0; i <= commands.size(); ++i) {
        for (int step = 0; step < 4; ++step) runner->step();
        if (i < commands.size()) runner->apply(commands[i]);
      }
      steps = runner->take().steps;
    });
    worker.join();
    return steps;
  }

  std::unique_ptr<QTemporaryDir> workspace_;
  std::unique_ptr<MainWindow> window_;
};

EQUIPOISE_TEST(TestMainWindow)
#include "tst_main_window.moc"

#include <filesystem>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/run_tail.h"
#include "core/run/runner.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::Runner;
using eq::run::RunReader;
using eq::run::RunState;
using eq::run::RunTail;

namespace {

/// 40 steps.
eq::train::Experiment shortValleys() {
  return eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "Short valleys", "data": {"id": "two_valleys"}, "model": {"id": "point"},
    "batch_size": 1, "epochs": 40, "evaluate_every": 5, "threads": 1})"));
}

/// 4 steps.
eq::train::Experiment pairs() {
  return eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "data": {"id": "scale_imbalance", "scales": [1, 3], "inputs": 5, "outputs": 2, "train": 64,
             "validation": 16, "test": 16},
    "model": {"id": "mlp", "hidden": [8]}, "batch_size": 16, "epochs": 1, "threads": 1})"));
}

void doSteps(Runner& runner, int count) {
  for (int i = 0; i < count; ++i) runner.step();
  runner.take();  // writes
}

std::vector<std::int64_t> stepsOf(const eq::run::Records& records) {
  std::vector<std::int64_t> steps;
  for (const auto& step : records.steps) steps.push_back(step.step);
  return steps;
}

}  // namespace

class TestRunTail : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> temporary_;
  fs::path workspace() const { return temporary_->path().toStdString(); }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }
  void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

  void tellsEachRecordOnce() {
    auto runner = Runner::start(shortValleys(), workspace());
    doSteps(*runner, 3);
    RunTail tail(runner->folder());
    auto news = tail.read();
    QCOMPARE(stepsOf(news.records), (std::vector<std::int64_t>{1, 2, 3}));
    QCOMPARE(news.info.state, RunState::running);
    QVERIFY(tail.read().records.empty());
    auto evaluations = news.records.evaluations.size();
    doSteps(*runner, 3);
    news = tail.read();
    QCOMPARE(stepsOf(news.records), (std::vector<std::int64_t>{4, 5, 6}));
    QVERIFY(!news.anew);
    evaluations += news.records.evaluations.size();
    QCOMPARE(evaluations, RunReader(runner->folder()).evaluations().size());
  }

  void tellsStatesAndTheEnd() {
    auto runner = Runner::start(shortValleys(), workspace());
    doSteps(*runner, 3);
    RunTail tail(runner->folder());
    tail.read();
    runner->setPaused(true);
    auto news = tail.read();
    QCOMPARE(news.info.state, RunState::paused);
    QCOMPARE(news.records.events.back().kind, std::string("paused"));
    runner->setPaused(false);
    QCOMPARE(tail.read().info.state, RunState::running);
    doSteps(*runner, 37);
    runner->close();
    runner.reset();
    news = tail.read();
    QCOMPARE(news.info.state, RunState::finished);
    QVERIFY(!news.anew);
    QCOMPARE(news.records.steps.size(), std::size_t{37});
  }

  /// They are measured after evaluations that have been read already.
  void tellsTheIntervalsOfTheEnd() {
    auto runner = Runner::start(pairs(), workspace());
    RunTail tail(runner->folder());
    doSteps(*runner, 4);
    auto news = tail.read();
    QCOMPARE(news.records.evaluations.back().step, std::int64_t{4});
    QVERIFY(news.records.intervals.empty());
    runner->close();
    runner.reset();
    news = tail.read();
    QCOMPARE(news.records.intervals.size(), std::size_t{2});  // of validation and test
    QVERIFY(!news.records.intervals[0].tasks.empty());
  }

  void aPausedRunThatDiedIsInterrupted() {
    auto runner = Runner::start(shortValleys(), workspace());
    const auto folder = runner->folder();
    runner->setPaused(true);
    runner.reset();  // as after kill -9
    QCOMPARE(RunReader(folder).info().state, RunState::died);
  }

  /// Records after the last checkpoint are dropped and made again.
  void aRunThatIsResumedBeforeItsEndIsToldAnew() {
    auto runner = Runner::start(shortValleys(), workspace());
    doSteps(*runner, 4);
    runner->checkpoint();
    doSteps(*runner, 6);
    const auto folder = runner->folder();
    RunTail tail(folder);
    QCOMPARE(tail.read().records.steps.size(), std::size_t{10});
    runner.reset();
    runner = Runner::resume(folder);
    doSteps(*runner, 8);  // as far as before, and further
    auto news = tail.read();
    QVERIFY(news.anew);
    QCOMPARE(news.records.steps.size(), std::size_t{12});
    QCOMPARE(news.records.events.size(), RunReader(folder).events().size());
    doSteps(*runner, 1);
    news = tail.read();
    QVERIFY(!news.anew);
    QCOMPARE(stepsOf(news.records), (std::vector<std::int64_t>{13}));
  }

  void aStoppedRunThatIsResumedGoesOn() {
    auto runner = Runner::start(shortValleys(), workspace());
    doSteps(*runner, 4);
    runner->close();
    const auto folder = runner->folder();
    RunTail tail(folder);
    tail.read();
    runner.reset();
    runner = Runner::resume(folder);
    doSteps(*runner, 2);
    const auto news = tail.read();
    QVERIFY(!news.anew);
    QCOMPARE(stepsOf(news.records), (std::vector<std::int64_t>{5, 6}));
  }

  void aRunHasANameOfItsOwn() {
    auto runner = Runner::start(shortValleys(), workspace());
    doSteps(*runner, 2);
    runner->checkpoint();
    const auto folder = runner->folder();
    QCOMPARE(RunReader(folder).info().shown(), std::string("Short valleys"));
    eq::run::setTitle(folder, "lucky");  // while it is trained
    doSteps(*runner, 1);
    QCOMPARE(RunReader(folder).info().shown(), std::string("lucky"));
    const auto plain = Runner::fork(folder, 2, workspace());
    QCOMPARE(RunReader(plain->folder()).info().title, std::string());
    const auto named = Runner::fork(folder, 2, workspace(), {.title = "luckier"});
    QCOMPARE(RunReader(named->folder()).info().title, std::string("luckier"));
    eq::run::setTitle(folder, "");
    QCOMPARE(RunReader(folder).info().shown(), std::string("Short valleys"));
    QVERIFY_EXCEPTION_THROWN(eq::run::setTitle(workspace(), "x"), eq::Error);
  }

  /// SQLite writes on into a file that is no longer there.
  void aFolderThatIsGoneIsNoticedAndTheRunGoesOnElsewhere() {
    auto runner = Runner::start(shortValleys(), workspace());
    doSteps(*runner, 5);
    runner->checkpoint();
    const auto folder = runner->folder();
    fs::rename(folder, workspace() / "moved");
    doStepsUnsaved(*runner, 3);
    QVERIFY_EXCEPTION_THROWN(runner->secure(), eq::Error);
    QVERIFY(runner->unsaved());
    QTemporaryDir other;
    runner->moveTo(other.path().toStdString());
    QVERIFY(!runner->unsaved());
    const auto now = runner->folder();
    QCOMPARE(now.parent_path(), fs::path(other.path().toStdString()));
    QVERIFY(fs::exists(now / "experiment.json"));
    while (!runner->finished()) runner->step();
    runner->close();
    const RunReader reader(now);
    QCOMPARE(reader.steps().size(), std::size_t{40});
    QCOMPARE(reader.info().state, RunState::finished);
    runner.reset();
    QVERIFY(Runner::fork(now, 8, workspace()));  // the checkpoint made by moving
  }

  void theFolderThatComesBackIsWrittenAgain() {
    auto runner = Runner::start(shortValleys(), workspace());
    doSteps(*runner, 5);
    const auto folder = runner->folder();
    fs::rename(folder, workspace() / "moved");
    doStepsUnsaved(*runner, 3);
    QVERIFY_EXCEPTION_THROWN(runner->secure(), eq::Error);
    fs::rename(workspace() / "moved", folder);
    runner->secure();
    QVERIFY(!runner->unsaved());
    QCOMPARE(RunReader(folder).steps().size(), std::size_t{8});
  }

  void aFolderThatIsNoRunSaysWhatIsMissing() {
    const auto message = [](const fs::path& folder) {
      try {
        eq::run::requireRun(folder);
      } catch (const eq::Error& error) {
        return QString::fromUtf8(error.what());
      }
      return QString();
    };
    const auto text = message(workspace());
    QVERIFY2(text.contains("it has no run.sqlite and no experiment.json and no checkpoints"),
             qPrintable(text));
    const auto runner = Runner::start(shortValleys(), workspace());
    QVERIFY2(message(workspace()).contains("it holds 1 run"), qPrintable(message(workspace())));
    QVERIFY2(message(runner->folder() / "experiment.json").contains("is a file"),
             qPrintable(message(runner->folder() / "experiment.json")));
  }

 private:
  /// A step that is due to be saved says that it cannot; the step itself is done.
  static void doStepsUnsaved(Runner& runner, int count) {
    for (int i = 0; i < count; ++i) {
      try {
        runner.step();
      } catch (const eq::Error&) {
      }
    }
  }
};

EQUIPOISE_TEST(TestRunTail)
#include "tst_run_tail.moc"

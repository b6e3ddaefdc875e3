#include <algorithm>
#include <csignal>
#include <thread>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/run_lock.h"
#include "tests/app/cli/sweep_support.h"
#include "tests/registry.h"

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// Waits until `holds`. \returns whether it came to hold.
template <typename Holds>
bool becomes(Holds holds) {
  QElapsedTimer timer;
  timer.start();
  while (!holds()) {
    if (timer.elapsed() > kAWhile) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

/// Runs below a folder that have steps.
std::vector<fs::path> trainedRuns(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (!eq::run::isRun(entry.path())) continue;
    try {
      if (eq::run::RunReader(entry.path()).info().steps > 0) found.push_back(entry.path());
    } catch (const eq::Error&) {
      // It is being made.
    }
  }
  return found;
}

bool isAnyTrained(const fs::path& folder) {
  for (const auto& run : trainedRuns(folder))
    if (eq::run::RunLock::isHeld(run)) return true;
  return false;
}

}  // namespace

/// A sweep that is ended in the middle, in every way, goes on and is what it would have been.
class TestSweepKill : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  std::string file_;
  json expected_;  ///< series by fields and seed, of a sweep that was never stopped

  std::string path(const std::string& name) const {
    return folder_.filePath(QString::fromStdString(name)).toStdString();
  }

  std::vector<std::string> command(const std::string& out) const {
    return {"sweep", file_, "--out", out, "--workers", "2"};
  }

  static json seriesByRun(const std::string& out) {
    json all;
    for (const auto& run : runsIn(out))
      all[run["fields"].dump() + run["seed"].dump()] = seriesOf(run["folder"]);
    return all;
  }

  std::unique_ptr<QProcess> startSweep(const std::string& out) const {
    auto process = std::make_unique<QProcess>();
    process->start(cliProgram(), wordsOf(command(out)));
    if (!process->waitForStarted(kAWhile)) qFatal("equipoise-cli does not start");
    return process;
  }

  static void end(QProcess& process) {
    if (!process.waitForFinished(2 * kAWhile)) qFatal("the sweep does not end");
  }

  void goesOnToTheSameEnd(const std::string& out) const {
    const auto answer = answerOf(command(out));
    QVERIFY2(answer.code == 0, answer.err.c_str());
    isAsExpected(out);
  }

  void isAsExpected(const std::string& out) const {
    const auto shown = shownSweep(out);
    QVERIFY(shown["state"] == "finished" && shown["finished"] == shown["total"]);
    QCOMPARE(eq::run::listRuns(out).size(), expected_.size());
    QVERIFY(seriesByRun(out) == expected_);
  }

 private Q_SLOTS:
  void initTestCase() {
    file_ = path("sweep.json");
    std::ofstream(file_) << R"({
      "name": "killed", "data": {"id": "two_valleys"}, "model": {"id": "point"}, "batch_size": 1,
      "epochs": 2500, "evaluate_every": 500, "checkpoint_every": 250, "conflict": {"every": 50},
      "sweep": {"fields": {"optimizer.lr": [0.001, 0.002], "balancer.gradient": [null, {"id": "pcgrad"}]}}})";
    const auto answer = answerOf(command(path("whole")));
    QVERIFY2(answer.code == 0, answer.err.c_str());
    expected_ = seriesByRun(path("whole"));
    QCOMPARE(expected_.size(), size_t{4});
    QVERIFY(expected_.front().size() >= 2500);
  }

  void ctrlCCheckpointsAll() {
    const auto out = path("interrupted");
    const auto queue = startSweep(out);
    QVERIFY(becomes([&] { return trainedRuns(out).size() >= 2; }));
    QVERIFY(shownSweep(out)["state"] == "running");
    QVERIFY(shownSweep(out)["running"] >= 1);
    ::kill(static_cast<pid_t>(queue->processId()), SIGINT);
    end(*queue);
    QCOMPARE(queue->exitCode(), 130);
    const auto shown = shownSweep(out);
    QVERIFY(shown["state"] == "stopped" && shown["running"] == 0 && shown["finished"] < 4);
    for (const auto& run : shown["runs"]) {
      if (run["state"] == "waiting") continue;
      QVERIFY(run["state"] == "stopped" || run["state"] == "finished");
      const eq::run::RunReader reader(run["folder"].get<std::string>());
      QCOMPARE(reader.checkpoints().back().step, reader.info().steps);
    }
    goesOnToTheSameEnd(out);
  }

  void workersEndWithAKilledQueueAndItGoesOn() {
    const auto out = path("queue");
    for (int round = 0; round < 2; ++round) {
      const auto queue = startSweep(out);
      if (!becomes([&] { return isAnyTrained(out) || queue->state() == QProcess::NotRunning; }))
        QFAIL("nothing is trained");
      if (queue->state() == QProcess::NotRunning) break;
      const auto workers = childrenOf(queue->processId());
      QVERIFY(!workers.empty());
      queue->kill();
      end(*queue);
      QVERIFY(becomes([&] { return std::none_of(workers.begin(), workers.end(), isAlive); }));
      QVERIFY(shownSweep(out)["state"] == "died");
      QVERIFY(shownSweep(out)["running"] == json(0));
    }
    goesOnToTheSameEnd(out);
  }

  /// The next one begins while workers of the killed one still write their checkpoints.
  void aQueueThatFollowsAtOnceTrainsNothingTwice() {
    const auto out = path("at once");
    for (int round = 0; round < 2; ++round) {
      const auto queue = startSweep(out);
      std::this_thread::sleep_for(std::chrono::milliseconds(300 + 150 * round));
      queue->kill();
      end(*queue);
    }
    goesOnToTheSameEnd(out);
  }

  void aKilledWorkerCostsNoRun() {
    const auto out = path("worker");
    const auto queue = startSweep(out);
    int killed = 0;
    for (; killed < 2; ++killed) {
      std::vector<qint64> workers;
      QVERIFY(becomes([&] {
        workers = childrenOf(queue->processId());
        return (isAnyTrained(out) && !workers.empty()) || queue->state() == QProcess::NotRunning;
      }));
      if (workers.empty()) break;
      ::kill(static_cast<pid_t>(workers[0]), SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
    }
    QVERIFY(killed > 0);
    end(*queue);
    QVERIFY2(queue->exitCode() == 0, queue->readAllStandardError().constData());
    isAsExpected(out);
  }

  void aKilledQueueWithAllItsWorkersGoesOn() {
    const auto out = path("both");
    const auto queue = startSweep(out);
    QVERIFY(becomes([&] { return isAnyTrained(out); }));
    const auto workers = childrenOf(queue->processId());
    queue->kill();
    for (const auto worker : workers) ::kill(static_cast<pid_t>(worker), SIGKILL);
    end(*queue);
    goesOnToTheSameEnd(out);
  }

  void aRunThatAnotherProcessTrainsIsWaitedFor() {
    const auto out = path("other");
    const auto queue = startSweep(out);
    QVERIFY(becomes([&] { return isAnyTrained(out); }));
    queue->terminate();
    end(*queue);
    QCOMPARE(queue->exitCode(), 128 + SIGTERM);
    const auto begun = trainedRuns(out);
    QProcess other;
    other.start(cliProgram(), {"resume", QString::fromStdString(begun.at(0).string()), "--quiet"});
    QVERIFY(becomes([&] { return eq::run::RunLock::isHeld(begun[0]); }));
    goesOnToTheSameEnd(out);
    end(other);
    QCOMPARE(other.exitCode(), 0);
  }

  void twoSweepsOfOneFolderTakeTurns() {
    const auto out = path("two");
    const auto first = startSweep(out);
    const auto second = startSweep(out);
    end(*first);
    end(*second);
    QVERIFY2(first->exitCode() == 0, first->readAllStandardError().constData());
    QVERIFY2(second->exitCode() == 0, second->readAllStandardError().constData());
    isAsExpected(out);
  }
};

EQUIPOISE_TEST(TestSweepKill)
#include "tst_sweep_kill.moc"

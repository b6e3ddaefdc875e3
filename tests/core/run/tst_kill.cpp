#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <random>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>

#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/same_records.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::Runner;
using eq::run::RunReader;
using eq::run::RunState;

namespace {

constexpr std::int64_t kSteps = 1'000'000;
constexpr double kMostLost = 1.0;  // seconds of records
constexpr int kKillsOfOneRun = 30;

/// All kills together: tests/scripts/kill says how many.
int kills() {
  const auto text = qgetenv("EQUIPOISE_KILLS");
  return text.isEmpty() ? 100 : text.toInt();
}

/// What a child tells its parent, who still knows it when the child is killed.
struct Shared {
  std::atomic<bool> ready;              ///< `start` or `resume` has returned
  std::atomic<std::int64_t> firstStep;  ///< steps done then
  std::atomic<std::int64_t> newestStep;
  std::atomic<double> doneAt[kSteps + 1];  ///< when each step was done
};

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

eq::train::Experiment experiment(std::int64_t checkpointEvery) {
  auto experiment = eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "killed", "data": {"id": "two_valleys", "start": "upper_left"},
    "model": {"id": "point"}, "optimizer": {"id": "adam", "lr": 0.002}, "batch_size": 1,
    "epochs": 1000000, "threads": 1, "conflict": {"every": 10}, "evaluate_every": 97})"));
  experiment.checkpointEvery = checkpointEvery;
  return experiment;
}

/// The run in `workspace`, or a new one.
std::unique_ptr<Runner> runnerIn(const fs::path& workspace, std::int64_t checkpointEvery) {
  eq::train::useThreads(1);
  const auto runs = eq::run::listRuns(workspace);
  return runs.empty() ? Runner::start(experiment(checkpointEvery), workspace)
                      : Runner::resume(runs[0].folder);
}

/// Runs `work` in a child of its own. The parent itself never computes with LibTorch, whose threads
/// a child would not have.
pid_t spawn(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  int code = 0;
  try {
    work();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "child: %s\n", error.what());
    code = 1;
  }
  ::_exit(code);
}

bool endsWell(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::vector<eq::train::StepRecord> stepsOf(const fs::path& folder) {
  auto steps = RunReader(folder).steps();
  for (auto& step : steps) step.seconds = 0;
  return steps;
}

}  // namespace

class TestKill : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir temporary_;
  Shared* shared_ = nullptr;
  std::mt19937 random_{11};

  fs::path workspace(const char* name) const {
    return fs::path(temporary_.path().toStdString()) / name;
  }

  void train(const fs::path& workspace, std::int64_t checkpointEvery) const {
    const auto runner = runnerIn(workspace, checkpointEvery);
    shared_->firstStep = shared_->newestStep = runner->trainer().stepsDone();
    shared_->ready = true;
    while (!runner->finished()) {
      runner->step();
      const auto step = runner->trainer().stepsDone();
      shared_->doneAt[step] = now();
      shared_->newestStep = step;
    }
  }

  double uniform(double most) { return std::uniform_real_distribution<>(0, most)(random_); }

  static void wait(double seconds) { ::usleep(static_cast<useconds_t>(1e6 * seconds)); }

  /// Waits until the run is there. \returns the time that took.
  double waitUntilReady() const {
    const double started = now();
    while (!shared_->ready && now() < started + 60) wait(0.001);
    return now() - started;
  }

  pid_t startChild(const fs::path& workspace, std::int64_t checkpointEvery) const {
    shared_->ready = false;
    return spawn([=, this] { train(workspace, checkpointEvery); });
  }

  /// \returns when it was killed.
  static double killNow(pid_t child) {
    const double killedAt = now();
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFSIGNALED(status)) qFatal("the child ended by itself");
    return killedAt;
  }

 private Q_SLOTS:
  void initTestCase() {
    void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    QVERIFY(memory != MAP_FAILED);
    shared_ = static_cast<Shared*>(memory);
  }
  void cleanupTestCase() { ::munmap(shared_, sizeof(Shared)); }

  /// Each run is killed 30 times, and resumed every time. Without checkpoints it begins anew every
  /// time, and records are saved by the clock alone.
  void losesAtMostOneSecond_data() {
    QTest::addColumn<int>("checkpointEvery");
    QTest::newRow("many checkpoints") << 61;
    QTest::newRow("by the clock") << 0;
  }
  void losesAtMostOneSecond() {
    QFETCH(int, checkpointEvery);
    double mostLost = 0;
    const int most = 3 * kills() / 10;
    for (int done = 0; done < most && !QTest::currentTestFailed(); done += kKillsOfOneRun) {
      const auto name = QString("%1 %2").arg(QTest::currentDataTag()).arg(done);
      mostLost = std::max(mostLost, mostLostOf(workspace(qPrintable(name)), checkpointEvery,
                                               std::min(kKillsOfOneRun, most - done)));
    }
    qInfo("%d kills, at most %.2f s of records lost", most, mostLost);
  }

  /// Runs that are being made, or were just made: each is a whole run, or none.
  void neverLosesARun() {
    double timeToStart = 0;
    int made = 0;
    const int most = 4 * kills() / 10;
    for (int round = 0; round < most; ++round) {
      const auto place = workspace(qPrintable(QString("new%1").arg(round)));
      const pid_t child = startChild(place, 61);
      if (round % 2 == 0) timeToStart = std::max(timeToStart, waitUntilReady());
      wait(uniform(round % 2 == 0 ? 0.02 : 1.2 * timeToStart));
      killNow(child);
      const auto runs = eq::run::listRuns(place);
      if (shared_->ready) QCOMPARE(runs.size(), size_t{1});
      if (runs.empty()) continue;
      ++made;
      QVERIFY(endsWell(spawn([&] {
        const auto runner = Runner::resume(runs[0].folder);
        const auto last = runner->trainer().stepsDone() + 5;
        while (runner->trainer().stepsDone() < last) runner->step();
        runner->close();
      })));
      QCOMPARE(RunReader(runs[0].folder).info().state, RunState::stopped);
      QCOMPARE(stepsOf(runs[0].folder).size(), size_t(RunReader(runs[0].folder).info().steps));
      fs::remove_all(place);
    }
    qInfo("%d kills, %d of them left a run", most, made);
    QVERIFY2(made >= most / 2, qPrintable(QString::number(made)));
  }

 private:
  /// Kills the run in `place` so many times. \returns the longest stretch of records lost.
  double mostLostOf(const fs::path& place, int checkpointEvery, int rounds) {
    fs::path folder;
    double mostLost = 0;
    int sawRecords = 0;
    for (int round = 0; round < rounds; ++round) {
      const double lost = killAndLook(place, checkpointEvery, round % 3 == 0 ? 1.5 : 0.3, folder);
      if (QTest::currentTestFailed()) return lost;
      mostLost = std::max(mostLost, lost);
      sawRecords += eq::run::listRuns(place)[0].steps > shared_->firstStep;
    }
    if (sawRecords == 0) QTest::qFail("no records were saved", __FILE__, __LINE__);
    if (checkpointEvery > 0) matchesAnUninterruptedRun(place, folder);
    fs::remove_all(place);
    return mostLost;
  }

  double killAndLook(const fs::path& place, int checkpointEvery, double latest, fs::path& folder) {
    double lost = 0;
    [&] {
      const pid_t child = startChild(place, checkpointEvery);
      waitUntilReady();
      wait(uniform(latest));
      const double killedAt = killNow(child);
      QVERIFY(shared_->ready);
      const auto runs = eq::run::listRuns(place);
      QCOMPARE(runs.size(), size_t{1});
      QCOMPARE(runs[0].state, RunState::died);
      folder = runs[0].folder;
      const auto saved = runs[0].steps;
      QVERIFY(saved >= shared_->firstStep);
      if (saved >= shared_->newestStep) return;
      lost = killedAt - shared_->doneAt[saved + 1];
      QVERIFY2(lost <= kMostLost, qPrintable(QString("%1 s lost").arg(lost)));
    }();
    return lost;
  }

  void matchesAnUninterruptedRun(const fs::path& place, const fs::path& folder) {
    const auto uninterrupted = workspace("uninterrupted");
    QVERIFY(endsWell(spawn([&] { runnerIn(place, 61)->close(); })));
    const auto last = RunReader(folder).info().steps;
    QVERIFY(endsWell(spawn([&] {
      const auto runner = runnerIn(uninterrupted, 61);
      while (runner->trainer().stepsDone() < last) runner->step();
      runner->close();
    })));
    const auto steps = stepsOf(folder);
    QCOMPARE(static_cast<std::int64_t>(steps.size()), last);
    QVERIFY(last > 100);
    QVERIFY(same(steps, stepsOf(eq::run::listRuns(uninterrupted)[0].folder)));
    fs::remove_all(uninterrupted);
  }
};

EQUIPOISE_TEST(TestKill)
#include "tst_kill.moc"

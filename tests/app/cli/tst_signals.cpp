#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>

#include "app/cli/end_signals.h"
#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "tests/app/cli/cli_support.h"
#include "tests/registry.h"

using eq::cli::EndSignals;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// The only run below a folder; empty until it has a step.
fs::path trainedRun(const fs::path& workspace) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(workspace, ignored)) {
    try {
      if (eq::run::RunReader(entry.path()).info().steps > 0) return entry.path();
    } catch (const eq::Error&) {
      // It is being made.
    }
  }
  return {};
}

void sendOnceItTrains(const fs::path& workspace, int signal) {
  while (trainedRun(workspace).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ::kill(::getpid(), signal);
}

}  // namespace

/// Terminals that close, log-outs and schedulers ended the command line without a checkpoint: it
/// knew SIGINT and SIGTERM alone.
class TestSignals : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;

  std::string experiment(int epochs) const {
    const auto file = folder_.filePath("long.json").toStdString();
    std::ofstream(file) << json{
        {"name", "long"},
        {"data", {{"id", "scale_imbalance"}, {"train", 64}, {"validation", 16}, {"test", 16}}},
        {"model", {{"id", "mlp"}, {"hidden", {8}}}},
        {"batch_size", 16},
        {"epochs", epochs},
        {"threads", 1}}.dump();
    return file;
  }

 private Q_SLOTS:
  void everyEndSignalLeavesACheckpoint_data() {
    QTest::addColumn<int>("signal");
    for (const int signal : eq::cli::endSignals())
      QTest::newRow(QByteArray::number(signal)) << signal;
  }

  void everyEndSignalLeavesACheckpoint() {
    QFETCH(int, signal);
    const auto out = folder_.filePath(QString::number(signal)).toStdString();
    std::thread sender(sendOnceItTrains, fs::path(out), signal);
    const auto answer = call({"run", experiment(1000000), "--out", out, "--quiet"});
    sender.join();
    QCOMPARE(answer.code, 128 + signal);
    const auto folder = trainedRun(out);
    QVERIFY2(answer.err.find("resume " + folder.string()) != std::string::npos, answer.err.c_str());
    const eq::run::RunReader run(folder);
    QCOMPARE(run.info().state, eq::run::RunState::stopped);
    QVERIFY(run.info().steps > 0);
    QCOMPARE(run.checkpoints().back().step, run.info().steps);
  }

  /// As `nohup` starts programs.
  void whatWasIgnoredStaysIgnored() {
    const auto before = std::signal(SIGHUP, SIG_IGN);
    {
      const EndSignals signals;
      ::kill(::getpid(), SIGHUP);
      QCOMPARE(EndSignals::arrived(), 0);
    }
    QVERIFY(std::signal(SIGHUP, before) == SIG_IGN);
  }

  void givesTheSignalsBack() {
    const auto before = std::signal(SIGUSR1, SIG_DFL);
    { const EndSignals signals; }
    QVERIFY(std::signal(SIGUSR1, before) == SIG_DFL);
  }

  /// It went on from the end, trained nothing and wrote four events.
  void aCompleteRunStaysAsItIs() {
    const auto out = folder_.filePath("complete").toStdString();
    QCOMPARE(call({"run", experiment(1), "--out", out, "--quiet"}).code, 0);
    const auto folder = trainedRun(out).string();
    const auto events = eq::run::RunReader(folder).events().size();
    const auto answer = call({"resume", folder, "--steps", "200"});
    QCOMPARE(answer.code, 0);
    QCOMPARE(answer.out, folder + "\n");
    QVERIFY2(answer.err.find("the run is complete, all its 4 steps are done") != std::string::npos,
             answer.err.c_str());
    QCOMPARE(eq::run::RunReader(folder).events().size(), events);
    const auto asJson = json::parse(call({"resume", folder, "--json"}).out);
    QVERIFY((asJson == json{{"run", folder}, {"steps", 4}, {"finished", true}}));
    QVERIFY(answer.err.find("resume " + folder + " --epochs N") != std::string::npos);
    const auto longer = json::parse(call({"resume", folder, "--epochs", "2", "--json"}).out);
    QVERIFY((longer == json{{"run", folder}, {"steps", 8}, {"finished", true}}));
  }

  void aRunThatIsFarEnoughStaysAsItIs() {
    const auto out = folder_.filePath("far").toStdString();
    QCOMPARE(call({"run", experiment(1), "--out", out, "--quiet", "--steps", "3"}).code, 0);
    const auto folder = trainedRun(out).string();
    const auto events = eq::run::RunReader(folder).events().size();
    for (const auto* steps : {"2", "3"}) {
      const auto answer = call({"resume", folder, "--steps", steps});
      QCOMPARE(answer.err, folder + ": the run has done 3 steps already\n");
      QCOMPARE(answer.out, folder + "\n");
    }
    QCOMPARE(eq::run::RunReader(folder).events().size(), events);
  }

  void aForkTrainsFromTheNamedStep() {
    const auto out = folder_.filePath("parent").toStdString();
    QCOMPARE(call({"run", experiment(1), "--out", out, "--quiet", "--steps", "2"}).code, 0);
    const auto parent = trainedRun(out).string();
    const auto forked = json::parse(
        call({"fork", parent + "@0", "--out", out, "--steps", "3", "--json", "--quiet"}).out);
    QCOMPARE(forked.at("steps").get<int>(), 3);
    const auto info = eq::run::RunReader(forked.at("run").get<std::string>()).info();
    QCOMPARE(info.parentStep, std::int64_t{0});
    const auto longer =
        json::parse(call({"fork", parent, "--out", out, "--epochs", "2", "--json", "--quiet"}).out);
    QCOMPARE(longer.at("steps").get<int>(), 8);
    const auto answer = call({"fork", parent + "@7", "--out", out});
    QCOMPARE(answer.code, 2);
    QVERIFY(answer.err.find("has done 2 steps; there is no step 7 yet") != std::string::npos);
  }
};

EQUIPOISE_TEST(TestSignals)
#include "tst_signals.moc"

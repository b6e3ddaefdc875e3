// A short run of equipoise-cli is ended, hindered and robbed of its power at each call that changes
// its files. All calls: tests/scripts/kill; every few by default.
#include <csignal>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/run_folder.h"
#include "core/run/run_start.h"
#include "core/run/runner.h"
#include "core/run/safetensors.h"
#include "core/train/trainer.h"
#include "tests/core/run/same_records.h"
#include "tests/faults/lost_power.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::Runner;
using eq::run::RunReader;
using eq::run::RunState;
using eq::test::RecordedCall;

namespace {

constexpr std::int64_t kSteps = 24;
constexpr const char* kExperiment = R"({"name": "short",
  "data": {"id": "two_valleys", "start": "upper_left"}, "model": {"id": "point"},
  "optimizer": {"id": "adam", "lr": 0.002}, "batch_size": 1, "epochs": 24, "threads": 1,
  "conflict": {"every": 10}, "evaluate_every": 7, "checkpoint_every": 8})";

struct Ended {
  bool killed = false;
  int code = 0;
  std::string said;  ///< standard error
};

using Settings = std::map<QString, QString>;

std::string textOf(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Runs the command line with the preloaded library; its standard error goes to a file, of which
/// the library knows the size. \returns nothing when it hangs.
std::optional<Ended> runCommandLine(const QStringList& arguments, const fs::path& folder,
                                    const Settings& settings) {
  QProcess process;
  auto environment = QProcessEnvironment::systemEnvironment();
  environment.insert("LD_PRELOAD", EQUIPOISE_FAULT_CALLS);
  environment.insert("EQUIPOISE_FAULT_FOLDER", QString::fromStdString(folder));
  for (const auto& [name, value] : settings) environment.insert("EQUIPOISE_FAULT_" + name, value);
  process.setProcessEnvironment(environment);
  const auto said = folder.string() + ".said";
  process.setStandardErrorFile(QString::fromStdString(said));
  process.start(EQUIPOISE_CLI, arguments);
  if (!process.waitForFinished(30'000)) return std::nullopt;
  return Ended{process.exitStatus() == QProcess::CrashExit, process.exitCode(), textOf(said)};
}

std::vector<eq::train::StepRecord> stepsOf(const fs::path& folder) {
  auto steps = RunReader(folder).steps();
  for (auto& step : steps) step.seconds = 0;
  return steps;
}

/// The steps N of all lines "step N: checkpoint of step N", also of events.
std::set<std::int64_t> checkpointsSaid(const std::string& text) {
  static const std::regex pattern("checkpoint of step ([0-9]+)\n");
  std::set<std::int64_t> steps;
  for (auto found = std::sregex_iterator(text.begin(), text.end(), pattern);
       found != std::sregex_iterator(); ++found)
    steps.insert(std::stoll((*found)[1]));
  return steps;
}

/// What is broken of the promises: a run that was said to be there opens, and of each checkpoint
/// that is said to be there, on the terminal or in the record, file and steps are there. Empty when
/// all is kept.
std::string brokenPromise(const fs::path& workspace, const std::string& said) {
  const auto runs = eq::run::listRuns(workspace);
  if (runs.empty()) return said.find("step 0: started") == std::string::npos ? "" : "no run";
  const auto& folder = runs.front().folder;
  const RunReader reader(folder);
  std::string text = said;
  for (const auto& event : reader.events()) text += event.text + '\n';
  const auto steps = reader.steps();
  for (const auto step : checkpointsSaid(text)) {
    eq::run::readSnapshot(eq::run::checkpointFile(folder, step));
    if (static_cast<std::int64_t>(steps.size()) < step)
      return fmt::format("{} steps, but a checkpoint of {}", steps.size(), step);
  }
  if (said.find("finished after") != std::string::npos && steps.size() != kSteps)
    return fmt::format("finished, but {} steps", steps.size());
  return {};
}

std::string whatIsBroken(const fs::path& workspace, const std::string& said) {
  try {
    return brokenPromise(workspace, said);
  } catch (const std::exception& error) {
    return error.what();
  }
}

/// Resumes the run, when there is one, and trains to its end.
void finish(const fs::path& workspace) {
  const auto runs = eq::run::listRuns(workspace);
  if (runs.empty()) return;
  const auto runner = Runner::resume(runs.front().folder);
  while (!runner->finished()) runner->step();
  runner->close();
}

}  // namespace

class TestFaults : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir temporary_;
  std::vector<eq::train::StepRecord> whole_;  ///< the steps of a run that nothing hindered
  int made_ = 0;

  fs::path path(const std::string& name) const {
    return fs::path(temporary_.path().toStdString()) / name;
  }
  fs::path freshFolder() {
    const auto folder = path(fmt::format("workspace{}", made_++));
    fs::create_directory(folder);
    return folder;
  }

  std::optional<Ended> train(const fs::path& workspace, const Settings& settings) const {
    return runCommandLine({"run", QString::fromStdString(path("short.json")), "--out",
                           QString::fromStdString(workspace)},
                          workspace, settings);
  }

  /// Every n-th call is tried: one in so many.
  static int stride(int byDefault) {
    const auto text = qgetenv("EQUIPOISE_FAULT_STRIDE");
    return text.isEmpty() ? byDefault : text.toInt();
  }

  /// A run in `workspace` is whole after it was resumed, whatever happened to it.
  QByteArray broken(const fs::path& workspace, const std::string& said) {
    try {
      if (const auto found = brokenPromise(workspace, said); !found.empty()) return found.c_str();
      const bool isThere = !eq::run::listRuns(workspace).empty();
      finish(workspace);
      if (isThere && !same(stepsOf(eq::run::listRuns(workspace).front().folder), whole_))
        return "other steps than those of a run that nothing hindered";
    } catch (const std::exception& error) {
      return error.what();
    }
    return {};
  }

  std::vector<RecordedCall> recorded(const fs::path& workspace, std::string& said) {
    const auto log = path("calls");
    fs::remove(log);
    const auto ended = train(workspace, {{"LOG", QString::fromStdString(log)}});
    if (!ended || ended->killed || ended->code != 0) return {};
    said = ended->said;
    return eq::test::readCalls(log);
  }

 private Q_SLOTS:
  void initTestCase() {
    std::ofstream(path("short.json")) << kExperiment;
    eq::train::useThreads(1);
    const auto workspace = freshFolder();
    const auto ended = train(workspace, {});
    QVERIFY(ended && !ended->killed);
    QCOMPARE(ended->code, 0);
    whole_ = stepsOf(eq::run::listRuns(workspace).front().folder);
    QCOMPARE(whole_.size(), size_t{kSteps});
  }

  void losesNothingWhenKilledBetweenAnyTwoCalls() {
    int kills = 0;
    for (int at = 1;; at += stride(11)) {
      const auto workspace = freshFolder();
      const auto ended = train(workspace, {{"KIND", "kill"}, {"AT", QString::number(at)}});
      QVERIFY2(ended, qPrintable(QString("hangs at call %1").arg(at)));
      if (!ended->killed) break;
      const auto found = broken(workspace, ended->said);
      QVERIFY2(found.isEmpty(), qPrintable(QString("call %1: ").arg(at) + found));
      fs::remove_all(workspace);
      ++kills;
    }
    qInfo("%d kills", kills);
    QVERIFY(kills >= 10);
  }

  void saysWhichCallFailed_data() {
    QTest::addColumn<QString>("kind");
    QTest::addColumn<bool>("stays");
    const std::vector<std::pair<const char*, int>> codes{
        {"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}};
    for (const auto& [name, code] : codes) QTest::newRow(name) << QString::number(code) << false;
    QTest::newRow("a disk that stays full") << QString::number(ENOSPC) << true;
    QTest::newRow("short write") << "short" << false;
  }

  /// A run either ends well and whole, or says what could not be done and is left resumable.
  void saysWhichCallFailed() {
    QFETCH(QString, kind);
    QFETCH(bool, stays);
    int tried = 0, refused = 0;
    for (int at = 1;; at += stride(23)) {
      const auto workspace = freshFolder();
      Settings settings{{"KIND", kind}, {"AT", QString::number(at)}};
      if (stays) settings["STAYS"] = "1";
      settings["COUNT"] = QString::fromStdString(path("count"));
      fs::remove(path("count"));
      const auto ended = train(workspace, settings);
      const auto where = QString("call %1: ").arg(at).toStdString();
      QVERIFY2(ended, (where + "hangs").c_str());
      QVERIFY2(!ended->killed, (where + "crashes: " + ended->said).c_str());
      if (std::stoi("0" + textOf(path("count"))) < at) break;
      const auto found = broken(workspace, ended->said);
      QVERIFY2(found.isEmpty(), (where + found.toStdString() + "\n" + ended->said).c_str());
      if (ended->code != 0) {
        const auto end = ended->said.find_last_not_of('\n');
        const auto line = ended->said.substr(ended->said.rfind('\n', end) + 1);
        QVERIFY2(ended->code == 1 || ended->code == 2, (where + ended->said).c_str());
        QVERIFY2(line.find(workspace) != std::string::npos, (where + line).c_str());
        QVERIFY2(line.find("cannot be") != std::string::npos, (where + line).c_str());
        ++refused;
      }
      fs::remove_all(workspace);
      ++tried;
    }
    qInfo("%d calls failed, %d of them ended the run", tried, refused);
    QVERIFY(tried >= 3);
    QCOMPARE(refused > 0, kind != "short");
  }

  void losesNothingOfWhatWasSaidWhenThePowerGoes() {
    const auto workspace = freshFolder();
    eq::test::Disk disk(workspace);
    std::string said;
    const auto calls = recorded(workspace, said);
    QVERIFY(calls.size() > 50);
    std::mt19937 chance(7);
    int states = 0;
    for (size_t i = 0; i < calls.size(); ++i) {
      disk.apply(calls[i]);
      if (i % static_cast<size_t>(stride(5)) != 0 && i + 1 < calls.size()) continue;
      for (std::mt19937* how : {static_cast<std::mt19937*>(nullptr), &chance, &chance}) {
        const auto left = freshFolder();
        disk.writeTo(left, how);
        const auto found = broken(left, said.substr(0, calls[i].said));
        QVERIFY2(found.isEmpty(),
                 qPrintable(QString("after call %1 of %2 (%3 %4): ")
                                .arg(i + 1)
                                .arg(calls.size())
                                .arg(calls[i].name.c_str(), calls[i].path.c_str()) +
                            found));
        fs::remove_all(left);
        ++states;
      }
    }
    qInfo("%d states of the disk after %d calls", states, static_cast<int>(calls.size()));
  }

  void noticesEachSyncThatIsMissing_data() {
    QTest::addColumn<QString>("which");
    QTest::newRow("contents of checkpoints") << "/checkpoints/.*\\.tmp$";
    QTest::newRow("folder of checkpoints") << "/checkpoints$";
    QTest::newRow("folder of the run") << "-short$";
    QTest::newRow("folder of runs") << "/workspace[0-9]+$";
    QTest::newRow("records") << "/run\\.sqlite-wal$";
    QTest::newRow("records of the start") << "/run\\.sqlite\\.new$";
  }

  /// As if the program had been built without the call.
  void noticesEachSyncThatIsMissing() {
    QFETCH(QString, which);
    const std::regex pattern(which.toStdString());
    const auto workspace = freshFolder();
    eq::test::Disk disk(workspace);
    std::string said;
    std::mt19937 chance(7);
    int missing = 0, noticed = 0;
    for (const auto& call : recorded(workspace, said)) {
      const bool ignored = call.name == "sync" && std::regex_search(call.path, pattern);
      missing += ignored;
      if (!ignored) disk.apply(call);
      if (call.name != "sync" && call.name != "unlink") continue;
      for (std::mt19937* how : {static_cast<std::mt19937*>(nullptr), &chance}) {
        const auto left = freshFolder();
        disk.writeTo(left, how);
        noticed += !whatIsBroken(left, said.substr(0, call.said)).empty();
        fs::remove_all(left);
      }
    }
    QVERIFY(missing > 0);
    QVERIFY2(noticed > 0, qPrintable(QString("%1 missing").arg(missing)));
  }
};

EQUIPOISE_TEST(TestFaults)
#include "tst_faults.moc"

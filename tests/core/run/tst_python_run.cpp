#include <cmath>

#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/mail.h"
#include "core/run/origin.h"
#include "core/run/run_folder.h"
#include "core/run/run_lock.h"
#include "core/run/runner.h"
#include "core/run/slug.h"
#include "core/run/steerable.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using namespace eq::run;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr int kAWhile = 30000;  // ms, for machines with much else to do

/// resources/python, in a process of its own.
class Program {
 public:
  Program(const fs::path& workspace, const char* kind) {
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert("PYTHONPATH", pathIn("resources/python"));
    environment.insert("PYTHONDONTWRITEBYTECODE", "1");
    process_.setProcessEnvironment(environment);
    process_.start("python3", {pathIn("tests/core/run/python_run.py"),
                               QString::fromStdString(workspace.string()), kind});
  }
  ~Program() {
    process_.kill();
    process_.waitForFinished(kAWhile);
  }
  QProcess& process() { return process_; }

  /// \returns the exit code and what it said of a mistake.
  std::pair<int, QByteArray> end() {
    process_.waitForFinished(kAWhile);
    return {process_.exitCode(), process_.readAllStandardError()};
  }
  fs::path folder() {
    while (!process_.canReadLine() && process_.waitForReadyRead(kAWhile)) {
    }
    return process_.readLine().trimmed().toStdString();
  }

 private:
  static QString pathIn(const char* path) {
    return QString::fromStdString(eq::test::inSource(path));
  }
  QProcess process_;
};

template <typename Work>
std::string refusalOf(Work work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

}  // namespace

/// Runs that the Python package records.
class TestPythonRun : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    if (QStandardPaths::findExecutable("python3").isEmpty()) QSKIP("there is no python3");
  }
  void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

  void itsFolderIsReadWithItsValues() {
    const auto [code, said] = Program(workspace(), "whole").end();
    QVERIFY2(code == 0, said.constData());
    const RunReader run(onlyRun());
    const auto name = run.folder().filename().string();
    QCOMPARE(name.substr(16), slugOf("Größe & Digit, 2/3"));
    const auto info = run.info();
    QCOMPARE(info.state, RunState::finished);
    QCOMPARE(info.name, std::string("Größe & Digit, 2/3"));
    QCOMPARE(info.steps, std::int64_t{2});
    QCOMPARE(info.totalSteps, std::int64_t{4});
    QCOMPARE(info.id.size(), std::size_t{32});
    QVERIFY(run.homes() == std::vector<fs::path>{run.folder()});
    const auto tasks = run.taskInfos();
    QCOMPARE(tasks.size(), std::size_t{2});
    QVERIFY(tasks[0].kind == eq::TaskKind::classification && tasks[0].width == 10);
    QVERIFY(tasks[1].name == "größe" && tasks[1].unit == "cm");
    checkSteps(run.steps());
    const auto evaluations = run.evaluations();
    QCOMPARE(evaluations.size(), std::size_t{1});
    QVERIFY(evaluations[0].split == eq::train::SplitName::test && evaluations[0].step == 2);
    QVERIFY(
        (evaluations[0].tasks.at(1) == std::map<std::string, double>{{"loss", 0.125}, {"mae", 1}}));
    std::vector<std::string> kinds;
    for (const auto& event : run.events()) kinds.push_back(event.kind);
    QVERIFY((kinds == std::vector<std::string>{"started", "nonfinite", "note", "finished"}));
  }

  void itSaysWhereItWasMadeAndIsNotTrainedHere() {
    QCOMPARE(Program(workspace(), "whole").end().first, 0);
    const auto folder = onlyRun();
    const auto origin = originOf(RunReader(folder));
    QVERIFY(origin && origin->from == "Python");
    QCOMPARE(fs::path(origin->place).filename(), fs::path("python_run.py"));
    QVERIFY(RunReader(folder).experiment().at("imported").at("fields").at("lr") == 0.5);
    const auto expected = folder.string() + ": was made by another program (Python, ";
    for (const auto& refusal : {refusalOf([&] { Runner::resume(folder); }),
                                refusalOf([&] { Runner::fork(folder, 1, workspace()); })})
      QVERIFY2(refusal.starts_with(expected), refusal.c_str());
    QCOMPARE(listRuns(workspace()).size(), std::size_t{1});
  }

  void itIsSteeredByLetters() {
    Program program(workspace(), "steered");
    const auto folder = program.folder();
    QVERIFY(RunLock::isHeld(folder));
    QCOMPARE(RunReader(folder).info().state, RunState::running);
    QVERIFY(asked(folder, json::array({{{"kind", "set_weight"}, {"task", 1}, {"value", 2.5}},
                                       {{"kind", "set_number"}, {"name", "t"}, {"value", 7}},
                                       {{"kind", "pause"}}}))
                .kind == Reply::Kind::done);
    QCOMPARE(RunReader(folder).info().state, RunState::paused);
    const auto inForce = steerableOf(RunReader(folder));
    QVERIFY(inForce.tasks == (std::vector<std::string>{"left", "right"}));
    QVERIFY(inForce.weights == (std::vector<double>{1, 2.5}));
    QVERIFY((inForce.numbers == std::vector<std::pair<std::string, double>>{{"t", 7}}));
    const auto refused = asked(folder, json::array({{{"kind", "set_loss"}, {"task", 0}}}));
    QVERIFY(refused.kind == Reply::Kind::refused);
    QVERIFY2(refused.reason.starts_with("commands[0].kind: a Python program"),
             refused.reason.c_str());
    QVERIFY(asked(folder, json::array({{{"kind", "resume"}}})).kind == Reply::Kind::done);
    QVERIFY(asked(folder, json::array({{{"kind", "stop"}}})).kind == Reply::Kind::done);
    QCOMPARE(program.end().first, 0);
    const RunReader run(folder);
    QCOMPARE(run.info().state, RunState::stopped);
    const auto last = run.steps().back();
    QVERIFY(last.weights == (std::vector<double>{1, 2.5}) && last.losses[1] == 7);
    std::vector<std::string> kinds;
    for (const auto& event : run.events()) kinds.push_back(event.kind);
    QVERIFY((kinds == std::vector<std::string>{"started", "command", "command", "paused", "sent",
                                               "refused", "continued", "sent", "sent", "stopped"}));
    QCOMPARE(run.events()[4].text,
             std::string("asked for by the test: set_weight, set_number, pause"));
  }

  void aKilledProgramLeavesARunThatDied() {
    Program program(workspace(), "steered");
    const auto folder = program.folder();
    QTRY_VERIFY_WITH_TIMEOUT(RunReader(folder).info().steps > 0, kAWhile);
    program.process().kill();
    program.end();
    const RunReader run(folder);
    QCOMPARE(run.info().state, RunState::died);
    const auto steps = run.steps();
    QCOMPARE(steps.back().step, static_cast<std::int64_t>(steps.size()));
  }

  void anExceptionIsTheReasonOfAFailedRun() {
    const auto [code, said] = Program(workspace(), "failed").end();
    QVERIFY(code != 0 && said.contains("ValueError: bad batch"));
    const auto info = RunReader(onlyRun()).info();
    QCOMPARE(info.state, RunState::failed);
    QCOMPARE(info.message, std::string("ValueError: bad batch"));
  }

 private:
  fs::path workspace() const { return temporary_->path().toStdString(); }
  fs::path onlyRun() const { return listRuns(workspace()).at(0).folder; }

  static Reply asked(const fs::path& folder, const json& commands) {
    return sendLetter(folder, commands, "the test", 10s);
  }

  static void checkSteps(const std::vector<eq::train::StepRecord>& steps) {
    QCOMPARE(steps.size(), std::size_t{2});
    const auto& first = steps[0];
    QVERIFY(first.step == 1 && first.epoch == 0.5 && first.examples == 16);
    QVERIFY(first.learningRate == 0.25 && std::isnan(steps[1].learningRate));
    QVERIFY(first.losses[0] == 2.5 && first.losses[1] == 0 && std::signbit(first.losses[1]));
    QVERIFY(first.weights == (std::vector<double>{1, 1}));
    QVERIFY(std::isnan(steps[1].losses[0]) && std::isnan(steps[1].losses[1]));
    QVERIFY(steps[1].weights == (std::vector<double>{0.5, 3}));
    QVERIFY(steps[1].epoch == 0.5 && steps[1].examples == 16 && !steps[1].conflict);
    const auto& conflict = first.conflict.value();
    QVERIFY(conflict.source == eq::train::GradientSource::exact);
    QVERIFY(conflict.norms == (std::vector<double>{2, 3}));
    QVERIFY(conflict.cosines == (std::vector<double>{1, -0.5, -0.5, 1}));
    QVERIFY(conflict.conditionNumber == 2.5);
    QVERIFY(std::abs(conflict.sumNorm - std::sqrt(7.0)) < 1e-15);
    QVERIFY(std::abs(conflict.updateNorm - std::sqrt(7.0)) < 1e-15);
  }

  std::unique_ptr<QTemporaryDir> temporary_;
};

EQUIPOISE_TEST(TestPythonRun)
#include "tst_python_run.moc"

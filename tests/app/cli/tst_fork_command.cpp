#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QTest>

#include "core/run/run_folder.h"
#include "tests/app/cli/cli_support.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::RunReader;
using nlohmann::json;

namespace {

json parsed(const Answer& answer) {
  if (answer.code != 0) qFatal("%s", answer.err.c_str());
  return json::parse(answer.out);
}

}  // namespace

class TestForkCommand : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  std::string parent_;

  std::string path(const char* name) const { return folder_.filePath(name).toStdString(); }

  std::string forked(std::vector<std::string> more, const std::string& run) const {
    std::vector<std::string> arguments{"fork", run, "--out", path("forks"), "--json", "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return parsed(call(arguments)).at("run");
  }

  static json series(const std::string& run) {
    auto rows = json::parse(call({"export", run, "--series", "json"}).out);
    for (auto& row : rows) row.erase("seconds");
    return rows;
  }

  static json commands(const std::string& run) {
    return json::parse(call({"export", run, "--commands"}).out);
  }

 private Q_SLOTS:
  void initTestCase() {
    std::ofstream(path("x.json")) << R"({
      "name": "x", "data": {"id": "scale_imbalance", "scales": [1, 3], "inputs": 5, "outputs": 2,
                            "train": 64, "validation": 16, "test": 16},
      "model": {"id": "mlp", "hidden": [8]}, "batch_size": 16, "epochs": 5, "threads": 1,
      "conflict": {"every": 5}})";
    std::ofstream(path("commands.json")) << R"([
      {"step": 3, "command": {"kind": "set_weight", "task": 1, "value": 0.5}},
      {"step": 9, "command": {"kind": "set_loss", "task": 0, "method": {"id": "l1"}}},
      {"step": 14, "command": {"kind": "set_learning_rate", "value": 0.02}}])";
    parent_ = parsed(call({"run", path("x.json"), "--out", path("runs"), "--commands",
                           path("commands.json"), "--json", "--quiet"}))
                  .at("run");
  }

  void replaysWhatCameUpToTheStepAndNothingLater() {
    const auto child = forked({}, parent_ + "@9");
    QCOMPARE(commands(child).size(), size_t{2});
    const auto ours = series(child), theirs = series(parent_);
    QCOMPARE(ours.size(), theirs.size());
    for (size_t i = 0; i <= 14; ++i) QVERIFY(ours[i] == theirs[i]);
    QVERIFY(ours[15] != theirs[15]);
  }

  void aWholeListOfCommandsIsNotAppliedTwiceAtTheStep() {
    std::ofstream(path("all.json")) << commands(parent_).dump();
    const auto child = forked({"--commands", path("all.json")}, parent_ + "@9");
    QVERIFY(series(child) == series(parent_));
    QVERIFY(commands(child) == commands(parent_));
  }

  void aFolderThatHoldsOneRunStandsForIt() {
    const auto child = forked({}, path("runs") + "@16");
    QVERIFY(series(child) == series(parent_));
    QVERIFY(series(path("runs")) == series(parent_));
    QCOMPARE(call({"show", path("runs")}).code, 0);
    forked({"--steps", "1"}, parent_ + "@4");
    for (const auto* command : {"show", "resume", "fork"}) {
      const auto answer = call({command, path("forks")});
      QCOMPARE(answer.code, 2);
      QVERIFY2(answer.err.find("name one of 20") != std::string::npos, answer.err.c_str());
    }
  }

  void upToAStepThatIsThereItTrainsNothing_data() {
    QTest::addColumn<QString>("steps");
    for (const auto* steps : {"0", "3", "7"}) QTest::newRow(steps) << steps;
  }
  void upToAStepThatIsThereItTrainsNothing() {
    QFETCH(QString, steps);
    const auto child = forked({"--steps", steps.toStdString()}, parent_ + "@7");
    const auto info = RunReader(child).info();
    QCOMPARE(info.steps, std::int64_t{7});
    QCOMPARE(info.state, eq::run::RunState::stopped);
    QCOMPARE(call({"resume", child, "--quiet"}).code, 0);
    QCOMPARE(RunReader(child).info().steps, std::int64_t{20});
  }

  void showNamesTheParent() {
    const auto child = forked({"--set", "tasks[0].weight=2", "--steps", "9"}, parent_ + "@7");
    const auto shown = json::parse(call({"show", child, "--json"}).out);
    const auto& parent = shown.at("parent");
    QCOMPARE(parent.at("step").get<int>(), 7);
    QCOMPARE(parent.at("run").get<std::string>(), fs::path(parent_).filename().string());
    QVERIFY(fs::equivalent(parent.at("folder").get<std::string>(), parent_));
    QCOMPARE(commands(child).back().at("command").at("kind").get<std::string>(),
             std::string("set_weight"));
    QCOMPARE(commands(child).back().at("step").get<int>(), 7);
  }

  void whatCannotChangeIsRefusedByItsPath() {
    const auto answer = call({"fork", parent_ + "@7", "--out", path("none"), "--set", "seed=3"});
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.starts_with("seed: cannot change in a running job"), answer.err.c_str());
    QVERIFY(!fs::exists(path("none")));
  }

  void aCommandThatDoesNotFitIsRefusedBeforeAnythingIsWritten_data() {
    QTest::addColumn<QString>("command");
    for (const auto* command : {"fork", "resume"}) QTest::newRow(command) << command;
  }
  void aCommandThatDoesNotFitIsRefusedBeforeAnythingIsWritten() {
    QFETCH(QString, command);
    const auto run = forked({"--steps", "8"}, parent_ + "@7");
    const auto events = RunReader(run).events().size();
    std::ofstream(path("wrong.json")) << R"([
      {"step": 1, "command": {"kind": "set_weight", "task": 9, "value": 1}},
      {"step": 11, "command": {"kind": "set_weight", "task": 7, "value": 1}}])";
    std::vector<std::string> arguments{command.toStdString(), run, "--commands",
                                       path("wrong.json")};
    if (command == "fork") arguments.insert(arguments.end(), {"--out", path("none")});
    const auto answer = call(arguments);
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.find("wrong.json[1].command: tasks[7]") != std::string::npos,
             answer.err.c_str());
    QCOMPARE(RunReader(run).events().size(), events);
    QVERIFY(!fs::exists(path("none")));
  }
};

EQUIPOISE_TEST(TestForkCommand)
#include "tst_fork_command.moc"

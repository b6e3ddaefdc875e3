#include <cmath>
#include <fstream>
#include <functional>

#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QTest>

#include "app/cli/cli_support.h"
#include "core/loss/script_fixture.h"
#include "tests/registry.h"

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// In a process of its own, as at a terminal: what one call trusts, the next does not know.
Answer callAlone(const std::vector<std::string>& arguments, const fs::path& folder,
                 const std::string& input = {}) {
  const fs::path file = folder / "answer.json";
  const pid_t child = ::fork();
  if (child == 0) {
    const auto answer = call(arguments, input);
    std::ofstream(file) << json{answer.code, answer.out, answer.err};
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return {-1, {}, "the child died"};
  const auto answer = json::parse(std::ifstream(file));
  return {answer[0], answer[1], answer[2]};
}

/// One line that ends with the line's end.
bool isOneLine(const std::string& text) {
  return !text.empty() && text.find('\n') == text.size() - 1;
}

}  // namespace

/// Commands with losses and trunks of TorchScript files, with and without --trust.
class TestScriptCommands : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir temporary_;

  fs::path path(const std::string& name) const {
    return temporary_.filePath(QString::fromStdString(name)).toStdString();
  }
  Answer alone(std::vector<std::string> arguments, bool trust = false,
               const std::string& input = {}) const {
    if (trust) arguments.emplace_back("--trust");
    return callAlone(arguments, path(""), input);
  }
  std::vector<std::string> starting(const std::string& experiment) const {
    return {"run",     path(experiment).string(),
            "--out",   path("runs").string(),
            "--json",  "--quiet",
            "--steps", "6"};
  }

 private Q_SLOTS:
  void initTestCase() {
    eq::loss::test::writeScript(path("squares.pt"),
                                "def forward(self, p, t):\n  return (p - t) ** 2\n" +
                                    eq::loss::test::writingWhenLoaded(path("trace")));
    eq::loss::test::writeScript(path("distances.pt"),
                                "def forward(self, p, t):\n  return (p - t).abs()\n");
    std::ofstream(path("experiment.json")) << R"({
      "name": "x", "data": {"id": "scale_imbalance", "scales": [1, 3], "inputs": 5, "outputs": 2,
                            "train": 64, "validation": 16, "test": 16},
      "tasks": [{"name": "y1", "loss": {"id": "torchscript", "path": "squares.pt"}},
                {"name": "y2"}],
      "model": {"id": "mlp", "hidden": [8]}, "batch_size": 16, "epochs": 3, "threads": 1})";
    std::ofstream(path("plain.json")) << R"({
      "name": "x", "data": {"id": "scale_imbalance", "scales": [1, 3], "inputs": 5, "outputs": 2,
                            "train": 64, "validation": 16, "test": 16},
      "model": {"id": "mlp", "hidden": [8]}, "batch_size": 16, "epochs": 3, "threads": 1})";
    std::ofstream(path("commands.json")) << R"([{"step": 2, "command": {"kind": "set_loss",
      "task": 0, "method": {"id": "torchscript", "path": "distances.pt"}}}])";
  }
  void init() { fs::remove(path("trace")); }

  void aLossNeedsTheFlag() {
    const auto params = json{{"path", path("squares.pt").string()}}.dump();
    const std::string input = R"({"prediction": [0.5, 2], "target": [1, 1]})";
    const std::vector<std::string> arguments{"loss", "torchscript", "--input",
                                             "-",    "--params",    params};
    auto answer = alone(arguments, false, input);
    QCOMPARE(answer.code, 2);
    QVERIFY(isOneLine(answer.err) && answer.out.empty());
    QVERIFY(answer.err.find("say so with --trust") != std::string::npos);
    QVERIFY(!fs::exists(path("trace")));
    answer = alone(arguments, true, input);
    QCOMPARE(answer.code, 0);
    QVERIFY(fs::exists(path("trace")));
    const auto found = json::parse(answer.out);
    QCOMPARE(found["value"].get<double>(), 0.625);
    QVERIFY(found["per_sample"] == json({0.25, 1.0}));
    QVERIFY(found["gradient"] == json({-0.5, 1.0}));
  }

  void runCheckAndResumeNeedTheFlag() {
    for (const auto& command :
         {starting("experiment.json"),
          std::vector<std::string>{"check", path("experiment.json").string()}}) {
      const auto answer = alone(command);
      QCOMPARE(answer.code, 2);
      QVERIFY(isOneLine(answer.err));
      QVERIFY(answer.err.starts_with("tasks[0].loss: torchscript.path: "));
      QVERIFY(!fs::exists(path("trace")) && !fs::exists(path("runs")));
    }
    QCOMPARE(alone({"check", path("experiment.json").string()}, true).code, 0);
    const auto started = alone(starting("experiment.json"), true);
    QVERIFY2(started.code == 0, started.err.c_str());
    const std::string run = json::parse(started.out).at("run");

    fs::remove(path("trace"));
    const std::vector<std::string> resuming{"resume", run, "--json", "--quiet"};
    const auto refused = alone(resuming);
    QCOMPARE(refused.code, 2);
    QVERIFY(refused.err.find("--trust") != std::string::npos);
    QVERIFY(!fs::exists(path("trace")));
    const auto resumed = alone(resuming, true);
    QVERIFY2(resumed.code == 0, resumed.err.c_str());
    QVERIFY(json::parse(resumed.out).at("finished").get<bool>());
    // Telling about a run, and its series, runs nothing.
    fs::remove(path("trace"));
    QCOMPARE(alone({"show", run}).code, 0);
    QCOMPARE(alone({"export", run, "--series", "csv"}).code, 0);
    QVERIFY(!fs::exists(path("trace")));
  }

  void commandsNeedItToo() {
    auto arguments = starting("plain.json");
    arguments.insert(arguments.end(), {"--commands", path("commands.json").string()});
    QCOMPARE(alone(arguments).code, 2);
    const auto answer = alone(arguments, true);
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const std::string run = json::parse(answer.out).at("run");
    const auto commands = json::parse(alone({"export", run, "--commands"}).out);
    QCOMPARE(commands[0]["command"]["method"]["sha256"].get<std::string>().size(), size_t{64});
  }

  void aTrunkNeedsItToo() {
    eq::loss::test::writeTrunk(path("trunk.pt"), 5);
    auto experiment = json::parse(std::ifstream(path("plain.json")));
    experiment["model"] = {{"id", "torchscript_trunk"}, {"path", "trunk.pt"}};
    std::ofstream(path("trunk.json")) << experiment;
    for (const char* command : {"check", "describe"}) {
      const std::vector<std::string> arguments{command, path("trunk.json").string(), "--json"};
      const auto refused = alone(arguments);
      QCOMPARE(refused.code, 2);
      QVERIFY(isOneLine(refused.err) && refused.err.starts_with("model.path: "));
      QVERIFY(refused.err.find("say so with --trust") != std::string::npos);
      const auto answer = alone(arguments, true);
      QVERIFY2(answer.code == 0, answer.err.c_str());
    }
    const auto found = json::parse(
        alone({"describe", path("trunk.json").string(), "--json"}, true).out)["parameters"];
    QCOMPARE(found[0]["name"].get<std::string>(), std::string("trunk.weight"));
    const auto started = alone(starting("trunk.json"), true);
    QVERIFY2(started.code == 0, started.err.c_str());
  }

  void isDocumented() {
    const auto text = alone({"list", "losses", "torchscript"}).out;
    for (const char* word : {"path", "sha256", "program", "trusted", "forward(prediction, target)"})
      QVERIFY2(text.find(word) != std::string::npos, word);
    for (const char* command : {"run", "resume", "check", "describe", "loss"})
      QVERIFY(alone({command, "--help"}).out.find("--trust") != std::string::npos);
  }
};

EQUIPOISE_TEST(TestScriptCommands)
#include "tst_script_commands.moc"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/train/trainer.h"
#include "tests/app/cli/cli_support.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::RunReader;
using eq::run::RunState;
using nlohmann::json;

namespace {

json experiment(int epochs) {
  return {{"name", "x"},
          {"data",
           {{"id", "scale_imbalance"},
            {"scales", {1, 3}},
            {"train", 64},
            {"validation", 16},
            {"test", 16}}},
          {"model", {{"id", "mlp"}, {"hidden", {8}}}},
          {"batch_size", 16},
          {"epochs", epochs},
          {"conflict", {{"every", 0}}},
          {"threads", 1}};
}

/// The only run below a folder, once it has a step.
fs::path trainedRun(const fs::path& workspace) {
  for (;; std::this_thread::sleep_for(std::chrono::milliseconds(20))) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(workspace, ignored)) {
      try {
        if (RunReader(entry.path()).info().steps > 0) return entry.path();
      } catch (const eq::Error&) {
        // It is being made.
      }
    }
  }
}

std::vector<json> linesOf(const Answer& answer) {
  std::vector<json> lines;
  std::istringstream text(answer.out);
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  return lines;
}

bool isOfAnEvaluation(const std::string& column) {
  return column.starts_with("validation.") || column.starts_with("train.") ||
         column.starts_with("test.");
}

}  // namespace

/// send, watch and experts, beside a process that trains.
class TestSendCommand : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> folder_;
  std::string path(const char* name) const { return folder_->filePath(name).toStdString(); }

 private Q_SLOTS:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    std::ofstream(path("long.json")) << experiment(1000000).dump();
    std::ofstream(path("short.json")) << experiment(5).dump();
  }

  void aRunThatIsTrainedIsChangedPausedAndStopped() {
    Answer weight, wrong, unknown, pause, resume, checkpoint, stop;
    RunState paused{}, stopped{};
    std::int64_t before = 0, after = 0, late = 0;
    std::thread sender([&] {
      const auto run = trainedRun(path("runs")).string();
      weight = call({"send", path("runs"), R"({"kind": "set_weight", "task": 1, "value": 0.5})"});
      wrong = call({"send", run, R"({"kind": "set_weight", "task": 9, "value": 0.5})"});
      unknown = call({"send", run, R"({"kind": "sing"})"});
      pause = call({"send", run, R"({"kind": "pause"})"});
      paused = RunReader(run).info().state;
      before = RunReader(run).info().steps;
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      after = RunReader(run).info().steps;
      checkpoint = call({"send", run, R"({"kind": "checkpoint"})"});
      resume = call({"send", run, R"({"kind": "resume"})"});
      std::this_thread::sleep_for(std::chrono::milliseconds(1000));
      late = RunReader(run).info().steps;
      stop = call({"send", run, R"({"kind": "stop"})"});
      stopped = RunReader(run).info().state;
    });
    auto trained = call({"run", path("long.json"), "--out", path("runs"), "--quiet"});
    sender.join();
    for (const auto* answer : {&trained, &weight, &pause, &resume, &checkpoint, &stop})
      QVERIFY2(answer->code == 0, answer->err.c_str());
    QCOMPARE(wrong.code, 2);
    QVERIFY2(wrong.err.starts_with("tasks[9]: there is no such task"), wrong.err.c_str());
    QCOMPARE(unknown.code, 2);
    QVERIFY2(unknown.err.starts_with("commands[0].kind: expected one of"), unknown.err.c_str());
    QVERIFY2(unknown.err.find("note, pause, resume, stop, checkpoint, set_number, found") !=
                 std::string::npos,
             unknown.err.c_str());
    QCOMPARE(paused, RunState::paused);
    QCOMPARE(stopped, RunState::stopped);
    QCOMPARE(before, after);
    QVERIFY(late > after);
    const RunReader run(trainedRun(path("runs")));
    std::vector<std::string> kinds;
    for (const auto& event : run.events()) kinds.push_back(event.kind);
    QCOMPARE(std::count(kinds.begin(), kinds.end(), "command"), 1);
    QCOMPARE(std::count(kinds.begin(), kinds.end(), "paused"), 1);
    QCOMPARE(std::count(kinds.begin(), kinds.end(), "continued"), 1);
    QCOMPARE(run.steps(after, after + 1).at(0).weights.at(1), 0.5);
  }

  void whereNobodyTrainsItEndsInTime() {
    QCOMPARE(
        call({"run", path("short.json"), "--out", path("runs"), "--quiet", "--steps", "3"}).code,
        0);
    const auto answer =
        call({"send", path("runs"), R"({"kind": "note", "text": "x"})", "--timeout", "0.2"});
    QCOMPARE(answer.code, 1);
    QVERIFY2(answer.err.find("no process trains it") != std::string::npos, answer.err.c_str());
    QCOMPARE(call({"resume", path("runs"), "--quiet"}).code, 0);
    for (const auto& event : RunReader(trainedRun(path("runs"))).events())
      QVERIFY(event.text != "x");
  }

  void watchTellsARunFromItsBeginningToItsEnd() {
    auto runner =
        eq::run::Runner::start(eq::train::experimentFromJson(experiment(5)), path("runs"));
    const auto folder = runner->folder().string();
    Answer answer;
    std::thread watcher([&] { answer = call({"watch", folder, "--json"}); });
    while (!runner->finished()) {
      runner->step();
      std::this_thread::sleep_for(std::chrono::milliseconds(40));
    }
    runner->close();
    watcher.join();
    QCOMPARE(answer.code, 0);
    const auto lines = linesOf(answer);
    auto series = json::parse(call({"export", folder, "--series", "json"}).out);
    json steps = json::array(), states = json::array();
    int evaluations = 0;
    for (auto line : lines) {
      const auto type = line.at("type").get<std::string>();
      line.erase("type");
      if (type == "step") steps.push_back(line);
      if (type == "state") states.push_back(line.at("state"));
      if (type == "evaluation") evaluations += line.contains("split") ? 1 : 0;
    }
    series.erase(0);  // the evaluation of step 0
    for (auto& row : series)
      for (auto cell = row.begin(); cell != row.end();)
        cell = isOfAnEvaluation(cell.key()) ? row.erase(cell) : std::next(cell);
    QVERIFY(steps == series);
    QVERIFY((states == json{"running", "finished"}));
    QCOMPARE(evaluations, 1 + 5 + 2);
    QVERIFY(lines.back().at("state") == "finished");

    const auto later = linesOf(call({"watch", folder, "--json", "--from", "18"}));
    QVERIFY(std::none_of(later.begin(), later.end(),
                         [](const json& line) { return line.value("step", 18) < 18; }));
    QCOMPARE(std::count_if(later.begin(), later.end(),
                           [](const json& line) { return line.at("type") == "step"; }),
             3);
  }

  void expertsAreForksWithOneTaskEach() {
    QCOMPARE(call({"run", path("short.json"), "--out", path("runs"), "--quiet"}).code, 0);
    const auto parent = trainedRun(path("runs"));
    const auto tasks = RunReader(parent).tasks();
    const auto answer = call({"experts", path("runs") + "@7", "--out", path("experts"), "--json",
                              "--quiet", "--steps", "12"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto experts = json::parse(answer.out).at("experts");
    QCOMPARE(experts.size(), tasks.size());
    for (size_t k = 0; k < tasks.size(); ++k) {
      QCOMPARE(experts[k].at("task").get<std::string>(), tasks[k]);
      const RunReader run(experts[k].at("folder").get<std::string>());
      QCOMPARE(run.info().steps, std::int64_t{12});
      QCOMPARE(run.info().parentStep, std::int64_t{7});
      const auto losses = run.steps(11, 12).at(0).losses;
      for (size_t j = 0; j < losses.size(); ++j) QCOMPARE(std::isnan(losses[j]), j != k);
      QVERIFY(!std::isnan(run.steps(6, 7).at(0).losses.at(0)));
    }
    const auto one =
        call({"experts", path("runs"), "--out", path("one"), "--tasks", tasks[1], "--quiet"});
    QCOMPARE(one.out, fs::path(path("one")).string() + "/" +
                          fs::directory_iterator(path("one"))->path().filename().string() + "\n");
    QCOMPARE(call({"experts", path("runs"), "--out", path("none"), "--tasks", "x"}).code, 2);
    const auto twice = call(
        {"experts", path("runs"), "--out", path("none"), "--tasks", tasks[0] + ", " + tasks[0]});
    QCOMPARE(twice.code, 2);
    QCOMPARE(twice.err, "--tasks: \"" + tasks[0] + "\" is named twice; each task has one expert\n");
    QVERIFY(!fs::exists(path("none")));
  }
};

EQUIPOISE_TEST(TestSendCommand)
#include "tst_send_command.moc"

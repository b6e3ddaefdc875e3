#include <algorithm>
#include <cmath>

#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/sweep_support.h"
#include "tests/registry.h"

using nlohmann::json;
namespace fs = std::filesystem;

/// Successive halving, weights, baselines and races.
class TestSweepMethods : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;

  std::string path(const std::string& name) const {
    return folder_.filePath(QString::fromStdString(name)).toStdString();
  }

  std::string write(const std::string& name, const json& more) const {
    json experiment{{"name", "small"},
                    {"data",
                     {{"id", "scale_imbalance"},
                      {"scales", {1, 3}},
                      {"inputs", 5},
                      {"outputs", 2},
                      {"train", 64},
                      {"validation", 16},
                      {"test", 16}}},
                    {"model", {{"id", "mlp"}, {"hidden", {8}}, {"dropout", 0.3}}},
                    {"batch_size", 16},
                    {"epochs", 4},
                    {"threads", 1},
                    {"conflict", {{"every", 5}}}};
    experiment.update(more);
    std::ofstream(path(name)) << experiment.dump(1);
    return path(name);
  }

  static json lanesOf(const std::vector<std::string>& command) {
    return json::parse(answerOf(command).out)["lanes"];
  }

  static json withoutEvaluations(const json& row) {
    json rest;
    for (const auto& [name, value] : row.items())
      if (!name.starts_with("train.") && !name.starts_with("validation.") &&
          !name.starts_with("test."))
        rest[name] = value;
    return rest;
  }

  static json single(const json& run) {
    return eq::run::RunReader(run["folder"].get<std::string>()).experiment();
  }

  std::string runAlone(const std::string& file, std::vector<std::string> more) const {
    std::vector<std::string> arguments{"run", file, "--out", path("alone"), "--quiet", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto answer = answerOf(arguments);
    if (answer.code != 0) qFatal("%s", answer.err.c_str());
    return json::parse(answer.out)["run"];
  }

 private Q_SLOTS:
  void halvingTrainsTheBestToTheEnd() {
    const auto file = write("asha.json", json::parse(R"({"sweep": {
      "method": "asha", "runs": 9, "seed": 5, "reduction": 3, "least_steps": 2,
      "metric": {"task": "y1", "split": "validation", "metric": "loss"},
      "fields": {"optimizer.lr": {"low": 1e-5, "high": 1e-1, "scale": "log"}}}})"));
    const auto out = path("asha");
    const auto answer = answerOf({"sweep", file, "--out", out, "--workers", "1", "--json"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto shown = shownSweep(out);
    QVERIFY(shown["state"] == "finished" && shown["total"] == 9);
    std::multiset<std::int64_t> steps;
    for (const auto& run : shown["runs"])
      steps.insert(eq::run::RunReader(run["folder"].get<std::string>()).info().steps);
    // Rungs of 2, 6 and 16: of nine runs three go on, of those one.
    QVERIFY(steps.count(2) <= 6 && steps.count(16) >= 1);
    QCOMPARE(static_cast<int>(steps.count(2) + steps.count(6) + steps.count(16)), 9);
    const auto best = std::min_element(
        shown["runs"].begin(), shown["runs"].end(), [](const json& a, const json& b) {
          return a["fields"]["optimizer.lr"] > b["fields"]["optimizer.lr"];
        });
    QVERIFY((*best)["state"] == "finished");  // two steps of 1e-5 learn nothing
  }

  void halvingComparesNoUnlikeLosses() {
    const auto file = write("unlike.json", json::parse(R"({"sweep": {
      "method": "asha", "runs": 6, "seed": 1, "least_steps": 2,
      "metric": {"task": "y1", "split": "validation", "metric": "loss"},
      "fields": {"tasks[0].loss.id": ["mse", "huber"]}}})"));
    const auto answer = answerOf({"sweep", file, "--out", path("unlike"), "--quiet"});
    QCOMPARE(answer.code, 2);
    QVERIFY2(
        answer.err.find("sweep.metric.metric: the runs have unlike losses of the task \"y1\"") !=
            std::string::npos,
        answer.err.c_str());
  }

  void halvingThatEndsNoRunSaysWhy() {
    const auto file = write("few.json", json::parse(R"({"sweep": {
      "method": "asha", "runs": 2, "reduction": 3, "least_steps": 2,
      "metric": {"task": "y1", "split": "validation", "metric": "loss"},
      "fields": {"optimizer.lr": {"low": 1e-3, "high": 1e-1, "scale": "log", "count": 7}}}})"));
    const auto answer = answerOf({"sweep", file, "--out", path("few"), "--quiet"});
    QCOMPARE(answer.code, 0);
    QVERIFY2(answer.err.find("at each of the steps 2, 6, so 3 x 3 are needed, and there are 2") !=
                 std::string::npos,
             answer.err.c_str());
    QVERIFY2(answer.err.find("count: 7 is not read") != std::string::npos, answer.err.c_str());
  }

  void whatWouldNotBeReadIsRefused() {
    const auto refusal = [&](const json& more, const std::vector<std::string>& options = {}) {
      std::vector<std::string> arguments{"sweep", write("no.json", more), "--out", path("no")};
      arguments.insert(arguments.end(), options.begin(), options.end());
      const auto answer = call(arguments);
      if (answer.code != 2 || fs::exists(path("no"))) qFatal("%s", answer.err.c_str());
      return answer.err;
    };
    const json grid{{"fields", {{"optimizer.lr", {0.1, 0.2}}}}};
    QVERIFY(refusal({{"sweep", grid}}, {"--single", path("x")}).starts_with("--single: is read"));
    for (const char* weighting : {"dwa", "static"}) {
      const auto found = refusal(
          {{"sweep", {{"method", "linear"}}}, {"balancer", {{"weighting", {{"id", weighting}}}}}});
      QVERIFY2(found.find("balancer.weighting: the method \"linear\"") != std::string::npos,
               found.c_str());
    }
    json dominated = grid;
    dominated["dominated"] = {{"by", {"val.y3.loss"}}};
    const auto found = refusal({{"sweep", dominated}});
    QVERIFY2(found.find("sweep.dominated.by[0]: ") != std::string::npos, found.c_str());
    dominated["dominated"] = json::object();
    QVERIFY(refusal({{"sweep", dominated}}, {"--slurm"}).starts_with("--slurm: "));
  }

  /// Whatever it is called.
  void theProgramFindsItsWorkers() {
    const auto own = path("eq");
    fs::copy_file(cliProgram().toStdString(), own);
    const auto file =
        write("named.json", {{"sweep", {{"seeds", {1}}, {"fields", {{"epochs", {1}}}}}}});
    QProcess process;
    process.start(QString::fromStdString(own),
                  wordsOf({"sweep", file, "--out", path("named"), "--quiet"}));
    QVERIFY(process.waitForFinished(2 * kAWhile));
    QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
    QVERIFY(shownSweep(path("named"))["finished"] == 1);
  }

  void weightsOfTheLatticeAreTrained() {
    const auto file = write("linear.json", json::parse(R"({"sweep": {
      "method": "linear", "divisions": 2, "seeds": [1, 2]}})"));
    const auto out = path("linear");
    QCOMPARE(answerOf({"sweep", file, "--out", out, "--quiet"}).code, 0);
    const auto shown = shownSweep(out);
    QVERIFY(shown["total"] == json(6));
    const std::vector<std::pair<double, double>> weights{{1, 0}, {.5, .5}, {0, 1}};
    for (size_t i = 0; i < 6; ++i) {
      const auto& run = shown["runs"][i];
      const auto [first, second] = weights[i / 2];
      QVERIFY((run["weights"] == json{first, second}));
      QVERIFY((run["fields"] == json{{"tasks[0].weight", first}, {"tasks[1].weight", second}}));
      QVERIFY(single(run)["tasks"][1]["weight"] == second && run["seed"] == 1 + i % 2);
    }
  }

  /// By the losses of the first step with equal weights, for each seed its own.
  void weightsAreDividedByTheFirstLosses() {
    const auto file = write("first.json", json::parse(R"({"sweep": {
      "method": "linear", "weights": [[1, 3]], "scale": "first", "seeds": [1, 2]}})"));
    const auto out = path("first");
    for (int again = 0; again < 2; ++again) {
      QCOMPARE(answerOf({"sweep", file, "--out", out, "--quiet"}).code, 0);
      QCOMPARE(eq::run::listRuns(out).size(), size_t{2});
    }
    for (const auto& run : runsIn(out)) {
      const auto plain = write("plain.json", json::object());
      const auto alone = runAlone(plain, {"--seed", run["seed"].dump(), "--steps", "1"});
      const auto losses = eq::run::RunReader(alone).steps().front().losses;
      QCOMPARE(run["fields"]["tasks[0].weight"].get<double>(), 1 / losses[0]);
      QCOMPARE(run["fields"]["tasks[1].weight"].get<double>(), 3 / losses[1]);
    }
  }

  void baselinesTrainEachTaskAlone() {
    const auto file = write("plain.json", {{"balancer", {{"gradient", {{"id", "pcgrad"}}}}}});
    const auto out = path("baselines");
    const auto answer = answerOf({"baselines", file, "--out", out, "--seeds", "1,2", "--json"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QVERIFY((json::parse(answer.out) ==
             json{{"sweep", out}, {"total", 4}, {"finished", 4}, {"failed", 0}}));
    std::set<std::string> kinds;
    for (const auto& run : runsIn(out)) {
      const auto experiment = single(run);
      const bool first = experiment["tasks"][0]["enabled"];
      QCOMPARE(experiment["tasks"][1]["enabled"].get<bool>(), !first);
      QVERIFY(experiment["balancer"]["weighting"]["id"] == "equal");
      QVERIFY(!experiment["balancer"].contains("gradient"));
      kinds.insert(json{first, experiment["seed"]}.dump());
    }
    QCOMPARE(kinds.size(), size_t{4});
    scaledByThem(out);
  }

  /// Lanes take turns in one process, and share nothing.
  void lanesEqualTheRunsAlone() {
    const auto file = write("race.json", json::object());
    const auto out = path("race");
    const auto answer = answerOf({"race", file, "--out", out, "--json", "--slice", "3", "--set",
                                  "tasks[0].loss.id=l1", "--set", "optimizer.lr=0.01", "--or",
                                  "--set", "balancer.gradient={\"id\": \"pcgrad\"}", "--or"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto lanes = json::parse(answer.out)["lanes"];
    QCOMPARE(lanes.size(), size_t{3});
    const std::vector<std::vector<std::string>> settings{
        {"--set", "tasks[0].loss.id=l1", "--set", "optimizer.lr=0.01"},
        {"--set", "balancer.gradient={\"id\": \"pcgrad\"}"},
        {}};
    for (size_t i = 0; i < 3; ++i) {
      QVERIFY(lanes[i]["finished"] == true && lanes[i]["steps"] == 16);
      const auto alone = seriesOf(runAlone(file, settings[i]));
      QVERIFY(alone.size() > 16);
      QVERIFY2(seriesOf(lanes[i]["run"]) == alone, qPrintable(QString::number(i)));
    }
    const auto shown = shownSweep(out);
    QVERIFY(shown["state"] == "finished" && shown["total"] == 3);
    QVERIFY(
        (shown["runs"][0]["fields"] ==
         json{{"tasks[0].loss.id", "l1"}, {"optimizer.lr", 0.01}, {"balancer.gradient", nullptr}}));
  }

  /// In a process each, as many as are asked for.
  void lanesSideBySideEqualThoseInTurn() {
    const auto file = write("race.json", json::object());
    const auto out = path("side");
    std::vector<std::string> command{
        "race", file, "--out", out, "--json", "--quiet", "--or", "--set", "tasks[0].loss.id=l1"};
    const auto turns = lanesOf(
        {"race", file, "--out", path("turns"), "--json", "--or", "--set", "tasks[0].loss.id=l1"});
    command.insert(command.end(), {"--workers", "2", "--steps", "6"});
    for (const auto& lane : lanesOf(command))
      QVERIFY(lane["steps"] == 6 && lane["finished"] == false);
    QVERIFY(shownSweep(out)["state"] == "stopped");
    command.resize(command.size() - 2);
    const auto lanes = lanesOf(command);
    QCOMPARE(lanes.size(), size_t{2});
    for (size_t i = 0; i < 2; ++i) {
      QVERIFY(lanes[i]["finished"] == true && lanes[i]["steps"] == 16);
      auto found = seriesOf(lanes[i]["run"]);
      for (auto& row : found)
        if (row["step"] == 6) row = withoutEvaluations(row);  // which its stop made
      QVERIFY2(found == seriesOf(turns[i]["run"]), qPrintable(QString::number(i)));
    }
  }

  void aRaceStopsAndGoesOn() {
    const auto file = write("race.json", json::object());
    const auto out = path("steps");
    const std::vector<std::string> command{
        "race", file, "--out", out, "--or", "--set", "optimizer.lr=0.1", "--json"};
    auto part = command;
    part.insert(part.end(), {"--steps", "7"});
    for (const auto& lane : lanesOf(part)) QVERIFY(lane["steps"] == 7 && lane["finished"] == false);
    for (const auto& lane : lanesOf(command))
      QVERIFY(lane["steps"] == 16 && lane["finished"] == true);
    QCOMPARE(eq::run::listRuns(out).size(), size_t{2});
  }

  void aRaceRefusesLanesBeforeItBegins() {
    const auto file = write("race.json", json::object());
    const auto answer =
        call({"race", file, "--out", path("no"), "--or", "--set", "optimizer.lr=-1"});
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.find("optimizer.lr: -1 is ") != std::string::npos, answer.err.c_str());
    QVERIFY(!fs::exists(path("no")));
  }

 private:
  /// Of the run with the same seed.
  void scaledByThem(const std::string& baselines) const {
    const auto file = write("single.json", json::parse(R"({"sweep": {
      "method": "linear", "weights": [[1, 1]], "scale": "single", "seeds": [2]}})"));
    const auto out = path("single");
    const auto refused = call({"sweep", file, "--out", out});
    QCOMPARE(refused.code, 2);
    QVERIFY2(refused.err.find("--single: is required") != std::string::npos, refused.err.c_str());
    QCOMPARE(answerOf({"sweep", file, "--out", out, "--single", baselines, "--quiet"}).code, 0);
    for (const auto& run : runsIn(baselines)) {
      if (run["seed"] != 2) continue;
      const size_t task = single(run)["tasks"][0]["enabled"] ? 0 : 1;
      const auto name = task == 0 ? "y1" : "y2";
      const auto shown = json::parse(call({"show", run["folder"], "--json"}).out);
      const double loss = shown["final"][name]["validation"]["loss"];
      const auto field = QString("tasks[%1].weight").arg(task).toStdString();
      QCOMPARE(shownSweep(out)["runs"][0]["fields"][field].get<double>(), 1 / loss);
    }
  }
};

EQUIPOISE_TEST(TestSweepMethods)
#include "tst_sweep_methods.moc"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "core/base/paths.h"
#include "tests/app/cli/sweep_support.h"
#include "tests/registry.h"

using nlohmann::json;
namespace fs = std::filesystem;

/// What a person does with the lanes of a race while it goes on.
class TestRace : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;

  std::string path(const std::string& name) const {
    return folder_.filePath(QString::fromStdString(name)).toStdString();
  }

  /// Long enough to be met while it is trained. \param epochs of four steps.
  std::string write(const std::string& name, int epochs) const {
    const json experiment{{"name", "small"},
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
                          {"epochs", epochs},
                          {"threads", 1},
                          {"evaluate_every", 1000000},
                          {"conflict", {{"every", 0}}}};
    std::ofstream(path(name)) << experiment.dump(1);
    return path(name);
  }

  /// A race of two rates in a process of its own.
  struct Started {
    QProcess process;
    std::string out;

    std::string lane(size_t i) const {
      const auto folder = runsIn(out)[i]["folder"];
      return folder.is_null() ? std::string() : folder.get<std::string>();
    }
    bool reaches(size_t i, std::int64_t steps) const {
      return !lane(i).empty() && eq::run::RunReader(lane(i)).info().steps >= steps;
    }
    void end() {
      process.terminate();
      QVERIFY(process.waitForFinished(kAWhile));
    }
  };

  void begin(Started& race, const std::string& name, int epochs) const {
    race.out = path(name);
    race.process.start(
        cliProgram(),
        wordsOf({"race", write(name + ".json", epochs), "--out", race.out, "--slice", "4", "--set",
                 "optimizer.lr=0.01", "--or", "--set", "optimizer.lr=0.02"}));
    QVERIFY(race.process.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(fs::exists(race.out + "/sweep.json"), kAWhile);
    QTRY_VERIFY_WITH_TIMEOUT(race.reaches(0, 8) && race.reaches(1, 8), kAWhile);
  }

 private Q_SLOTS:
  /// The sample, as the window's one click begins it.
  void lossesOfTheSampleEqualTheRunsAlone() {
    const auto file = (eq::samplesFolder() / "two-digits.json").string();
    const std::vector<std::string> losses{"squentropy", "cross_entropy", "focal"};
    std::vector<std::string> race{"race", file, "--out", path("digits"), "--json", "--steps", "12"};
    const auto setting = [](const std::string& loss) {
      return std::vector<std::string>{"--set", "threads=1",
                                      "--set", "tasks[0].loss.id=" + loss,
                                      "--set", "tasks[1].loss.id=" + loss};
    };
    for (size_t i = 0; i < losses.size(); ++i) {
      if (i > 0) race.push_back("--or");
      for (const auto& word : setting(losses[i])) race.push_back(word);
    }
    const auto answer = answerOf(race);
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto lanes = json::parse(answer.out)["lanes"];
    QCOMPARE(lanes.size(), losses.size());
    for (size_t i = 0; i < losses.size(); ++i) {
      std::vector<std::string> run{"run",    file,      "--out",   path("alone"),
                                   "--json", "--quiet", "--steps", "12"};
      for (const auto& word : setting(losses[i])) run.push_back(word);
      const auto alone = answerOf(run);
      QVERIFY2(alone.code == 0, alone.err.c_str());
      const auto series = seriesOf(json::parse(alone.out)["run"]);
      QVERIFY(series.size() >= 12);
      QVERIFY2(seriesOf(lanes[i]["run"]) == series, losses[i].c_str());
    }
  }

  void aLaneClonedInTheMiddleEqualsAFork() {
    Started race;
    begin(race, "clone", 20000);
    const auto lane = race.lane(0);
    const auto answer = call({"race", "clone", lane, "--set", "tasks[1].weight=3", "--set",
                              "balancer.gradient.id=pcgrad", "--title", "braver", "--json"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const std::string clone = json::parse(answer.out)["run"];
    const auto info = [&] { return eq::run::RunReader(clone).info(); };
    const auto at = info().parentStep;
    QVERIFY(at >= 8);
    QCOMPARE(info().title, std::string("braver"));
    QVERIFY(fs::path(clone).parent_path() == race.out);
    QTRY_VERIFY_WITH_TIMEOUT(info().steps >= at + 20, kAWhile);
    const auto before = eq::run::RunReader(lane).info().steps;
    QTRY_VERIFY_WITH_TIMEOUT(eq::run::RunReader(lane).info().steps > before + 20, kAWhile);
    race.end();
    const auto last = info().steps;
    const auto fork = call({"fork", lane + "@" + std::to_string(at), "--out", path("forks"),
                            "--set", "tasks[1].weight=3", "--set", "balancer.gradient.id=pcgrad",
                            "--steps", std::to_string(last), "--json", "--quiet"});
    QVERIFY2(fork.code == 0, fork.err.c_str());
    const std::string forked = json::parse(fork.out)["run"];
    const auto one = eq::run::RunReader(clone).steps(), other = eq::run::RunReader(forked).steps();
    QCOMPARE(one.size(), static_cast<size_t>(last));
    QCOMPARE(other.size(), one.size());
    for (size_t i = 0; i < one.size(); ++i) {
      QCOMPARE(other[i].losses, one[i].losses);
      QCOMPARE(other[i].weights, one[i].weights);
    }
  }

  void aCloneThatDoesNotFitIsRefusedAndTheRaceGoesOn() {
    Started race;
    begin(race, "refused", 20000);
    const auto lane = race.lane(1);
    const auto answer = call({"race", "clone", lane, "--set", "model.id=cnn"});
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.find("model") != std::string::npos, answer.err.c_str());
    const auto before = eq::run::RunReader(lane).info().steps;
    QTRY_VERIFY_WITH_TIMEOUT(eq::run::RunReader(lane).info().steps > before, kAWhile);
    QCOMPARE(eq::run::listRuns(race.out).size(), size_t{2});
    race.end();
    QCOMPARE(call({"race", "clone", lane, "--timeout", "0"}).code, 1);
  }

  void lanesReadTheirMail() {
    Started race;
    begin(race, "mail", 20000);
    const auto answer =
        call({"send", race.lane(0), R"({"kind": "set_weight", "task": 0, "value": 2})"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QCOMPARE(call({"send", race.lane(0), R"({"kind": "stop"})"}).code, 0);
    QCOMPARE(runState(shownSweep(race.out), 0), std::string("stopped"));
    QCOMPARE(call({"send", race.lane(1), R"({"kind": "pause"})"}).code, 0);
    QCOMPARE(runState(shownSweep(race.out), 1), std::string("paused"));
    const auto info = [&] { return eq::run::RunReader(race.lane(1)).info(); };
    const auto rests = info().steps;
    QTest::qWait(300);
    QCOMPARE(info().steps, rests);
    QCOMPARE(call({"send", race.lane(1), R"({"kind": "resume"})"}).code, 0);
    QTRY_VERIFY_WITH_TIMEOUT(info().steps > rests, kAWhile);
    race.end();
    const auto commands = call({"export", race.lane(0), "--commands"}).out;
    QVERIFY2(commands.find("set_weight") != std::string::npos, commands.c_str());
  }

  /// Its clones too.
  void aPausedRaceEndsAndGoesOn() {
    Started race;
    begin(race, "pause", 700);
    QCOMPARE(call({"race", "clone", race.lane(0), "--set", "optimizer.lr=0.5"}).code, 0);
    QCOMPARE(call({"sweep", "pause", race.out}).code, 0);
    QVERIFY(race.process.waitForFinished(kAWhile));
    const auto shown = shownSweep(race.out);
    QVERIFY(shown["state"] == "stopped" && shown["paused"] == true);
    QCOMPARE(shown["clones"].size(), size_t{1});
    const auto answer = answerOf({"race", "continue", race.out, "--json"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto lanes = json::parse(answer.out)["lanes"];
    QCOMPARE(lanes.size(), size_t{3});
    for (const auto& lane : lanes) QVERIFY(lane["finished"] == true && lane["steps"] == 2800);
    QVERIFY(shownSweep(race.out)["state"] == "finished");
  }

  void aCancelledLaneStopsAndTheOthersGoOn() {
    Started race;
    begin(race, "cancel", 20000);
    QCOMPARE(call({"sweep", "cancel", race.out, "--runs", "1"}).code, 0);
    QTRY_COMPARE_WITH_TIMEOUT(runState(shownSweep(race.out), 1), std::string("stopped"), kAWhile);
    const auto info = [&] { return eq::run::RunReader(race.lane(0)).info(); };
    const auto steps = info().steps;
    QTRY_VERIFY_WITH_TIMEOUT(info().steps > steps, kAWhile);
    race.end();
  }
};

EQUIPOISE_TEST(TestRace)
#include "tst_race.moc"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "core/study/sweep/sweep_control.h"
#include "tests/app/cli/sweep_support.h"
#include "tests/registry.h"

using nlohmann::json;
namespace fs = std::filesystem;

/// A queue obeys what stands in its folder, whoever put it there.
class TestSweepControls : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;

  std::string path(const std::string& name) const {
    return folder_.filePath(QString::fromStdString(name)).toStdString();
  }

  /// Four rates. \param epochs of four steps.
  std::string write(const std::string& name, int epochs, const json& more = json::object()) const {
    json experiment{{"name", "small"},
                    {"data",
                     {{"id", "scale_imbalance"},
                      {"scales", {1, 3}},
                      {"inputs", 5},
                      {"outputs", 2},
                      {"train", 64},
                      {"validation", 16},
                      {"test", 16}}},
                    {"model", {{"id", "mlp"}, {"hidden", {8}}}},
                    {"batch_size", 16},
                    {"epochs", epochs},
                    {"evaluate_every", 1000000},
                    {"conflict", {{"every", 0}}},
                    {"sweep", {{"fields", {{"optimizer.lr", {0.001, 0.002, 0.003, 0.004}}}}}}};
    experiment.update(more);
    std::ofstream(path(name)) << experiment.dump(1);
    return path(name);
  }

  static std::vector<std::string> statesIn(const std::string& out) {
    std::vector<std::string> states;
    for (const auto& run : runsIn(out)) states.push_back(run["state"]);
    return states;
  }

 private Q_SLOTS:
  void aPausedSweepEndsWithCheckpointsAndGoesOn() {
    QProcess sweep;
    const auto out = path("pause");
    sweep.start(cliProgram(),
                wordsOf({"sweep", write("pause.json", 1500), "--out", out, "--workers", "1"}));
    QVERIFY(sweep.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(fs::exists(out + "/sweep.json") && shownSweep(out)["running"] == 1,
                             kAWhile);
    QCOMPARE(call({"sweep", "pause", out}).code, 0);
    QVERIFY(sweep.waitForFinished(kAWhile));
    QCOMPARE(sweep.exitCode(), 0);
    auto shown = shownSweep(out);
    QVERIFY(shown["state"] == "stopped" && shown["paused"] == true && shown["running"] == 0);
    QVERIFY(shown["finished"] < 4);
    const auto answer = answerOf({"sweep", "continue", out, "--json"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    shown = shownSweep(out);
    QVERIFY(shown["state"] == "finished" && shown["paused"] == false && shown["finished"] == 4);
    QCOMPARE(eq::run::listRuns(out).size(), size_t{4});
  }

  void cancelledRunsAreLeftOutAndComeBackByRetry() {
    const auto out = path("cancel");
    const auto file = write("cancel.json", 2);
    fs::create_directories(out);
    fs::copy_file(file, out + "/sweep.json");
    QCOMPARE(call({"sweep", "cancel", out, "--runs", "1,3"}).code, 0);
    auto answer = answerOf({"sweep", "continue", out, "--workers", "1"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QCOMPARE(statesIn(out),
             (std::vector<std::string>{"finished", "waiting", "finished", "waiting"}));
    QVERIFY(shownSweep(out)["state"] == "stopped");
    QVERIFY(runsIn(out)[1]["cancelled"] == true && !runsIn(out)[0].contains("cancelled"));
    QCOMPARE(call({"sweep", "retry", out, "--runs", "1"}).code, 0);
    answer = answerOf({"sweep", "continue", out});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QCOMPARE(statesIn(out),
             (std::vector<std::string>{"finished", "finished", "finished", "waiting"}));
  }

  void aRunThatIsTrainedCanBeCancelled() {
    QProcess sweep;
    const auto out = path("running");
    sweep.start(cliProgram(),
                wordsOf({"sweep", write("running.json", 100000), "--out", out, "--workers", "1"}));
    QTRY_VERIFY_WITH_TIMEOUT(fs::exists(out + "/sweep.json") && shownSweep(out)["running"] == 1,
                             kAWhile);
    const auto left = [&] { return shownSweep(out).value("seconds_left", -1.0); };
    QTRY_VERIFY_WITH_TIMEOUT(left() > 0, kAWhile);
    QCOMPARE(call({"sweep", "cancel", out}).code, 0);  // all that are open
    QVERIFY(sweep.waitForFinished(kAWhile));
    QCOMPARE(statesIn(out), (std::vector<std::string>{"stopped", "waiting", "waiting", "waiting"}));
  }

  void firstRunsAreTrainedFirst() {
    const auto out = path("first");
    fs::create_directories(out);
    fs::copy_file(write("first.json", 2), out + "/sweep.json");
    QCOMPARE(call({"sweep", "first", out, "--runs", "2,3"}).code, 0);
    QCOMPARE(call({"sweep", "first", out, "--runs", "3"}).code, 0);
    QVERIFY(eq::study::controlOf(out).first == (std::vector<std::int64_t>{3, 2}));
    QCOMPARE(answerOf({"sweep", "continue", out, "--workers", "1"}).code, 0);
    std::vector<double> rates;
    for (const auto& info : eq::run::listRuns(out))
      rates.push_back(eq::run::RunReader(info.folder).experiment()["optimizer"]["lr"]);
    QCOMPARE(rates, (std::vector<double>{0.004, 0.003, 0.001, 0.002}));
  }

  /// The squares of one table's numbers overflow at every step.
  void failedRunsAreTriedAgainWhenTheyAreAsked() {
    for (const auto& [name, unit] : {std::pair{"one.csv", ""}, {"huge.csv", "e30"}}) {
      std::ofstream table(path(name));
      table << "a,y\n";
      for (int i = 0; i < 40; ++i) table << i << ',' << i % 7 << unit << '\n';
    }
    const auto out = path("retry");
    const auto file = write("retry.json", 3,
                            {{"data",
                              {{"id", "table"},
                               {"path", "one.csv"},
                               {"targets", {{{"column", "y"}, {"kind", "number"}}}}}},
                             {"sweep", {{"fields", {{"data.path", {"one.csv", "huge.csv"}}}}}}});
    QCOMPARE(answerOf({"sweep", file, "--out", out, "--workers", "1"}).code, 1);
    QCOMPARE(statesIn(out), (std::vector<std::string>{"finished", "failed"}));
    const auto failed = [&] {
      return eq::run::RunReader(runsIn(out)[1]["folder"].get<std::string>()).events().size();
    };
    const auto before = failed();
    QCOMPARE(answerOf({"sweep", "continue", out}).code, 1);  // it stays as it is
    QCOMPARE(failed(), before);
    QCOMPARE(call({"sweep", "retry", out}).code, 0);
    QCOMPARE(answerOf({"sweep", "continue", out}).code, 1);  // it fails again
    QVERIFY(failed() > before);
    QVERIFY(eq::study::controlOf(out).retried.empty());
  }

  /// So that together they stay within the cores.
  void aQueuedSweepWaitsForAnEarlierOneBesideIt() {
    fs::create_directories(path("both"));
    const auto first = path("both/1"), second = path("both/2");
    QProcess earlier, later;
    earlier.start(cliProgram(),
                  wordsOf({"sweep", write("long.json", 100000), "--out", first, "--workers", "1"}));
    QTRY_VERIFY_WITH_TIMEOUT(fs::exists(first + "/sweep.json") && shownSweep(first)["running"] == 1,
                             kAWhile);
    later.start(cliProgram(),
                wordsOf({"sweep", write("short.json", 1), "--out", second, "--queued"}));
    QTRY_VERIFY_WITH_TIMEOUT(
        fs::exists(second + "/sweep.json") && shownSweep(second)["state"] == "running", kAWhile);
    QTest::qWait(1500);
    QVERIFY(eq::run::listRuns(second).empty());
    QVERIFY(eq::study::waitsFor(second).filename() == "1");
    QVERIFY(eq::study::waitsFor(first).empty());
    QCOMPARE(call({"sweep", "pause", first}).code, 0);
    QVERIFY(earlier.waitForFinished(kAWhile));
    QVERIFY(later.waitForFinished(kAWhile));
    QVERIFY(shownSweep(second)["state"] == "finished");
  }

  void aRunThatThereIsNotIsRefused() {
    const auto out = path("numbers");
    fs::create_directories(out);
    fs::copy_file(write("numbers.json", 2), out + "/sweep.json");
    const auto answer = call({"sweep", "cancel", out, "--runs", "4"});
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.find("--runs: 4 is no run of") != std::string::npos, answer.err.c_str());
    QVERIFY(!fs::exists(out + "/control.json"));
    QCOMPARE(call({"sweep", "pause", path("nowhere")}).code, 2);
  }

  void fieldsCanBeSetFirstAndBelongToTheSweepThen() {
    const auto out = path("set");
    const auto file = write("set.json", 2);
    const std::vector<std::string> command{"sweep", file, "--out", out, "--set", "epochs=1"};
    QCOMPARE(answerOf(command).code, 0);
    for (const auto& info : eq::run::listRuns(out)) QCOMPARE(info.steps, std::int64_t{4});
    QCOMPARE(answerOf(command).code, 0);
    QCOMPARE(eq::run::listRuns(out).size(), size_t{4});
    const auto other = call({"sweep", file, "--out", out});
    QCOMPARE(other.code, 2);
    QVERIFY2(other.err.find("epochs") != std::string::npos, other.err.c_str());
    QCOMPARE(call({"sweep", file, "--out", path("no"), "--set", "optimizer.rate=1"}).code, 2);
    QVERIFY(!fs::exists(path("no")));
  }

  /// A hand has been at it.
  void aDamagedControlFileCountsAsNone() {
    const auto out = path("damaged");
    fs::create_directories(out);
    std::ofstream(out + "/control.json") << R"({"paused": "maybe"})";
    QVERIFY(eq::study::controlOf(out) == eq::study::SweepControl());
    std::ofstream(out + "/control.json") << R"({"paused": true})";
    QVERIFY(eq::study::controlOf(out).paused);
    eq::study::changeControl(out, [](auto& control) { control.workers = 3; });
    QVERIFY(eq::study::controlOf(out).workers == 3);
  }
};

EQUIPOISE_TEST(TestSweepControls)
#include "tst_sweep_controls.moc"

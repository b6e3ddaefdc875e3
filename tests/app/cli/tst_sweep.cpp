#include <csignal>

#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/sweep_support.h"
#include "tests/registry.h"

using nlohmann::json;
namespace fs = std::filesystem;

/// Many runs from one file: what is trained, refused and printed.
class TestSweep : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;

  std::string path(const std::string& name) const {
    return folder_.filePath(QString::fromStdString(name)).toStdString();
  }

  std::string write(const std::string& name, const json& sweep, const json& more = {}) const {
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
                    {"epochs", 3},
                    {"conflict", {{"every", 5}}}};
    if (!more.is_null()) experiment.update(more);
    if (!sweep.is_null()) experiment["sweep"] = sweep;
    std::ofstream(path(name)) << experiment.dump(1);
    return path(name);
  }

  static json lossesAndRates() {
    return json::parse(R"({
      "fields": {"tasks[0].loss.id": ["mse", "huber"], "tasks[0].loss.delta": [0.5, 2],
                 "balancer.gradient": [null, {"id": "pcgrad"}]},
      "when": {"tasks[0].loss.delta": {"tasks[0].loss.id": ["huber"]}},
      "seeds": [3, 4]})");
  }

 private Q_SLOTS:
  void trainsEveryCombinationOnceASeed() {
    const auto file = write("grid.json", lossesAndRates());
    const auto out = path("grid");
    const auto answer = answerOf({"sweep", file, "--out", out, "--workers", "2", "--json"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QVERIFY((json::parse(answer.out) ==
             json{{"sweep", out}, {"total", 12}, {"finished", 12}, {"failed", 0}}));
    const auto shown = shownSweep(out);
    QVERIFY(shown["state"] == "finished" && shown["total"] == 12 && shown["finished"] == 12);
    QVERIFY(shown["failed"] == 0 && shown["running"] == 0 && shown["waiting"] == 0);
    std::set<std::string> folders, kinds;
    for (const auto& run : shown["runs"]) {
      folders.insert(run["folder"].get<std::string>());
      kinds.insert(run["fields"].dump() + run["seed"].dump());
      QVERIFY(run["state"] == "finished");
      const bool huber = run["fields"]["tasks[0].loss.id"] == "huber";
      QCOMPARE(run["fields"]["tasks[0].loss.delta"].is_null(), !huber);
    }
    QCOMPARE(folders.size(), size_t{12});
    QCOMPARE(kinds.size(), size_t{12});
    // Once more: nothing is left to do.
    QCOMPARE(answerOf({"sweep", file, "--out", out, "--quiet"}).code, 0);
    QVERIFY(shownSweep(out)["runs"] == shown["runs"]);
  }

  /// For each run of the sweep above, at the same thread count.
  void eachRunEqualsTheSameExperimentAlone() {
    const auto plain = write("plain.json", nullptr);
    for (const auto& run : runsIn(path("grid"))) {
      std::vector<std::string> arguments{"run",       plain, "--out",   path("alone"),
                                         "--threads", "1",   "--quiet", "--json"};
      for (const auto& [field, value] : run["fields"].items()) {
        if (value.is_null() && field != "balancer.gradient") continue;
        const auto text = value.is_string() ? value.get<std::string>() : value.dump();
        arguments.insert(arguments.end(), {"--set", field + "=" + text});
      }
      arguments.insert(arguments.end(), {"--seed", run["seed"].dump()});
      const auto answer = answerOf(arguments);
      QVERIFY2(answer.code == 0, answer.err.c_str());
      const auto alone = seriesOf(json::parse(answer.out)["run"]);
      QVERIFY(alone.size() > 10);
      QVERIFY2(alone == seriesOf(run["folder"]), run.dump().c_str());
    }
  }

  void checkLooksAtEveryCombinationAndRunAtNone() {
    const auto file = write("grid.json", lossesAndRates());
    const auto checked = call({"check", file, "--json"});
    QVERIFY2(checked.code == 0, checked.err.c_str());
    QVERIFY((json::parse(checked.out) == json{{"valid", true}, {"combinations", 6}, {"runs", 12}}));
    const auto run = call({"run", file, "--out", path("none")});
    QCOMPARE(run.code, 2);
    QVERIFY2(run.err.starts_with(file + ": sweep: stands for many runs"), run.err.c_str());
    const auto one = call({"sweep", write("plain.json", nullptr), "--out", path("none")});
    QCOMPARE(one.code, 2);
    QVERIFY2(one.err.find("sweep: is missing") != std::string::npos, one.err.c_str());
    QVERIFY(!fs::exists(path("none")));
  }

  void refusesBeforeTheFirstRun_data() {
    QTest::addColumn<QString>("fields");
    QTest::addColumn<QString>("named");
    const auto row = [](const char* fields, const char* named) {
      QTest::newRow(named) << fields << named;
    };
    row(R"({"optimizer.lr": [0.1, -1]})", "optimizer.lr: -1 is ");
    row(R"({"optimizer.lrr": [0.1]})", "optimizer.lrr: unknown parameter");
    row(R"({"tasks[0].loss.id": ["mse", "msee"]})", "tasks[0].loss.id: no loss \"msee\"");
    row(R"({"tasks[7].weight": [1]})", "tasks: there is no entry 7; it has 2");
    row(R"({"tasks[0].loss.id": ["mse", "cross_entropy"]})", "tasks[0].loss");  // of numbers
    row(R"({"balancer.gradient": ["pcgrad"]})", "balancer.gradient: expected an object");
    row(R"({"epochs": []})", "sweep.fields[\"epochs\"]: expected at least one value");
    row(R"({"model.hidden": [8]})", "model.hidden: ");
  }
  void refusesBeforeTheFirstRun() {
    QFETCH(QString, fields);
    QFETCH(QString, named);
    const auto file = write("refused.json", {{"fields", json::parse(fields.toStdString())}});
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"sweep", file, "--out", path("refused")}, {"check", file}}) {
      const auto answer = call(arguments);
      QCOMPARE(answer.code, 2);
      const auto text = QString::fromStdString(answer.err);
      QVERIFY2(text.startsWith(QString::fromStdString(file) + ": " + named), qPrintable(text));
      QCOMPARE(text.count('\n'), 1);
      QVERIFY(!fs::exists(path("refused")));
    }
  }

  void anotherFileIsRefusedByItsPath() {
    const json sweep{{"fields", {{"optimizer.lr", {0.1, 0.2}}}}};
    const auto out = path("same");
    QCOMPARE(answerOf({"sweep", write("same.json", sweep), "--out", out, "--quiet"}).code, 0);
    const auto refusal = [&](const json& changed, const json& more) {
      const auto answer = call({"sweep", write("same.json", changed, more), "--out", out});
      return answer.code == 2 ? QString::fromStdString(answer.err) : QString();
    };
    const auto place = QString::fromStdString(path("same.json")) + ": ";
    QVERIFY(refusal({{"fields", {{"optimizer.lr", {0.1, 0.3}}}}}, nullptr)
                .startsWith(place + "sweep.fields[\"optimizer.lr\"][1]: differs from " +
                            QString::fromStdString(out + "/sweep.json")));
    QVERIFY(refusal(sweep, {{"epochs", 4}}).startsWith(place + "epochs: differs"));
    QVERIFY(refusal(sweep, {{"data", {{"id", "two_valleys"}}}}).startsWith(place + "data"));
    auto seeded = sweep;
    seeded["seeds"] = 2;
    QVERIFY(refusal(seeded, nullptr).startsWith(place + "sweep.seeds: differs"));
    // The same, written otherwise, goes on.
    std::ofstream(path("same.json"), std::ios::app) << "\n\n";
    QVERIFY(shownSweep(out)["total"] == json(2));
  }

  void aFolderOfOtherRunsIsNoSweep() {
    const auto out = path("others");
    QCOMPARE(
        call({"run", write("plain.json", nullptr), "--out", out, "--quiet", "--steps", "1"}).code,
        0);
    const auto show = call({"sweep", "show", out});
    QCOMPARE(show.code, 2);
    QVERIFY2(show.err.find("is no sweep") != std::string::npos, show.err.c_str());
    QCOMPARE(call({"sweep", "show", path("nowhere")}).code, 2);
    const auto answer = call({"sweep", write("grid.json", lossesAndRates()), "--out", out});
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.find("holds runs of something else") != std::string::npos,
             answer.err.c_str());
  }

  /// The squares of one table's numbers overflow at every step.
  void aRunThatFailsIsKeptAndStopsNoOther() {
    for (const auto& [name, unit] : {std::pair{"one.csv", "1"}, {"huge.csv", "1e30"}})
      std::ofstream(path(name)) << [&] {
        std::string rows = "a,y\n";
        for (int i = 0; i < 40; ++i)
          rows +=
              std::to_string(i) + "," + std::to_string(i % 7) + std::string(unit).substr(1) + "\n";
        return rows;
      }();
    const auto file = write("failing.json", json::parse(R"({
      "fields": {"data.path": ["one.csv", "huge.csv"], "optimizer.lr": [0.01]}})"),
                            json::parse(R"({"data": {"id": "table", "path": "one.csv",
      "targets": [{"column": "y", "kind": "number"}]}})"));
    const auto out = path("failing");
    for (int again = 0; again < 2; ++again) {
      const auto answer = answerOf({"sweep", file, "--out", out, "--json"});
      QVERIFY2(answer.code == 1, answer.err.c_str());
      QVERIFY((json::parse(answer.out) ==
               json{{"sweep", out}, {"total", 2}, {"finished", 1}, {"failed", 1}}));
      const auto shown = shownSweep(out);
      QVERIFY(shown["state"] == "failed" && shown["failed"] == 1 && shown["finished"] == 1);
      QVERIFY(runState(shown, 1) == "failed");
      QVERIFY(!shown["runs"][1]["message"].get<std::string>().empty());
      QCOMPARE(eq::run::listRuns(out).size(), size_t{2});
    }
  }

  /// Such a run was taken for an interrupted one, and trained on.
  void aRunThatItsRuleStoppedIsDone() {
    const json rules = json::parse(R"([{"when": "step >= 5", "then": {"kind": "stop"}}])");
    const json sweep{{"fields", {{"optimizer.lr", {0.01}}}}, {"seeds", {1, 2}}};
    const auto file = write("ruled.json", sweep, json{{"rules", rules}});
    const auto out = path("ruled");
    const auto answer = answerOf({"sweep", file, "--out", out, "--workers", "1", "--json"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QVERIFY(json::parse(answer.out)["finished"] == 2);
    const auto shown = shownSweep(out);
    QVERIFY(shown["state"] == "finished" && shown["finished"] == 2);
    QVERIFY(shown["runs"][0]["state"] == "stopped");
    QCOMPARE(answerOf({"sweep", file, "--out", out, "--quiet"}).code, 0);
    for (const auto& run : shown["runs"])
      QCOMPARE(eq::run::RunReader(run["folder"].get<std::string>()).info().steps, std::int64_t{5});
  }

  void threadsAreTheExperimentsOrOne() {
    const json sweep{{"fields", {{"optimizer.lr", {0.1}}}}};
    const auto threadsOf = [&](const std::string& name, const json& more,
                               const std::vector<std::string>& options) {
      std::vector<std::string> arguments{"sweep", write(name + ".json", sweep, more), "--out",
                                         path(name), "--quiet"};
      arguments.insert(arguments.end(), options.begin(), options.end());
      if (answerOf(arguments).code != 0) return json();
      return eq::run::RunReader(eq::run::listRuns(path(name)).at(0).folder).experiment()["threads"];
    };
    QVERIFY(threadsOf("threads0", nullptr, {}) == json(1));
    QVERIFY(threadsOf("threads2", {{"threads", 2}}, {}) == json(2));
    QVERIFY(threadsOf("threads3", {{"threads", 2}}, {"--threads", "1"}) == json(1));
  }

  /// Forks of a run have its fields, and are not what the sweep made.
  void forksAreNoneOfItsRuns() {
    const auto out = path("forked");
    const auto file = write("forked.json", {{"fields", {{"optimizer.lr", {0.1}}}}});
    QCOMPARE(answerOf({"sweep", file, "--out", out, "--quiet"}).code, 0);
    const auto run = shownSweep(out)["runs"][0]["folder"].get<std::string>();
    QCOMPARE(call({"fork", run + "@0", "--out", out, "--steps", "2", "--quiet"}).code, 0);
    QCOMPARE(eq::run::listRuns(out).size(), size_t{2});
    QVERIFY(shownSweep(out)["runs"][0]["folder"] == run);
  }

  void fieldsOfPartsOfMethodsAreFoundAgain() {
    const auto file = write("parts.json", json::parse(R"({
      "fields": {"optimizer": [{"id": "sgd"}, {"id": "sgd", "lr": 0.2}],
                 "optimizer.momentum": [0, 0.5], "conflict": [{"every": 0}]}})"));
    const auto out = path("parts");
    for (int again = 0; again < 2; ++again) {
      const auto answer = answerOf({"sweep", file, "--out", out, "--quiet"});
      QVERIFY2(answer.code == 0, answer.err.c_str());
      QCOMPARE(eq::run::listRuns(out).size(), size_t{4});
      QVERIFY(shownSweep(out)["finished"] == json(4));
    }
  }

  void theTasksOfTheDataCanBeSetOnTheCommandLine() {
    const auto plain = write("plain.json", nullptr);
    const auto answer = call({"run", plain, "--out", path("set"), "--quiet", "--json", "--steps",
                              "1", "--set", "tasks[1].loss.id=l1"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const eq::run::RunReader run(json::parse(answer.out)["run"].get<std::string>());
    QVERIFY(run.experiment()["tasks"][1]["loss"]["id"] == "l1");
    QCOMPARE(call({"check", plain, "--set", "tasks[1].loss.id=l1"}).code, 0);
  }
};

EQUIPOISE_TEST(TestSweep)
#include "tst_sweep.moc"

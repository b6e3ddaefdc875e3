#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QTest>

#include "app/cli/cli_support.h"
#include "app/cli/drive.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/train/experiment.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using nlohmann::json;

namespace {

std::vector<std::vector<std::string>> cellsOf(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    auto& row = rows.emplace_back();
    std::istringstream cells(line + ",");
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
  }
  return rows;
}

/// Of a terminal that went away.
class BrokenBuffer : public std::streambuf {
  int_type overflow(int_type) override { throw std::runtime_error("the pipe broke"); }
};

}  // namespace

/// run, resume, show and export, as a script uses them.
class TestRunCommands : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  std::string experiment_;
  std::string run_;

  std::string path(const char* name) const { return folder_.filePath(name).toStdString(); }

  std::string train(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"run",        experiment_, "--out",
                                       path("runs"), "--json",    "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto answer = call(arguments);
    if (answer.code != 0) qFatal("%s", answer.err.c_str());
    return json::parse(answer.out).at("run");
  }

  std::string trainWine() const {
    const auto file = path("wine.json");
    const json targets{{{"column", "cultivar"}, {"kind", "class"}}};
    const json data{{"id", "table"},
                    {"path", eq::test::inSource("samples/data/wine.csv")},
                    {"targets", targets}};
    std::ofstream(file)
        << json{{"name", "wine"},   {"data", data}, {"model", {{"id", "mlp"}, {"hidden", {8}}}},
                {"batch_size", 64}, {"epochs", 1},  {"threads", 1}}
               .dump();
    const auto answer = call({"run", file, "--out", path("runs"), "--json", "--quiet"});
    if (answer.code != 0) qFatal("%s", answer.err.c_str());
    return json::parse(answer.out).at("run");
  }

  static json series(const std::string& run) {
    auto rows = json::parse(call({"export", run, "--series", "json"}).out);
    for (auto& row : rows) row.erase("seconds");
    return rows;
  }

 private Q_SLOTS:
  void initTestCase() {
    experiment_ = path("experiment.json");
    std::ofstream(experiment_) << R"({
      "name": "x", "data": {"id": "scale_imbalance", "scales": [1, 3], "inputs": 5, "outputs": 2,
                            "train": 64, "validation": 16, "test": 16},
      "model": {"id": "mlp", "hidden": [8]}, "batch_size": 16, "epochs": 3, "threads": 1,
      "conflict": {"every": 5}, "checkpoint_every": 4})";
    std::ofstream(path("commands.json")) << R"([
      {"step": 2, "command": {"kind": "set_weight", "task": 1, "value": 0.5}},
      {"step": 6, "command": {"kind": "set_loss", "task": 0, "method": {"id": "l1"}}},
      {"step": 6, "command": {"kind": "note", "text": "look here"}}])";
    run_ = train({"--commands", path("commands.json")});
  }

  /// Nobody was told of values replaced and columns left out.
  void tellsWhatTheDataReaderRemarked() {
    std::ofstream(path("gaps.csv")) << "a,y\n1,2\n,3\n3,4\n4,5\n5,6\n6,7\n";
    const json targets{{{"column", "y"}, {"kind", "number"}}};
    const json data{{"id", "table"}, {"path", "gaps.csv"}, {"targets", targets}, {"test", 0}};
    std::ofstream(path("gaps.json")) << json{{"name", "gaps"},
                                             {"data", data},
                                             {"model", {{"id", "mlp"}, {"hidden", {4}}}},
                                             {"epochs", 1},
                                             {"threads", 1}};
    const std::string remark = "gaps.csv:3: column \"a\": 1 missing value replaced by the ";
    const auto file = path("gaps.json");
    for (const auto& arguments :
         std::vector<std::vector<std::string>>{{"check", file},
                                               {"check", file, "--json"},
                                               {"run", file, "--out", path("gaps")},
                                               {"run", file, "--out", path("gaps"), "--json"},
                                               {"run", file, "--out", path("gaps"), "--quiet"}}) {
      const auto answer = call(arguments);
      QVERIFY2(answer.code == 0, answer.err.c_str());
      const auto place = answer.err.find(remark);
      QVERIFY2(place != std::string::npos, answer.err.c_str());
      QVERIFY2(answer.err.find(remark, place + 1) == std::string::npos, answer.err.c_str());
      QVERIFY(answer.out.find(remark) == std::string::npos);
    }
  }

  /// What the reader took for granted was shown by `check` and forgotten by the run.
  void theGuessesOnATableAreRecordedAndShown() {
    const auto run = trainWine();
    const auto shown = call({"show", run});
    QVERIFY2(
        shown.out.find("wine.csv: 178 rows; separator comma (14 fields in each of the first") !=
            std::string::npos,
        shown.out.c_str());
    QVERIFY(shown.out.find("  alcohol: number, input; 178 for, 0 against") != std::string::npos);
    const auto events = json::parse(call({"show", run, "--json"}).out).at("events");
    const auto event = std::find_if(events.begin(), events.end(),
                                    [](const json& one) { return one.at("kind") == "table"; });
    QVERIFY(event != events.end());
    const auto& table = event->at("detail").at("table");
    QCOMPARE(table.at("rows").get<int>(), 178);
    QVERIFY((table.at("separator").at("value") == "comma"));
    QCOMPARE(table.at("columns").size(), size_t{14});
  }

  /// The run went on to the command, and ended there; a resumed one did so for longer.
  void checksCommandsBeforeTheStart() {
    std::ofstream(path("bad.json")) << R"([
      {"step": 2, "command": {"kind": "set_weight", "task": 1, "value": 0.5}},
      {"step": 6, "command": {"kind": "set_weight", "task": 9, "value": 0.5}}])";
    const std::string message = path("bad.json") + "[1].command: tasks[9]: there is no such task";
    const auto refused =
        call({"run", experiment_, "--out", path("none"), "--commands", path("bad.json")});
    QCOMPARE(refused.code, 2);
    QVERIFY2(refused.err.starts_with(message), refused.err.c_str());
    QVERIFY(!QFile::exists(folder_.filePath("none")));
    const auto part = train({"--steps", "5"});
    const auto later = call({"resume", part, "--quiet", "--commands", path("bad.json")});
    QCOMPARE(later.code, 2);
    QVERIFY2(later.err.starts_with(message), later.err.c_str());
    const auto shown = json::parse(call({"show", part, "--json"}).out);
    QVERIFY(shown.at("state") == "stopped" && shown.at("steps") == 5);
    QVERIFY(shown.at("events").back().at("kind") == "checkpoint");  // of the stop before
  }

  /// It counted as died.
  void anyExceptionMarksTheRunAsFailed() {
    eq::train::useThreads(1);
    const auto runner =
        eq::run::Runner::start(eq::train::readExperiment(experiment_), path("broken"));
    std::istringstream in;
    std::ostringstream out;
    BrokenBuffer broken;
    std::ostream err(&broken);
    err.exceptions(std::ios::badbit);
    eq::cli::Context context{in, out, err};
    QVERIFY_EXCEPTION_THROWN(eq::cli::drive(*runner, {}, context), std::runtime_error);
    const auto info = eq::run::RunReader(runner->folder()).info();
    QCOMPARE(info.state, eq::run::RunState::failed);
    QCOMPARE(info.message, std::string("the pipe broke"));
  }

  /// Runs of losses nested deep could not read their own checkpoints.
  void nestedLossesAreRefusedOrResumed() {
    const auto sums = [](int depth) {  // 3 brackets each
      json term{{"id", "mse"}, {"params", json::object()}};
      for (int i = 0; i < depth; ++i)
        term = {{"id", "sum"}, {"params", {{"terms", json::array({term, {{"id", "l1"}}})}}}};
      return term;
    };
    const auto train = [&](int inFile, const std::vector<std::string>& more) {
      json experiment = json::parse(std::ifstream(experiment_));
      experiment["tasks"] =
          json::array({{{"name", "y1"},
                        {"loss", {{"id", "sum"}, {"terms", {sums(inFile - 1), {{"id", "l1"}}}}}}}});
      std::ofstream(path("nested.json")) << experiment;
      std::vector<std::string> arguments{"run", path("nested.json"), "--quiet", "--out",
                                         path("nested")};
      arguments.insert(arguments.end(), more.begin(), more.end());
      return call(arguments);
    };
    const auto tooDeep = train(21, {});
    QCOMPARE(tooDeep.code, 2);
    QVERIFY2(tooDeep.err.find("nested.json:1:") != std::string::npos &&
                 tooDeep.err.find("more than 64 brackets") != std::string::npos,
             tooDeep.err.c_str());
    const auto set = train(20, {"--set", "tasks[0].loss.terms[1]=" + sums(20).dump()});
    QCOMPARE(set.code, 2);
    QVERIFY2(set.err.starts_with("experiment: more than 64 brackets"), set.err.c_str());
    QVERIFY(!QFile::exists(folder_.filePath("nested")));
    auto answer = train(20, {"--steps", "2"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    answer.out.pop_back();
    const auto resumed = call({"resume", answer.out, "--quiet"});
    QVERIFY2(resumed.code == 0, resumed.err.c_str());
  }

  void showsARun() {
    const auto shown = json::parse(call({"show", run_, "--json"}).out);
    QVERIFY(shown.at("steps") == 12 && shown.at("state") == "finished");
    for (const char* values : {"final", "best"})
      for (const char* split : {"train", "validation", "test"})
        QVERIFY(shown.at(values).at("y1").at(split).at("loss").is_number());
    // The lowest of all evaluations.
    double best = HUGE_VAL;
    for (const auto& row : series(run_))
      best = std::min(best, row.value("validation.y2.loss", best));
    QCOMPARE(shown.at("best").at("y2").at("validation").at("loss").get<double>(), best);
    std::vector<int> steps;
    for (const auto& checkpoint : shown.at("checkpoints")) {
      steps.push_back(checkpoint.at("step"));
      QVERIFY(QFile::exists(QString::fromStdString(checkpoint.at("path"))));
    }
    QCOMPARE(steps, (std::vector<int>{0, 4, 8, 12}));
    QCOMPARE(std::count_if(shown.at("events").begin(), shown.at("events").end(),
                           [](const json& event) { return event.at("kind") == "command"; }),
             2);
    QVERIFY(call({"show", run_}).out.find("finished, 12 of 12 steps") != std::string::npos);
  }

  void exportsTheSameInBothForms() {
    const auto rows = cellsOf(call({"export", run_, "--series", "csv"}).out);
    const auto list = json::parse(call({"export", run_, "--series", "json"}).out);
    QCOMPARE(rows.size(), size_t{14});  // header, step 0, 12 steps
    QCOMPARE(list.size(), size_t{13});
    const auto& header = rows.front();
    QCOMPARE(header.front(), std::string("step"));
    for (const char* column :
         {"loss.y1", "weight.y2", "norm.y1", "cosine.y1.y2", "validation.y1.loss", "test.y2.loss"})
      QVERIFY2(std::count(header.begin(), header.end(), column) == 1, column);
    for (size_t i = 0; i < list.size(); ++i) {
      QCOMPARE(rows[i + 1].size(), header.size());
      for (size_t j = 0; j < header.size(); ++j) {
        const auto& cell = rows[i + 1][j];
        QCOMPARE(list[i].contains(header[j]), !cell.empty());
        if (!cell.empty() && list[i][header[j]].is_number())
          QCOMPARE(std::stod(cell), list[i][header[j]].get<double>());
      }
    }
  }

  void exportsClassReportsAsJson() {
    const auto run = trainWine();
    const auto last = json::parse(call({"export", run, "--series", "json"}).out).back();
    double right = 0, all = 0, binned = 0;
    const auto confusion =
        last.at("test.cultivar.confusion").get<std::vector<std::vector<double>>>();
    for (size_t target = 0; target < confusion.size(); ++target) {
      right += confusion[target].at(target);
      for (const double count : confusion[target]) all += count;
    }
    QCOMPARE(confusion.size(), size_t{3});
    QCOMPARE(right / all, last.at("test.cultivar.accuracy").get<double>());
    const auto& bins = last.at("test.cultivar.reliability");
    for (size_t b = 0; b < 15; ++b) {
      const double count = bins.at("count").at(b);
      QCOMPARE(bins.at("accuracy").at(b).is_null(), count == 0);
      QCOMPARE(bins.at("confidence").at(b).is_null(), count == 0);
      binned += count;
    }
    QCOMPARE(binned, all);
    const auto csv = call({"export", run, "--series", "csv"}).out;
    QVERIFY(csv.find("confusion") == std::string::npos);
  }

  void showsIntervalsBesideTheFinalValues() {
    const auto shown = json::parse(call({"show", trainWine(), "--json"}).out);
    for (const char* split : {"validation", "test"}) {
      const auto& interval = shown.at("intervals").at("cultivar").at(split).at("accuracy");
      const double value = shown.at("final").at("cultivar").at(split).at("accuracy");
      QVERIFY(interval.at("low").get<double>() <= value);
      QVERIFY(interval.at("high").get<double>() >= value);
      QVERIFY(interval.at("resamples") == 200 && interval.at("confidence") == 0.95);
    }
    QVERIFY(!shown.at("intervals").at("cultivar").contains("train"));
  }

  void replaysItsCommands() {
    QCOMPARE(call({"export", run_, "--commands", "--to", path("replay.json")}).code, 0);
    QVERIFY(series(train({"--commands", path("replay.json")})) == series(run_));
    QVERIFY(series(train({})) != series(run_));
  }

  /// A wrong step or key made a command that never took effect, without a word.
  void commandsThatCannotTakeEffectAreRefused() {
    const auto refusal = [&](const std::string& entry) {
      std::ofstream(path("wrong.json")) << "[" << entry << "]";
      const auto answer = call(
          {"run", experiment_, "--out", path("runs"), "--commands", path("wrong.json"), "--quiet"});
      return answer.code == 2 ? answer.err.substr(path("wrong.json").size()) : answer.err;
    };
    const std::string note = R"("command": {"kind": "note", "text": "x"}})";
    QCOMPARE(refusal(R"({"step": -5, )" + note),
             std::string("[0].step: updates are counted from 0, found -5\n"));
    QCOMPARE(refusal(R"({"step": 5, "repeat": 2, )" + note),
             std::string("[0].repeat: unknown key; there are step and command\n"));
  }

  void saysWhichCommandsWereNotApplied() {
    std::ofstream(path("late.json")) << R"([
      {"step": 2, "command": {"kind": "note", "text": "in time"}},
      {"step": 900, "command": {"kind": "note", "text": "late"}},
      {"step": 901, "command": {"kind": "note", "text": "later"}}])";
    const auto answer = call(
        {"run", experiment_, "--out", path("late"), "--commands", path("late.json"), "--quiet"});
    const std::string said = path("late.json") +
                             "[1].command (step 900) and 1 more: not applied, as training ended at "
                             "step 12";
    QCOMPARE(answer.code, 0);
    QCOMPARE(answer.err, said + "\n");
    const auto folder = answer.out.substr(0, answer.out.find('\n'));
    const auto events = eq::run::RunReader(folder).events();
    QCOMPARE(std::count_if(events.begin(), events.end(),
                           [&](const auto& event) { return event.text == said; }),
             std::ptrdiff_t{1});
  }

  void resumesToTheSameEnd() {
    const auto part = train({"--commands", path("commands.json"), "--steps", "7"});
    QVERIFY(json::parse(call({"show", part, "--json"}).out).at("state") == "stopped");
    QCOMPARE(call({"resume", part, "--quiet"}).code, 0);
    const auto whole = series(run_);
    auto resumed = series(part);
    QCOMPARE(resumed.size(), whole.size());
    for (size_t i = 0; i < whole.size(); ++i)
      for (const auto& [key, value] : whole[i].items()) QVERIFY(resumed[i].at(key) == value);
  }

  void exportsACheckpoint() {
    const auto file = path("step8.safetensors");
    QCOMPARE(call({"export", run_, "--checkpoint", "8", "--to", file}).code, 0);
    QVERIFY(QFileInfo(QString::fromStdString(file)).size() > 1000);
  }

  void refusesMistakes_data() {
    QTest::addColumn<QString>("arguments");
    QTest::addColumn<QString>("message");
    QTest::newRow("no run") << "show /nowhere"
                            << "there is no such run folder";
    QTest::newRow("not a run") << "show /tmp"
                               << "is not a run folder";
    QTest::newRow("nothing asked") << "export RUN"
                                   << "1 option";
    QTest::newRow("two asked") << "export RUN --series csv --commands"
                               << "1 option";
    QTest::newRow("unknown form") << "export RUN --series xml"
                                  << "xml";
    QTest::newRow("no such checkpoint") << "export RUN --checkpoint 5 --to x"
                                        << "there are: 0, 4, 8, 12";
    QTest::newRow("no target") << "export RUN --checkpoint 4"
                               << "--to FILE";
    QTest::newRow("plot without target") << "export RUN --plot losses"
                                         << "--to FILE";
    QTest::newRow("plot without window") << "export RUN --plot losses --to x.pdf"
                                         << "figures need the GUI build";
    // Numbers beyond the type's largest were taken for the largest.
    QTest::newRow("too large a seed") << "run FILE --seed 99999999999999999999"
                                      << "seed: expected an integer, found 1e+20";
    QTest::newRow("too many steps") << "run FILE --steps 99999999999999999999"
                                    << "--steps: expected an integer from 1 to";
    QTest::newRow("no steps") << "resume RUN --steps 0"
                              << "--steps: expected an integer from 1 to";
    QTest::newRow("no such device") << "run FILE --device abacus"
                                    << "device: abacus is not there";
    QTest::newRow("target in no folder") << "export RUN --series csv --to /nowhere/x"
                                         << "/nowhere/x: cannot be written";
  }

  void refusesTextThatIsNotUtf8() {
    for (const char* option : {"--set", "--device", "--seed"}) {
      const auto value = option == std::string("--set") ? "name=\xff" : "\xff";
      const auto answer = call({"run", experiment_, "--out", path("none"), option, value});
      QCOMPARE(answer.code, 2);
      QVERIFY2(answer.err.starts_with(option + std::string(": expected text in UTF-8")),
               answer.err.c_str());
    }
  }

  void refusesMistakes() {
    QFETCH(QString, arguments);
    QFETCH(QString, message);
    std::vector<std::string> list;
    for (const auto& argument : arguments.split(' '))
      list.push_back(argument == "RUN"    ? run_
                     : argument == "FILE" ? experiment_
                                          : argument.toStdString());
    const auto answer = call(list);
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.find(message.toStdString()) != std::string::npos, answer.err.c_str());
    QCOMPARE(std::count(answer.err.begin(), answer.err.end(), '\n'), 1);
    QCOMPARE(answer.out, std::string());
  }
};

EQUIPOISE_TEST(TestRunCommands)
#include "tst_run_commands.moc"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include <QFloat16>  // that QCOMPARE of JSON must know
#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/cli_support.h"
#include "tests/registry.h"

using nlohmann::json;

class TestPredictionsCommand : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  std::string run_;

  std::string path(const std::string& name) const {
    return folder_.filePath(QString::fromStdString(name)).toStdString();
  }

  Answer predictions(std::vector<std::string> more) const {
    more.insert(more.begin(), {"predictions", run_});
    return call(more);
  }

  json asJson(std::vector<std::string> more) const {
    more.push_back("--json");
    const auto answer = predictions(more);
    if (answer.code != 0) qFatal("%s", answer.err.c_str());
    return json::parse(answer.out);
  }

 private Q_SLOTS:
  void initTestCase() {
    json experiment = json::parse(R"({
      "name": "wine",
      "tasks": [{"name": "cultivar"}, {"name": "alcohol", "metrics": [{"id": "mae"}]}],
      "model": {"id": "mlp", "hidden": [8]}, "optimizer": {"id": "adam", "lr": 0.01},
      "batch_size": 16, "epochs": 6, "checkpoint_every": 20, "threads": 1})");
    experiment["data"] = {{"id", "table"},
                          {"path", eq::test::inSource("samples/data/wine.csv")},
                          {"targets",
                           {{{"column", "cultivar"}, {"kind", "class"}},
                            {{"column", "alcohol"}, {"kind", "number"}}}}};
    std::ofstream(path("wine.json")) << experiment.dump();
    const auto answer =
        call({"run", path("wine.json"), "--out", path("runs"), "--json", "--quiet"});
    if (answer.code != 0) qFatal("%s", answer.err.c_str());
    run_ = json::parse(answer.out).at("run");
  }

  /// What `show` says of the run is what its list of predictions adds up to.
  void accuracyIsWhatShowSays() {
    const auto shown = json::parse(call({"show", run_, "--json"}).out);
    for (const std::string split : {"validation", "test"}) {
      const auto found = asJson({"--split", split, "--worst", "1000"});
      const double recorded = shown.at("final").at("cultivar").at(split).at("accuracy");
      QCOMPARE(found.at("accuracy").get<double>(), recorded);
      const auto& rows = found.at("rows");
      double right = 0, last = INFINITY;
      for (const auto& row : rows) {
        right += row.at("right").get<bool>() ? 1 : 0;
        QVERIFY(row.at("error").get<double>() <= last);
        last = row.at("error").get<double>();
        double sum = 0;
        for (const auto& one : row.at("output")) sum += one.get<double>();
        QVERIFY(std::abs(sum - 1) < 1e-12);
      }
      QCOMPARE(right / static_cast<double>(rows.size()), recorded);
    }
  }

  void filtersAndPlaces() {
    const auto all = asJson({"--split", "train", "--worst", "1000"});
    const auto wrong = asJson({"--split", "train", "--wrong", "--worst", "1000"});
    const auto count = all.at("examples").get<std::int64_t>();
    QCOMPARE(static_cast<std::int64_t>(all.at("rows").size()), count);
    QCOMPARE(wrong.at("matching").get<std::int64_t>(), count - all.at("right").get<std::int64_t>());
    const auto confused = asJson({"--split", "train", "--class", "1", "--worst", "1000"});
    for (const auto& row : confused.at("rows")) QCOMPARE(row.at("target_class").get<int>(), 1);
    QVERIFY(!confused.at("rows").empty());
    const auto third = asJson({"--split", "train", "--from", "2", "--worst", "1"});
    for (const char* key : {"example", "error", "target"})
      QVERIFY(third.at("rows").at(0).at(key) == all.at("rows").at(2).at(key));
  }

  void aCheckpointIsNamed() {
    run_ += "@20";
    QCOMPARE(asJson({}).at("step").get<int>(), 20);
    run_.resize(run_.size() - 3);
    QVERIFY(asJson({}).at("step").get<int>() > 20);
  }

  void aFileHoldsAllInTheirUnit() {
    const auto file = path("list.csv");
    const auto answer = predictions({"--task", "alcohol", "--split", "test", "--to", file});
    QCOMPARE(answer.code, 0);
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    QCOMPARE(line, std::string("example,confidence,loss,right,target,prediction"));
    std::int64_t lines = 0;
    while (std::getline(stream, line)) ++lines;
    QCOMPARE(lines, asJson({"--task", "alcohol", "--split", "test"}).at("examples"));
  }

  void textSaysWhatPeopleAsk() {
    const auto answer = predictions({"--worst", "2"});
    QCOMPARE(answer.code, 0);
    QVERIFY(answer.out.find("cultivar, validation split, step") != std::string::npos);
    QVERIFY(answer.out.find("worst first by loss") != std::string::npos);
    QCOMPARE(std::count(answer.out.begin(), answer.out.end(), '\n'), std::ptrdiff_t{4});
  }

  void mistakesAreNamed_data() {
    QTest::addColumn<QString>("arguments");
    QTest::addColumn<QString>("message");
    const auto add = [](const char* arguments, const char* message) {
      QTest::newRow(arguments) << arguments << message;
    };
    add("--task x", "has no task \"x\"; it has cultivar, alcohol");
    add("--class 9", "--class: the task cultivar has no class \"9\"");
    add("--task alcohol --class 1", "has no classes");
    add("--task alcohol --wrong", "not right or wrong");
    add("--split all", "--split");
    add("--worst 0", "--worst");
  }

  void mistakesAreNamed() {
    QFETCH(QString, arguments);
    QFETCH(QString, message);
    std::vector<std::string> more;
    for (const auto& one : arguments.split(' ')) more.push_back(one.toStdString());
    const auto answer = predictions(more);
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.find(message.toStdString()) != std::string::npos, answer.err.c_str());
  }
};

EQUIPOISE_TEST(TestPredictionsCommand)
#include "tst_predictions_command.moc"

#include <nlohmann/json.hpp>

#include <QFloat16>  // that QCOMPARE of JSON must know
#include <QTest>

#include "app/cli/cli_support.h"
#include "tests/registry.h"

using nlohmann::json;

namespace {

Answer pareto(const std::vector<std::string>& arguments, const std::string& input) {
  std::vector<std::string> all{"pareto"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  all.insert(all.end(), {"--input", "-"});
  return call(all, input);
}

}  // namespace

/// `equipoise-cli pareto` as a script uses it; the numbers are tested in tests/core/metric/pareto.
class TestParetoCommand : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void printsEveryFieldOfTheSheet() {
    const auto answer = pareto({}, R"({"points": [[1, 5], [2, 3], [4, 1]], "reference": [6, 6]})");
    QCOMPARE(answer.code, 0);
    QCOMPARE(answer.err, std::string());
    const auto found = json::parse(answer.out);
    for (const char* field : {"points",
                              "rank",
                              "crowding",
                              "non_dominated",
                              "excluded",
                              "ideal",
                              "nadir",
                              "reference",
                              "hypervolume",
                              "standard_error",
                              "contributions",
                              "igd",
                              "gd",
                              "igd_plus",
                              "gd_plus",
                              "epsilon",
                              "epsilon_multiplicative",
                              "knee",
                              "knee_distance",
                              "trade_off",
                              "bend",
                              "attainment",
                              "auc",
                              "front"})
      QVERIFY2(found.contains(field), field);
    QCOMPARE(found.size(), size_t{24});
    QCOMPARE(found["hypervolume"], json(17.0));
    QCOMPARE(found["crowding"], (json{"inf", 2.0, "inf"}));
  }

  void takesParametersAndASeed() {
    const std::string input = R"({"points": [[1, 5], [2, 3], [4, 1]]})";
    const std::string params = R"({"hypervolume": "monte_carlo", "samples": 1000})";
    const auto one = pareto({"--params", params, "--seed", "7"}, input);
    QCOMPARE(one.code, 0);
    QCOMPARE(pareto({"--params", params, "--seed", "7"}, input).out, one.out);
    QVERIFY(pareto({"--params", params, "--seed", "8"}, input).out != one.out);
  }

  void computesTheSmallCalculations() {
    const auto lattice = pareto({"lattice", "--params", R"({"tasks": 2, "divisions": 2})"}, "{}");
    QCOMPARE(lattice.out, std::string("{\"weights\":[[1.0,0.0],[0.5,0.5],[0.0,1.0]]}\n"));
    const auto rays = pareto({"rays", "--params", R"({"count": 2})"}, "{}");
    QCOMPARE(json::parse(rays.out)["weights"].size(), size_t{2});
  }

  void followsAPreferenceExactly() {
    const auto answer =
        call({"balance", "epo", "--input", "-", "--params", R"({"preference": [0.5, 0.5]})"},
             R"({"steps": [{"jacobian": [[-4, 1, 1], [6, 1, 1]], "losses": [2, 0.5]}]})");
    QCOMPARE(answer.code, 0);
    QCOMPARE(json::parse(answer.out)["steps"][0]["weights"], (json{1.0, 0.0}));
    const auto without = call({"balance", "epo", "--input", "-"},
                              R"({"steps": [{"jacobian": [[-4, 1, 1], [6, 1, 1]]}]})");
    QCOMPARE(without.code, 2);
    QCOMPARE(without.err, std::string("steps[0]: epo needs \"losses\"\n"));
  }

  void numbersBeyondADoubleAreRemarked() {
    const auto found = json::parse(pareto({}, R"({"points": [[1e300, 1e200], [2e300, 0]]})").out);
    QCOMPARE(found["hypervolume"], json());
    QVERIFY(found["remarks"][0].get<std::string>().find("is inf") != std::string::npos);
  }

  void misspeltFieldsAreTold() {
    const auto answer = pareto({}, R"({"points": [[1, 2]], "maximize": [1, 0]})");
    QCOMPARE(answer.code, 0);
    QVERIFY(answer.err.find("pareto.maximize: no method reads such a field") != std::string::npos);
  }

  void refusesInOneLine_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("input");
    QTest::addColumn<QString>("message");
    const auto add = [](const QStringList& arguments, const char* input, const char* message) {
      QTest::newRow(message) << arguments << QString(input) << QString(message);
    };
    add({}, "{}", "points: is required and missing; give \"points\" or a \"problem\"");
    add({}, "[[1, 2]]", "input: expected an object with");
    add({}, R"({"points": [[1, 2], [3]]})", "points[1]: expected 2 numbers");
    add({}, R"({"points": [[1, nan]]})", "standard input:1:17: not JSON");
    add({}, R"({"points": [[NaN, 1]], "front": [[1, NaN]]})", "front[0]");
    add({"--params", "{\"knee\": \"x\"}"}, R"({"points": [[1, 2]]})",
        "pareto.knee: expected one of distance, trade_off, bend, found \"x\"");
    add({"--params", "[1"}, R"({"points": [[1, 2]]})", "--params:1:");
    add({"--seed", "-1"}, R"({"points": [[1, 2]]})", "--seed");
    add({"latice"}, "{}", "no calculation of pareto \"latice\"; did you mean \"lattice\"?");
    add({"cosmos"}, "3", "cosmos: expected an object with the input fields, found number");
    add({"cosmos"}, R"({"preference": [1], "losses": [1, 2]})",
        "cosmos.losses: expected 1 numbers");
  }
  void refusesInOneLine() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, input);
    QFETCH(QString, message);
    std::vector<std::string> list;
    for (const auto& argument : arguments) list.push_back(argument.toStdString());
    const auto answer = pareto(list, input.toStdString());
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.starts_with(message.toStdString()), answer.err.c_str());
    QCOMPARE(std::count(answer.err.begin(), answer.err.end(), '\n'), 1);
    QCOMPARE(answer.out, std::string());
  }

  void listsCalculationsAndProblems() {
    QCOMPARE(json::parse(call({"list", "pareto", "--json"}).out).size(), size_t{8});
    QCOMPARE(json::parse(call({"list", "problems", "--json"}).out).size(), size_t{7});
  }
};

EQUIPOISE_TEST(TestParetoCommand)
#include "tst_pareto_command.moc"

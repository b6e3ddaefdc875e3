#include <cmath>
#include <set>

#include <fmt/format.h>

#include <QTest>

#include "core/base/error.h"
#include "core/study/sweep/combinations.h"
#include "core/study/sweep/sobol.h"
#include "core/study/sweep/sweep_remarks.h"
#include "tests/registry.h"

using eq::study::Combination;
using eq::study::combinationsOf;
using eq::study::sweepFromJson;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

std::vector<Combination> of(const char* text, const json& base = json::object()) {
  return combinationsOf(sweepFromJson(ordered_json::parse(text)), base);
}

std::vector<json> fieldsOf(const std::vector<Combination>& combinations) {
  std::vector<json> fields;
  for (const auto& one : combinations) fields.push_back(one.fields);
  return fields;
}

QString refusal(const QString& text) {
  try {
    of(text.toUtf8());
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

}  // namespace

/// What the key "sweep" of a file stands for.
class TestCombinations : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aGridHasAllOfThem() {
    const auto all = fieldsOf(of(R"({"fields": {"b": [1, 2], "a": ["x", null, {"id": "y"}]}})"));
    QCOMPARE(all.size(), size_t{6});
    QCOMPARE((std::set<json>(all.begin(), all.end()).size()), size_t{6});
    QVERIFY((all[0] == json{{"a", "x"}, {"b", 1}}));
    QVERIFY((all[5] == json{{"a", {{"id", "y"}}}, {"b", 2}}));
  }

  /// The sheet's example: losses [ce, focal] with gamma [1, 2] where focal are 3.
  void whatDoesNotCountMakesNoCombinations() {
    const auto all = of(R"({"fields": {"loss": ["ce", "focal"], "gamma": [1, 2]},
                            "when": {"gamma": {"loss": ["focal"]}}})");
    QCOMPARE(all.size(), size_t{3});
    QVERIFY((all[0].fields == json{{"loss", "ce"}, {"gamma", nullptr}}));
    QCOMPARE(all[0].settings.size(), size_t{1});
    QVERIFY((all[2].fields == json{{"loss", "focal"}, {"gamma", 2}}));
  }

  void aConditionOnWhatDoesNotCountFails() {
    const auto all = of(R"({"fields": {"a": [1, 2], "b": [3, 4], "c": [5, 6]},
                            "when": {"b": {"a": [2]}, "c": {"b": [4]}}})");
    // a 1; a 2 with b 3; a 2 with b 4 and either c
    QCOMPARE(all.size(), size_t{4});
  }

  void allConditionsOfAFieldMustHold() {
    const auto all = of(R"({"fields": {"a": [1, 2], "b": [3, 4], "c": [5, 6]},
                            "when": {"c": {"a": [2], "b": [4]}}})");
    QCOMPARE(all.size(), size_t{5});
  }

  void conditionsReadWholeMethodsAndTheExperiment() {
    const auto inMethod = of(R"({"fields": {"g": [null, {"id": "cagrad"}], "g.c": [0.1, 0.2]},
                                 "when": {"g.c": {"g.id": ["cagrad"]}}})");
    QCOMPARE(inMethod.size(), size_t{3});
    const char* text = R"({"fields": {"x": [1, 2]}, "when": {"x": {"m.id": ["a"]}}})";
    QCOMPARE(of(text, {{"m", {{"id", "a"}}}}).size(), size_t{2});
    QCOMPARE(of(text, {{"m", {{"id", "b"}}}}).size(), size_t{1});
  }

  void equalCombinationsRunOnce() {
    QCOMPARE(of(R"({"fields": {"a": [1, 1.0, 2]}})").size(), size_t{2});
    QCOMPARE(of(R"({"fields": {"balancer.gradient": [null, {"id": ""}]}})").size(), size_t{1});
    QCOMPARE(of(R"({"fields": {"a": [null, ""]}})").size(), size_t{2});
    QCOMPARE(of(R"({"fields": {"balancer.gradient.id": [null, ""]}})").size(), size_t{1});
  }

  /// A default that is written out changes nothing.
  void combinationsThatDifferInDefaultsRunOnce() {
    const auto count = [](const char* path, const char* values) {
      const json fields{{path, json::parse(values)}};
      return of(json{{"fields", fields}}.dump().c_str()).size();
    };
    const char* losses =
        R"([{"id": "focal"}, {"id": "focal", "gamma": 2}, {"id": "focal", "gamma": 1}])";
    QCOMPARE(count("tasks[0].loss", losses), size_t{2});
    QCOMPARE(count("tasks[11].loss", losses), size_t{2});
    QCOMPARE(count("balancer.weighting", R"([null, {"id": "equal"}, {"id": "uncertainty"}])"),
             size_t{2});
    QCOMPARE(count("optimizer", R"([{"id": "adam"}, {"id": "adam", "lr": 0.001}])"), size_t{1});
    QCOMPARE(count("keep", R"([{}, {"every": 0}, {"every": 5}])"), size_t{2});
    QCOMPARE(count("tasks[x].loss", losses), size_t{3});  // no path: refused elsewhere
  }

  void rangesOfAGridHaveBothEnds() {
    const auto values = [](const char* range) {
      std::vector<json> found;
      for (const auto& one : of(QByteArray(R"({"fields": {"a": )") + range + "}}"))
        found.push_back(one.fields["a"]);
      return found;
    };
    QVERIFY((values(R"({"low": 1, "high": 2, "count": 3})") == std::vector<json>{1.0, 1.5, 2.0}));
    const auto rates = values(R"({"low": 1e-4, "high": 1e-1, "scale": "log", "count": 4})");
    QCOMPARE(rates.size(), size_t{4});
    QVERIFY(rates.front() == 1e-4 && rates.back() == 1e-1);
    QCOMPARE(rates[1].get<double>(), 1e-3);  // as a person writes them
    QVERIFY(rates[1] == 1e-3 && rates[2] == 1e-2);
    QVERIFY(
        (values(R"({"low": 0.1, "high": 0.3, "count": 3})") == std::vector<json>{0.1, 0.2, 0.3}));
    QVERIFY(values(R"({"low": 1, "high": 8, "scale": "log", "count": 3})")[1] == std::sqrt(8.0));
    QVERIFY((values(R"({"low": 1, "high": 4, "scale": "integer", "count": 4})") ==
             std::vector<json>{1, 2, 3, 4}));
    QVERIFY(
        values(R"({"low": 1, "high": 2, "scale": "integer", "count": 4})")[0].is_number_integer());
    QCOMPARE(values(R"({"low": 1, "high": 2, "scale": "integer", "count": 4})").size(), size_t{2});
    QVERIFY((values(R"({"low": 3, "high": 5, "count": 1})") == std::vector<json>{3.0}));
  }

  /// In the order as written, from index 1; of a list the entry floor(u n).
  void sobolTakesOnePointARun() {
    const auto all = of(R"({"method": "sobol", "runs": 7, "fields": {
      "z": {"low": 0, "high": 8}, "a": ["p", "q", "r"],
      "m": {"low": 1, "high": 100, "scale": "log"}, "i": {"low": 0, "high": 3, "scale": "integer"}}})");
    const auto points = eq::study::sobolPoints(7, 4);
    QCOMPARE(all.size(), size_t{7});
    for (size_t i = 0; i < 7; ++i) {
      const auto& fields = all[i].fields;
      const char* names[]{"p", "q", "r"};
      QCOMPARE(fields["z"].get<double>(), 8 * points[i][0]);
      QCOMPARE(fields["a"].get<std::string>(), std::string(names[int(3 * points[i][1])]));
      QVERIFY(std::abs(fields["m"].get<double>() / std::pow(100, points[i][2]) - 1) < 1e-12);
      QCOMPARE(fields["i"].get<int>(), int(4 * points[i][3]));
    }
  }

  void drawsFollowTheirSeed() {
    const auto drawn = [](int seed) {
      return fieldsOf(of(QString(R"({"method": "random", "runs": 20, "seed": %1, "fields": {
        "a": {"low": 1, "high": 2}, "b": {"low": 1, "high": 2}}})")
                             .arg(seed)
                             .toUtf8()));
    };
    QCOMPARE(drawn(1).size(), size_t{20});
    QVERIFY(drawn(1) == drawn(1));
    QVERIFY(drawn(1) != drawn(2));
    for (const auto& fields : drawn(1))
      QVERIFY(fields["a"] >= 1.0 && fields["a"] < 2.0 && fields["a"] != fields["b"]);
  }

  void halvingKeepsWhatTheMetricCallsBetter() {
    const auto maximises = [](const char* metric) {
      return sweepFromJson(
                 ordered_json::parse(fmt::format(R"({{"method": "asha", "runs": 9, "least_steps": 5,
                                   "fields": {{"a": [1, 2]}}, "metric": {{"task": "t", {}}}}})",
                                                 metric)))
          .metric.maximise;
    };
    QVERIFY(maximises(R"("metric": "accuracy")"));
    QVERIFY(!maximises(R"("metric": "mae")"));
    QVERIFY(!maximises(R"("metric": "loss")"));
    QVERIFY(!maximises(R"("metric": "accuracy", "maximise": false)"));
    QVERIFY(maximises(R"("metric": "loss", "maximise": true)"));
  }

  void lanesAreAsGiven() {
    const auto all = of(R"({"method": "lanes", "lanes": [{"a": 1}, {"b": {"id": "x"}}]})");
    QCOMPARE(all.size(), size_t{2});
    QVERIFY((all[0].fields == json{{"a", 1}, {"b", nullptr}}));
    QCOMPARE(all[1].settings[0].path, std::string("b"));
  }

  void namesWhatItRefuses_data() {
    QTest::addColumn<QString>("sweep");
    QTest::addColumn<QString>("message");
    const auto row = [](const char* sweep, const char* message) {
      QTest::newRow(message) << sweep << message;
    };
    row(R"({"method": "gird", "fields": {"a": [1]}})", "sweep.method: ");
    row(R"({"fields": {"a": []}})", "sweep.fields[\"a\"]: expected at least one value");
    row(R"({"fields": {"a": 3}})", "sweep.fields[\"a\"]: expected a list of values");
    row(R"({"fields": {}})", "sweep.fields: expected an object");
    row(R"({"method": "grid"})", "sweep.fields: expected an object");
    row(R"({"fields": {"a": {"low": 2, "high": 1, "count": 2}}})",
        "sweep.fields[\"a\"].low: 2 is above");
    row(R"({"fields": {"a": {"low": 0, "high": 1, "count": 2, "scale": "log"}}})",
        "sweep.fields[\"a\"].low: 0 has no logarithm");
    row(R"({"fields": {"a": {"low": 0.5, "high": 1, "count": 2, "scale": "integer"}}})",
        "sweep.fields[\"a\"].low: expected an integer, found 0.5");
    row(R"({"fields": {"a": {"low": 0, "high": 1}}})", "sweep.fields[\"a\"].count: is required");
    row(R"({"fields": {"a": {"low": 0, "high": 1, "step": 2}}})", "sweep.fields[\"a\"].step: ");
    row(R"({"fields": {"a": [1]}, "runs": 3})", "sweep.runs: 3 is not read");
    row(R"({"fields": {"a": [1]}, "sedes": [1]})", "sweep.sedes: ");
    row(R"({"method": "random", "fields": {"a": [1]}})", "sweep.runs: is required");
    row(R"({"method": "random", "fields": {"a": [1]}, "runs": 0})", "sweep.runs: 0 is below 1");
    row(R"({"fields": {"a": [1]}, "seeds": []})", "sweep.seeds: expected a list");
    row(R"({"fields": {"a": [1]}, "seeds": 0})", "sweep.seeds: 0 is below 1");
    row(R"({"fields": {"a": [1]}, "seeds": [1, -2]})", "sweep.seeds[1]: -2 is below 0");
    row(R"({"fields": {"a": [1]}, "when": {"b": {"a": [1]}}})", "sweep.when[\"b\"]: is none of");
    row(R"({"fields": {"a": [1], "b": [1]}, "when": {"b": {"a": [7]}}})",
        "sweep.when[\"b\"][\"a\"]: the field has none");
    row(R"({"fields": {"a": [1]}, "when": {"a": {"x": [7]}}})",
        "sweep.when[\"a\"][\"x\"]: is neither");
    row(R"({"fields": {"a": [1], "b": [1]}, "when": {"b": {"a": [1]}, "a": {"b": [1]}}})",
        "sweep.when[\"b\"]: the conditions go round");
    row(R"({"method": "lanes", "lanes": []})", "sweep.lanes: expected a list");
    row(R"({"method": "lanes"})", "sweep.lanes: is required");
    row(R"({"method": "lanes", "lanes": [{"a": 1}, {}, {"a": 1}]})",
        R"(sweep.lanes[2]: {"a":1} is lane 0 already)");
    row(R"({"method": "lanes", "lanes": [{}], "fields": {"a": [1]}})", "sweep.fields: ");
    row(R"({"method": "linear", "weights": [[1, 2]], "divisions": 3})",
        "sweep.divisions: 3 is of the lattice, in whose place sweep.weights stand");
    row(R"({"method": "linear", "weights": [[1, 2]], "spacing": "log"})", "sweep.spacing: \"log\"");
    row(R"({"method": "linear", "weights": [[1, 2], [0, 0]]})",
        "sweep.weights[1]: expected a weight above 0, found [0,0]");
    row(R"({"method": "asha", "fields": {"a": [1]}, "runs": 3, "metric": {}, "dominated": {}})",
        "sweep.dominated: {} is not read by the method \"asha\"");
    row(R"({"method": "asha", "fields": {"a": [1]}, "runs": 3})", "sweep.metric: is required");
  }
  void namesWhatItRefuses() {
    QFETCH(QString, sweep);
    QFETCH(QString, message);
    const auto found = refusal(sweep);
    QVERIFY2(found.startsWith(message), qPrintable(found));
  }

  /// Races write it; who writes a sweep has no use for it.
  void theMethodOfRacesIsNotOffered() {
    const auto message = refusal(R"({"method": "gird", "fields": {"a": [1]}})");
    QVERIFY2(message.contains("linear") && !message.contains("lanes"), qPrintable(message));
    QVERIFY(!refusal(R"({"feilds": {"a": [1]}})").contains("lanes"));
  }

  void whatTheMethodDoesNotReadIsSaid() {
    const auto unread = [](const char* method) {
      return eq::study::unreadIn(sweepFromJson(ordered_json::parse(
          QByteArray(R"({"fields": {"a": {"low": 1, "high": 2, "count": 3}}, )") + method + "}")));
    };
    QVERIFY(unread(R"("method": "grid")").empty());
    const auto lines = unread(R"("method": "random", "runs": 2)");
    QCOMPARE(lines.size(), size_t{1});
    QVERIFY2(lines[0].starts_with("sweep.fields[\"a\"].count: 3 is not read"), lines[0].c_str());
  }

  void seedsAreAListOrANumber() {
    const auto seeds = [](const char* text) {
      return sweepFromJson(ordered_json::parse(text)).seeds;
    };
    QCOMPARE(seeds(R"({"fields": {"a": [1]}, "seeds": 3})"), (std::vector<std::uint64_t>{1, 2, 3}));
    QCOMPARE(seeds(R"({"fields": {"a": [1]}, "seeds": [5, 2, 5]})"),
             (std::vector<std::uint64_t>{5, 2}));
    QVERIFY(seeds(R"({"fields": {"a": [1]}})").empty());
  }
};

EQUIPOISE_TEST(TestCombinations)
#include "tst_combinations.moc"

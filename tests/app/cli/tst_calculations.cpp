#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <fstream>
#include <sstream>

#include "app/cli/cli_support.h"
#include "tests/registry.h"

using nlohmann::json;

Q_DECLARE_METATYPE(json)

namespace {

/// `command id --params params`, with the input on standard input.
Answer compute(const std::string& command, const std::string& id, const json& params,
               const json& input, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{command, id, "--input", "-", "--params", params.dump()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return call(arguments, input.dump());
}

/// The printed object. \pre the command succeeds.
json outputOf(const std::string& command, const std::string& id, const json& params,
              const json& input, const std::vector<std::string>& more = {}) {
  const auto answer = compute(command, id, params, input, more);
  return answer.code == 0 ? json::parse(answer.out) : json{{"mistake", answer.err}};
}

QStringList keysOf(const json& object) {
  QStringList keys;
  for (const auto& [key, value] : object.items()) keys << QString::fromStdString(key);
  return keys;
}

bool near(const json& found, const std::vector<double>& expected, double tolerance) {
  if (!found.is_array() || found.size() != expected.size()) return false;
  for (size_t i = 0; i < expected.size(); ++i)
    if (!found[i].is_number() || std::abs(found[i].get<double>() - expected[i]) > tolerance)
      return false;
  return true;
}

json object() {
  return json::object();
}

const json kA{{-4, 1, 1}, {6, 1, 1}};
const json kB{{2, 0, 1}, {-1, 2, 0}, {0, -3, 2}};

json stepsOf(const json& jacobian, int count = 1) {
  json steps = json::array();
  for (int t = 0; t < count; ++t) steps.push_back({{"jacobian", jacobian}});
  return {{"steps", steps}};
}

}  // namespace

/// loss, metric, balance, conflict, list and check, as a script uses them.
class TestCalculations : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::string write(const char* name, const std::string& text) const {
    const auto path = folder_.filePath(name).toStdString();
    std::ofstream(path) << text;
    return path;
  }

 private Q_SLOTS:
  /// A mask by the name of "maks" was not applied, without a word.
  void misspeltFieldsAreTold() {
    const json masked = {{"prediction", {1, 2}}, {"target", {1, 3}}, {"maks", {1, 0}}};
    for (const auto& [command, id] : {std::pair{"metric", "mae"}, {"loss", "mse"}}) {
      const auto answer = compute(command, id, object(), masked);
      QCOMPARE(answer.code, 0);
      const auto expected = std::string(id) +
                            ".maks: no method reads such a field, so it changes nothing; did you "
                            "mean \"mask\"?\n";
      QVERIFY2(answer.err.find(expected) != std::string::npos, answer.err.c_str());
    }
    const auto tells = [](json input, const char* expected) {
      const auto answer = compute("balance", "mgda", object(), input);
      return answer.code == 0 && answer.err.find(expected) != std::string::npos;
    };
    json steps = stepsOf(kA);
    steps["steps"][0]["loses"] = {1, 2};
    QVERIFY(tells(steps, "steps[0].loses: no method reads such a field"));
    json twice = stepsOf(kA);
    twice["stpes"] = twice["steps"];
    QVERIFY(tells(twice, "input.stpes: no method reads such a field"));
    steps = stepsOf(kA);
    steps["steps"][0].update({{"losses_after", {1, 2}}, {"kpi", {1, 1}}});
    QVERIFY(compute("balance", "mgda", object(), steps).err.empty());
  }

  void lossPrintsValuePerSampleAndGradient() {
    const auto found = outputOf("loss", "cross_entropy", {{"class_weights", {1, 1, 2}}},
                                {{"prediction", {{2, -1, 0.5}, {0.2, 0.4, -0.3}, {7, 8, 9}}},
                                 {"target", {0, 2, -100}},
                                 {"teacher", "fields that nobody reads are ignored"}});
    QCOMPARE(keysOf(found), (QStringList{"gradient", "per_sample", "value"}));
    QVERIFY(std::abs(found["value"].get<double>() - 1.106801) < 1e-6);
    QVERIFY(near(found["per_sample"], {0.241311, 2 * 1.539546, 0}, 2e-6));
    QCOMPARE(found["gradient"].size(), size_t(3));
    QVERIFY(near(found["gradient"][0], {-0.214403 / 3, 0.039113 / 3, 0.175290 / 3}, 1e-6));
    QVERIFY(near(found["gradient"][2], {0, 0, 0}, 0));
  }

  void lossReadsDistributionsMasksAndNumbers() {
    const json rows{{1, 2}, {3, 4}};
    QCOMPARE(
        outputOf("loss", "mse", object(),
                 {{"prediction", rows}, {"target", {{0, 2}, {3, 0}}}, {"mask", {{1, 1}, {1, 0}}}})
            .at("value")
            .get<double>(),
        1.0 / 3);
    QVERIFY(outputOf("loss", "given", object(), {{"prediction", {1, 2, 6}}}).at("value") == 3);
    const auto found = outputOf("loss", "wasserstein", {{"bins", {0, 10}}, {"p", 2}},
                                {{"prediction", {{0, 0}}}, {"target", {{0.5, 0.5}}}});
    QCOMPARE(found.at("value").get<double>(), 0.0);
    const auto sum = outputOf("loss", "l1", {{"reduction", "sum"}},
                              {{"prediction", {1, 2}}, {"target", {0, 0}}});
    QCOMPARE(sum.at("value").get<double>(), 3.0);
  }

  void inputComesFromAFileToo() {
    const auto file = write("input.json", R"({"prediction": [1, 2], "target": [0, 0]})");
    const auto answer = call({"loss", "mse", "--input", file, "--json"});
    QCOMPARE(answer.code, 0);
    QCOMPARE(answer.err, std::string());
    QCOMPARE(json::parse(answer.out).at("value").get<double>(), 2.5);
  }

  void numbersReadBackToTheSameBits() {
    // The gradient of "given" with "sum" of squares would hide rounding; these numbers pass
    // through.
    const json numbers{0.1, 1.0 / 3, 1e-300, 5e-324, -2.5e17, 1.7976931348623157e308 / 4, -0.0};
    const auto found = outputOf("loss", "given", object(), {{"prediction", numbers}});
    QVERIFY(found.at("per_sample").is_array());
    for (size_t i = 0; i < numbers.size(); ++i) {
      QCOMPARE(found["per_sample"][i].get<double>(), numbers[i].get<double>());
      QCOMPARE(std::signbit(found["per_sample"][i].get<double>()),
               std::signbit(numbers[i].get<double>()));
      QCOMPARE(found["gradient"][i].get<double>(), 1.0 / 7);
    }
    // Bug: an integer beyond 2^63 - 1 was read as a negative one.
    const auto large =
        outputOf("loss", "given", object(), {{"prediction", {18446744073709551615u}}});
    QCOMPARE(large.at("value").get<double>(), std::ldexp(1.0, 64));
    // d = J^T w, in the printed numbers.
    const auto step = outputOf("balance", "imtl_g", object(), stepsOf(kB)).at("steps")[0];
    for (size_t p = 0; p < 3; ++p) {
      double sum = 0;
      for (size_t k = 0; k < 3; ++k)
        sum += kB[k][p].get<double>() * step.at("weights")[k].get<double>();
      QVERIFY(std::abs(step.at("direction")[p].get<double>() - sum) < 1e-15);
    }
  }

  void metricAddsABootstrapInterval() {
    json prediction = json::array(), target = json::array();
    for (int i = 0; i < 100; ++i) {
      prediction.push_back(1.0);
      target.push_back(i < 70 ? 1 : 0);
    }
    const json input{{"prediction", prediction}, {"target", target}};
    const auto found = outputOf("metric", "accuracy", object(), input, {"--bootstrap", "1000"});
    QCOMPARE(keysOf(found), (QStringList{"high", "low", "resamples", "value"}));
    QCOMPARE(found.at("value").get<double>(), 0.7);
    QVERIFY(found.at("resamples") == 1000);
    // 0.7 ± 1.96 √(0.7 · 0.3 / 100)
    QVERIFY(std::abs(found.at("low").get<double>() - 0.61) < 0.02);
    QVERIFY(std::abs(found.at("high").get<double>() - 0.79) < 0.02);
    const auto narrow = outputOf("metric", "accuracy", object(), input,
                                 {"--bootstrap", "1000", "--confidence", "0.5", "--seed", "4"});
    QVERIFY(narrow.at("low") > found.at("low") && narrow.at("high") < found.at("high"));
    QCOMPARE(keysOf(outputOf("metric", "accuracy", object(), input)), QStringList{"value"});
  }

  /// A full disk behind a redirection was taken for success.
  void outputThatIsLostIsAFailure() {
    std::istringstream in(stepsOf(kB).dump());
    std::ostringstream out, err;
    out.setstate(std::ios::badbit);
    eq::cli::Context context{in, out, err};
    QCOMPARE(eq::cli::run({"balance", "mgda", "--input", "-"}, context), 1);
    QCOMPARE(err.str(), std::string("standard output: cannot be written\n"));
  }

  void metricPrintsItsValue() {
    const json input{{"prediction", {{1, 0, 0}, {0, 2, 2}, {0, 0, 1}, {1, 2, 3}}},
                     {"target", {0, 1, 0, -100}}};
    const auto found = outputOf("metric", "accuracy", object(), input);
    QCOMPARE(keysOf(found), QStringList{"value"});
    QCOMPARE(found.at("value").get<double>(), 2.0 / 3);
    const auto undefined =
        outputOf("metric", "accuracy", object(), {{"prediction", {{1, 0}}}, {"target", {-100}}});
    QVERIFY(undefined.at("value").is_null());
    QCOMPARE(outputOf("metric", "f1", {{"average", "micro"}}, input).at("value").get<double>(),
             2.0 / 3);
  }

  /// A null said nothing.
  void metricThatIsUndefinedSaysWhy_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("input");
    QTest::addColumn<QString>("why");
    const auto add = [](const char* id, const char* input, const char* why) {
      QTest::newRow(id) << id << input << why;
    };
    const char* one = R"({"prediction": [1], "target": [1]})";
    const char* constant = "the targets";
    const char* none = R"({"prediction": [1, 2], "target": [0, 0]})";
    add("r2", one, constant);
    add("spearman", one, constant);
    add("ccc", one, constant);
    add("auroc", none, "no class has both");
    add("auprc", none, "there is no positive example");
    add("ndcg", none, "no query has a relevance above 0");
    add("recall_at_k", none, "no query has a relevance above 0");
    add("hit_rate_at_k", R"({"prediction": [[1, 2]], "target": [0]})", "the same label");
    add("seed_std", R"({"prediction": [1]})", "two seeds or more");
    add("monotonicity", R"({"prediction": [1, 1]})", "vary from step to step");
    add("backward_transfer", R"({"prediction": [[1]]})", "too few tasks");
    add("spread", R"({"prediction": [[1, 2], [1, 2]], "reference_front": [[1, 2]]})",
        "all points are the same");
    add("accuracy", R"({"prediction": [[1, 2]], "target": [-100]})", "nothing counts");
    add("mae", R"({"prediction": [1], "target": [1], "mask": [0]})", "nothing counts");
  }
  void metricThatIsUndefinedSaysWhy() {
    QFETCH(QString, id);
    QFETCH(QString, input);
    QFETCH(QString, why);
    const auto answer = call({"metric", id.toStdString(), "--input", "-"}, input.toStdString());
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto found = json::parse(answer.out);
    QVERIFY2(found["value"].is_null(), answer.out.c_str());
    QCOMPARE(found["remarks"].size(), size_t{1});
    const auto remark = QString::fromStdString(found["remarks"][0]);
    QVERIFY2(remark.startsWith(id + " is undefined: ") && remark.contains(why), answer.out.c_str());
  }

  /// A number beyond those of 64 bits was printed as null too.
  void numbersThatJsonCannotHoldAreNamed() {
    const std::string far = R"({"prediction": [1e200, 0], "target": [-1e200, 0]})";
    const auto metric = json::parse(call({"metric", "mse", "--input", "-"}, far).out);
    QVERIFY(metric["value"].is_null());
    QCOMPARE(
        QString::fromStdString(metric["remarks"][0]),
        QString("value is inf, for which JSON has null: inputs are too large for the formula"));
    const auto loss = json::parse(call({"loss", "mse", "--input", "-"}, far).out);
    QCOMPARE(loss["remarks"].size(), size_t{2});
    QVERIFY(QString::fromStdString(loss["remarks"][0])
                .startsWith("per_sample: 1 of 2 numbers are not finite, the first is inf, "));
    const auto plain = json::parse(
        call({"loss", "mse", "--input", "-"}, R"({"prediction": [1, 2], "target": [1, 1]})").out);
    QVERIFY(!plain.contains("remarks"));
  }

  void balancePrintsWeightsAndDirection() {
    const auto found = outputOf("balance", "mgda", object(), stepsOf(kA));
    QCOMPARE(keysOf(found), QStringList{"steps"});
    QCOMPARE(keysOf(found["steps"][0]), (QStringList{"direction", "weights"}));
    QVERIFY(near(found["steps"][0]["weights"], {0.6, 0.4}, 1e-12));
    QVERIFY(near(found["steps"][0]["direction"], {0, 1, 1}, 1e-12));
    // Without a jacobian there is no direction.
    const auto without =
        outputOf("balance", "equal", object(), {{"steps", {{{"losses", {1, 2}}}}}});
    QCOMPARE(keysOf(without["steps"][0]), QStringList{"weights"});
    QVERIFY(near(without["steps"][0]["weights"], {1, 1}, 0));
  }

  /// They were refused although no method read them.
  void fieldsThatNoMethodReadsAreIgnored_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<json>("step");
    const json weighting{{"weighting", {{"id", "static"}}}};
    const json jacobian{{1, 2}, {3, 4}};
    const auto add = [](const char* name, const char* id, const json& params, const json& step) {
      QTest::newRow(name) << QString(id) << params << step;
    };
    add("a text", "cagrad", object(), {{"jacobian", jacobian}, {"losses", {"a", 1}}});
    add("null", "mgda", object(), {{"jacobian", jacobian}, {"losses", nullptr}});
    add("too short", "mgda", weighting, {{"jacobian", jacobian}, {"losses", {1}}});
    add("epoch", "equal", object(), {{"losses", {1, 2}}, {"epoch", "x"}});
    add("numbers", "equal", object(), {{"losses", {"a", nullptr}}});
    add("window", "dwa", {{"window", 3}}, {{"losses", {1, 2}}, {"epoch", -1}});
  }
  void fieldsThatNoMethodReadsAreIgnored() {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(json, step);
    const auto found =
        outputOf("balance", id.toStdString(), params, {{"steps", json::array({step})}});
    QVERIFY2(found.contains("steps"), found.dump().c_str());
    QCOMPARE(found["steps"][0]["weights"].size(), size_t(2));
  }

  void stateCarriesOverFromStepToStep() {
    const json steps{
        {"steps", {{{"losses", {1, 4}}}, {{"losses", {0.5, 4}}}, {{"losses", {9, 9}}}}}};
    // Every step is an epoch of its own: in step 2, r = L(1)/L(0).
    const double a = std::exp(0.5 / 2), b = std::exp(1.0 / 2);
    const auto found = outputOf("balance", "dwa", object(), steps).at("steps");
    QVERIFY(near(found[0]["weights"], {1, 1}, 0));
    QVERIFY(near(found[1]["weights"], {1, 1}, 0));
    QVERIFY(near(found[2]["weights"], {2 * a / (a + b), 2 * b / (a + b)}, 1e-14));
    auto sameEpoch = steps;
    for (auto& step : sameEpoch["steps"]) step["epoch"] = 0;
    QVERIFY(
        near(outputOf("balance", "dwa", object(), sameEpoch).at("steps")[2]["weights"], {1, 1}, 0));
  }

  void balanceReadsWhatComesAfterTheStep() {
    const json with{{"losses", {2, 0.5}}, {"losses_after", {1.8, 0.48}}},
        without{{"losses", {2, 0.5}}};
    const auto famo = [&](const json& steps) {
      return outputOf("balance", "famo", object(), {{"steps", steps}})
          .at("steps")
          .back()["weights"];
    };
    QVERIFY(near(famo({without, without}), {0.2, 0.8}, 1e-7));
    const double a = 0.4875026 / 2, b = 0.5124974 / 0.5;
    QVERIFY(near(famo({with, without}), {a / (a + b), b / (a + b)}, 1e-6));
    // The field says how many tasks there are.
    const json kpi{{"steps", {{{"kpi", {0.9, 0.5}}}}}};
    QVERIFY(near(outputOf("balance", "dtp", object(), kpi)["steps"][0]["weights"],
                 {-0.1 * std::log(0.9), -0.5 * std::log(0.5)}, 1e-12));
  }

  void balanceReadsThreeBatches() {
    const json third{{1, 0, 0}, {0, 1, 0}};
    const json step{{"jacobian", kA}, {"jacobian2", kA}, {"jacobian3", third}};
    const json params{{"gamma", 0.1}, {"rho", 0}};
    const auto found = outputOf("balance", "modo", params, {{"steps", {step}}})["steps"][0];
    QVERIFY(near(found["weights"], {1, 0}, 1e-12));
    QVERIFY(near(found["direction"], {1, 0, 0}, 1e-12));
    // Without further ones the first stands for them.
    const auto one = outputOf("balance", "modo", params, stepsOf(kA))["steps"][0];
    QVERIFY(near(one["direction"], {-4, 1, 1}, 1e-12));
  }

  void directionsWithoutWeightsSayNull() {
    const json step{{"jacobian", kA}, {"losses", {1, 1}}};
    const auto found =
        outputOf("balance", "db_mtl", {{"beta", 0}}, {{"steps", {step}}})["steps"][0];
    QVERIFY(found["weights"].is_null());
    QVERIFY(near(found["direction"], {0.1881, 2.4530, 2.4530}, 6e-5));
  }

  void weightingGoesFirst() {
    const json params{{"weighting", {{"id", "static"}, {"params", {{"weights", {2, 0.5, 3}}}}}}};
    const auto both = outputOf("balance", "imtl_g", params, stepsOf(kB)).at("steps")[0];
    json scaled = kB;
    const double v[] = {2, 0.5, 3};
    for (size_t k = 0; k < 3; ++k)
      for (auto& entry : scaled[k]) entry = entry.get<double>() * v[k];
    const auto alone = outputOf("balance", "imtl_g", object(), stepsOf(scaled)).at("steps")[0];
    std::vector<double> product, direction;
    for (size_t k = 0; k < 3; ++k) product.push_back(v[k] * alone["weights"][k].get<double>());
    for (const auto& entry : alone["direction"]) direction.push_back(entry);
    QVERIFY(near(both["weights"], product, 1e-12));
    QVERIFY(near(both["direction"], direction, 1e-12));
    QVERIFY(both != outputOf("balance", "imtl_g", object(), stepsOf(kB)).at("steps")[0]);
  }

  void seedsAreReproducible_data() {
    QTest::addColumn<QString>("id");
    QTest::newRow("pcgrad") << QString("pcgrad");
    QTest::newRow("random") << QString("random");
    QTest::newRow("graddrop") << QString("graddrop");
  }
  void seedsAreReproducible() {
    QFETCH(QString, id);
    const auto with = [&](const char* seed) {
      return outputOf("balance", id.toStdString(), object(), stepsOf(kB, 8), {"--seed", seed});
    };
    QVERIFY(with("7").contains("steps"));
    QVERIFY(with("7") == with("7"));
    QVERIFY(with("7") != with("8"));
    QVERIFY(with("18446744073709551615") == with("18446744073709551615"));
    const auto steps = with("7").at("steps");
    QVERIFY(std::any_of(steps.begin(), steps.end(),
                        [&](const json& step) { return step != steps[0]; }));
  }

  void conflictPrintsStatistics() {
    const auto answer = call({"conflict", "--input", "-"}, stepsOf(kB, 2).dump());
    QCOMPARE(answer.code, 0);
    const auto found = json::parse(answer.out);
    QCOMPARE(keysOf(found), (QStringList{"frequency", "steps"}));
    QCOMPARE(keysOf(found["frequency"]), (QStringList{"last_half", "mean", "pairs"}));
    const auto& step = found["steps"][1];
    QCOMPARE(keysOf(step), (QStringList{"angles", "condition_number", "cosines", "curvature",
                                        "magnitude_similarity", "norms", "rank", "sum_norm"}));
    QVERIFY(near(step["norms"], {std::sqrt(5.0), std::sqrt(5.0), std::sqrt(13.0)}, 1e-14));
    QVERIFY(near(step["cosines"][0], {1, -0.4, 0.2481}, 5e-5));
    QVERIFY(near(step["angles"][1], {113.58, 0, 138.09}, 5e-3));
    QVERIFY(near(step["magnitude_similarity"][2], {0.8958, 0.8958, 1}, 5e-5));
    QVERIFY(near(step["curvature"][1], {1.96, 0, 2.2308}, 5e-5));
    QVERIFY(std::abs(step["condition_number"].get<double>() - 3.2845) < 5e-5);
    QVERIFY(step["rank"] == 3);
    QVERIFY(std::abs(step["sum_norm"].get<double>() - std::sqrt(1 + 1 + 9.0)) < 1e-14);
    QVERIFY(near(found["frequency"]["pairs"][1], {1, 0, 1}, 0));
    QVERIFY(std::abs(found["frequency"]["mean"].get<double>() - 2.0 / 3) < 1e-15);
    QVERIFY(std::abs(found["frequency"]["last_half"].get<double>() - 2.0 / 3) < 1e-15);
  }

  void conflictPrintsNullWhereUndefined() {
    const auto answer =
        call({"conflict", "--input", "-"}, stepsOf({{1, 2}, {-1, -2}, {0, 0}}).dump());
    const auto found = json::parse(answer.out);
    const auto& step = found["steps"][0];
    QVERIFY(step["curvature"][0][1].is_null());
    QVERIFY(std::abs(step["cosines"][0][1].get<double>() + 1) < 1e-15);
    for (const char* field : {"cosines", "angles", "magnitude_similarity", "curvature"})
      for (size_t k = 0; k < 3; ++k)
        QVERIFY(step[field][2][k].is_null() && step[field][k][2].is_null());
    QVERIFY(step["norms"][2] == 0);
    QVERIFY(step["rank"] == 1);
    QVERIFY(found["frequency"]["pairs"][0][2].is_null());
    QVERIFY(found["frequency"]["mean"] == 1);
    const auto none =
        json::parse(call({"conflict", "--input", "-"}, stepsOf({{0, 0}, {1, 0}}).dump()).out);
    QVERIFY(none["frequency"]["mean"].is_null() && none["frequency"]["last_half"].is_null());
    const auto zero = json::parse(call({"conflict", "--input", "-"}, stepsOf({{0, 0}}).dump()).out);
    QVERIFY(zero["steps"][0]["condition_number"].is_null());
    QVERIFY(zero["steps"][0]["rank"] == 0);
  }

  void listsEverything_data() {
    QTest::addColumn<QString>("kind");
    for (const char* kind : {"losses", "balancers", "datasets", "models", "metrics", "optimizers",
                             "schedules", "rules"})
      QTest::newRow(kind) << QString(kind);
  }
  void listsEverything() {
    QFETCH(QString, kind);
    const auto name = kind.toStdString();
    const auto all = json::parse(call({"list", name, "--json"}).out);
    const auto text = call({"list", name}).out;
    QVERIFY(all.size() >= 3);
    QCOMPARE(std::count(text.begin(), text.end(), '\n'), std::ssize(all));
    for (const auto& entry : all) {
      const auto id = entry.at("id").get<std::string>();
      QVERIFY(text.find(id + ' ') != std::string::npos);
      for (const char* field : {"title", "summary", "formula", "citation"})
        QVERIFY2(!entry.at(field).get<std::string>().empty(), id.c_str());
      QVERIFY(json::parse(call({"list", name, id, "--json"}).out) == entry);
      const auto whole = call({"list", name, id}).out;
      for (const auto& spec : entry.at("parameters"))
        QVERIFY2(whole.find("  " + spec.at("name").get<std::string>()) != std::string::npos,
                 whole.c_str());
    }
  }

  void checksExperiments() {
    const auto file = write("experiment.json", R"({
      "data": {"id": "scale_imbalance", "scales": [1, 3], "inputs": 5, "outputs": 2,
               "train": 64, "validation": 16, "test": 16},
      "model": {"id": "mlp", "hidden": [8]}, "batch_size": 16, "epochs": 3})");
    const auto found = json::parse(call({"check", file, "--json"}).out);
    QVERIFY(found.at("valid") == true);
    QVERIFY(found.at("steps") == 12);
    QVERIFY(found.at("shared_parameters") == 5 * 8 + 8);
    QVERIFY(found.at("parameters") == 48 + 2 * (8 * 2 + 2));
    QVERIFY((found.at("tasks")[1] == (json{{"name", "y2"}, {"kind", "regression"}, {"width", 2}})));
    QVERIFY(json::parse(call({"check", file, "--json", "--set", "epochs=5"}).out).at("steps") ==
            20);
    // --set took all that followed, FILE included.
    const auto twice =
        call({"check", "--set", "epochs=5", "--set", "batch_size=8", file, "--json"});
    QVERIFY(json::parse(twice.out).at("steps") == 40);
    QVERIFY(call({"check", file}).out.find("valid: 2 tasks, 84 parameters (48 shared), 12 steps") ==
            0);
    const auto wrong = call({"check", file, "--set", "model.hidden=[0]"});
    QCOMPARE(wrong.code, 2);
    QVERIFY2(wrong.err.find("model.hidden[0]: 0 is below 1") != std::string::npos,
             wrong.err.c_str());
  }

  void refusesMistakes_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("input");
    QTest::addColumn<QString>("message");
    const auto add = [](const char* arguments, const char* input, const char* message) {
      QTest::newRow(qPrintable(QString(arguments) + " " + input))
          << QString(arguments).split(' ') << QString(input) << QString(message);
    };
    const char* two = R"({"prediction": [1, 2], "target": [0, 0]})";
    const char* rows = R"({"prediction": [[1, 2]], "target": [0]})";
    // Ids, parameters, ranges.
    add("loss mze --input -", two, "no loss \"mze\"; did you mean \"mse\"?");
    add("metric accuracy --input - --bootstrap 10", rows,
        "bootstrap: needs at least 2 examples to draw from, found 1");
    add("metric delta_m --input - --bootstrap 10",
        R"({"prediction": [1, 2], "baseline": [1, 1], "higher_is_better": [1, 1]})",
        "delta_m: is not made of examples that can be drawn anew");
    add("metric accuracy --input - --seed 3", rows, "--seed requires --bootstrap");
    add("metric acuracy --input -", rows, "no metric \"acuracy\"; did you mean \"accuracy\"?");
    add("balance mgad --input -", R"({"steps": [{"losses": [1]}]})",
        "no balancer \"mgad\"; did you mean \"mgda\"?");
    // Only the gradient methods were listed.
    add("balance unceratinty --input -", R"({"steps": [{"losses": [1]}]})",
        "no balancer \"unceratinty\"; did you mean \"uncertainty\"?");
    add("loss mse --input - --params {\"hlaf\":true}", two,
        "mse.hlaf: unknown parameter; known: half, reduction");
    add("loss focal --input - --params {\"gamma\":12}", rows, "focal.gamma: 12 is above 10");
    add("loss focal --input - --params {\"gamma\":\"2\"}", rows,
        "focal.gamma: expected a number, found \"2\"");
    add("loss mse --input - --params [1]", two, "mse: expected an object of parameters, found [1]");
    add("metric f1 --input - --params {\"average\":\"mean\"}", rows,
        "f1.average: expected one of macro, micro, weighted, found \"mean\"");
    // Not JSON.
    add("loss mse --input - --params {", two, "--params:1:2: not JSON: ");
    add("loss mse --input -", "{\"prediction\":\n [1,, 2]}", "standard input:2:5: not JSON: ");
    add("loss mse --input -", "", "standard input:1:1: not JSON: ");
    add("loss mse --input -", "{\"prediction\":\n [1, 1e999], \"target\": [1, 2]}",
        "standard input:2:6: not JSON: ");
    // Words of other languages: the message spoke of an invalid literal.
    const char* finite = " in it; write a finite number, or null where a value may be missing";
    const auto addWord = [&](const char* command, const char* input, const char* place,
                             const char* word, const char* rest) {
      add(command, input,
          qPrintable(
              QString("standard input:%1: not JSON: there is no %2%3").arg(place, word, rest)));
    };
    addWord("loss mse --input -", R"({"prediction": [NaN], "target": [1]})", "1:17", "NaN", finite);
    addWord("metric mae --input -", "{\"prediction\": [1],\n \"target\": [-Infinity]}", "2:13",
            "-Infinity", finite);
    addWord("balance equal --input -", R"({"steps": [{"losses": [1, nan]}]})", "1:27", "nan",
            finite);
    addWord("conflict --input -", R"({"steps": [{"jacobian": [[inf]]}]})", "1:27", "inf", finite);
    addWord("metric mae --input -", R"({"prediction": [None], "target": [1]})", "1:17", "None",
            " in it; write null");
    addWord("metric mae --input -", R"({"prediction": [1], "target": [1], "mask": [True]})", "1:45",
            "True", " in it; write true");
    add("metric mae --input -", R"({"prediction": [1], "target": [null]})",
        "mae.target[0]: expected a number, found null; leave the example out, or give it a mask of "
        "0 where the method reads one");
    add("conflict --input -", "{\"steps\": [}", "standard input:1:12: not JSON: ");
    add("loss mse --input /nowhere/x.json", "", "/nowhere/x.json: cannot be read");
    add("loss mse --input /tmp", "", "/tmp: cannot be read: it is a folder");
    // Fields and shapes.
    add("loss mse --input -", "[1]", "mse: expected an object with \"prediction\"");
    add("loss mse --input -", R"({"target": [1]})", "mse.prediction: is required and missing");
    add("loss mse --input -", R"({"prediction": [1]})", "mse.target: is required and missing");
    add("loss mse --input -", R"({"prediction": [[1, 2], [3]], "target": [1]})",
        "mse.prediction[1]: expected 2 entries as in the lists before, found 1");
    add("loss mse --input -", R"({"prediction": [1, [2]], "target": [1, 2]})",
        "mse.prediction[1]: expected a number, found [2]");
    add("loss mse --input -", R"({"prediction": [[1], 2], "target": [1, 2]})",
        "mse.prediction[1]: expected a list of 1 entries, found 2");
    add("loss mse --input -", R"({"prediction": ["1"], "target": [1]})",
        "mse.prediction[0]: expected a number, found \"1\"");
    // They passed as 0 and 1.
    add("loss cross_entropy --input -", R"({"prediction": [[1, true, 3]], "target": [0]})",
        "cross_entropy.prediction[0][1]: expected a number, found true");
    add("metric accuracy --input -", R"({"prediction": [1, 2], "target": [true, false]})",
        "accuracy.target[0]: expected a number, found true");
    add("loss mse --input -", R"({"prediction": [1], "target": [1], "mask": [false]})",
        "mse.mask[0]: expected a number, found false");
    add("loss mse --input -", R"({"prediction": [1], "target": [null]})",
        "mse.target[0]: expected a number, found null");
    add("loss mse --input -", R"({"prediction": [1], "target": [1, 2]})",
        "mse.target: must have the shape of prediction [1], found [2]");
    // Found "0.0", which is the first entry.
    const char* decimal = R"({"prediction": [[1, 2, 3], [0, 1, -1]], "target": [0, 1.0]})";
    add("loss cross_entropy --input -", decimal,
        "cross_entropy.target[1]: must be an integer, found 1.0");
    add("loss cross_entropy --input -",
        R"({"prediction": [[1, 2], [0, 1]], "target": [0, 100000000000000000000]})",
        "cross_entropy.target[1]: must be an integer of 64 bits, found 1e+20");
    add("loss sum --input - --params {\"terms\":[{\"id\":\"focal\"}]}", decimal,
        "sum.terms[0]: focal.target[1]: must be an integer, found 1.0");
    add("loss sum --input - --params {\"terms\":[{\"id\":\"given\"},{\"id\":\"l1\"}]}",
        R"({"prediction": [1, 2], "target": [1]})", "sum.terms[1]: l1.target: must have the shape");
    add("loss cross_entropy --input -", R"({"prediction": [[1, 2]], "target": [2]})",
        "cross_entropy.target: classes go from 0 to 1 (-100 = ignored), found 2");
    add("loss cross_entropy --input -",
        R"({"prediction": [[1, 2]], "target": [18446744073709551615]})", "cross_entropy.target");
    // Steps.
    add("conflict --input -", "{}",
        "input: an object with the list \"steps\" is needed, found an object without it");
    add("conflict --input -", R"({"steps": [{}]})", "steps[0]: conflict needs \"jacobian\"");
    add("conflict --input -", R"({"steps": [{"jacobian": [[1, 2], [3]]}]})",
        "steps[0].jacobian[1]: 1 numbers, the first row has 2");
    add("conflict --input -", R"({"steps": [{"jacobian": []}]})",
        "steps[0].jacobian: a list of one row a task is needed, found an empty list");
    add("conflict --input -", R"({"steps": [{"jacobian": [1, 2]}]})",
        "steps[0].jacobian[0]: a list of numbers is needed, found number");
    add("conflict --input -", R"({"steps": [{"jacobian": [[1, "2"]]}]})",
        "steps[0].jacobian[0][1]: a number is needed, found \"2\"");
    add("balance mgda --input -", R"({"steps": [{"jacobian": [[1]]}, {"jacobian": [[1, 2]]}]})",
        "steps[1].jacobian: 2 columns, the steps before have 1");
    // A method that reads neither field was run on rows of another K.
    add("balance equal --input -",
        R"({"steps": [{"losses": [1, 2]}, {"jacobian": [[1], [2], [3]]}]})",
        "steps[1].jacobian: 3 rows, the steps before have 2");
    add("balance equal --input -",
        R"({"steps": [{"jacobian": [[1], [2]]}, {"losses": [1, 2, 3]}]})",
        "steps[1].losses: 3 numbers, the steps before have 2");
    add("balance coba --input -", R"({"steps": [{"losses": [1, 2]}]})",
        "steps[0]: coba needs \"validation_losses\"");
    add("balance dtp --input -", R"({"steps": [{"kpi": [1, 2]}]})",
        "steps[0].kpi[1]: a number from 0 to 1 is needed, found 2");
    add("balance modo --input -", R"({"steps": [{"jacobian": [[1]], "jacobian2": [[1, 2]]}]})",
        "steps[0].jacobian2: 1 rows of 2 numbers, the jacobian has 1 of 1");
    add("balance famo --input -", R"({"steps": [{"losses": [1, -1]}]})",
        "steps[0]: famo refuses the loss -1 of task 1: its loss is not above its min_losses");
    add("balance coba --input -", R"({"steps": [{"validation_losses": [1, -2]}]})",
        "steps[0]: coba refuses the loss -2 of task 1: its first validation loss is not above 0");
    add("balance db_mtl --input -", R"({"steps": [{"jacobian": [[1], [2]], "losses": [1, -2]}]})",
        "steps[0]: db_mtl with weighting equal refuses the loss -2 of task 1: its loss is not "
        "above 0");
    add("balance trimmed_mean --input -", R"({"steps": [{"jacobian": [[1], [2]]}]})",
        "trimmed_mean.trim: 1 entries on either side of 2 tasks leave none");
    add("balance moco --input - --params {\"weight_heads\":true}",
        R"({"steps": [{"jacobian": [[1]], "losses": [1]}]})",
        "moco.weight_heads: the method has a direction and no weights");
    add("balance mgda --input -", R"({"steps": [{"losses": [1, 2]}]})",
        "steps[0]: mgda needs \"jacobian\"");
    add("balance dwa --input -", R"({"steps": [{"jacobian": [[1]]}]})",
        "steps[0]: dwa needs \"losses\"");
    // Named nash_mtl.
    add("balance nash_mtl --input - --params {\"weighting\":{\"id\":\"uncertainty\"}}",
        R"({"steps": [{"jacobian": [[1]]}]})", "steps[0]: uncertainty needs \"losses\"");
    add("balance dwa --input -", R"({"steps": [{"losses": [1], "epoch": 1.5}]})",
        "steps[0].epoch: an integer >= 0 is needed, found 1.5");
    add("balance mgda --input - --params {\"normalization\":\"loss\"}",
        R"({"steps": [{"jacobian": [[1], [2]], "losses": null}]})",
        "steps[0].losses: a list of numbers is needed, found null");
    add("balance cagrad --input - --params {\"weighting\":{\"id\":\"dwa\"}}",
        R"({"steps": [{"jacobian": [[1], [2]], "losses": [1, 2], "epoch": "x"}]})",
        "steps[0].epoch: an integer >= 0 is needed, found \"x\"");
    add("balance dwa --input -", R"({"steps": [{"losses": [1, 2]}, {"losses": []}]})",
        "steps[1].losses: 0 numbers, there are 2 tasks");
    add("balance gradnorm --input -", R"({"steps": [{"losses": [1, 2], "jacobian": [[1]]}]})",
        "steps[0].losses: 2 numbers for 1 rows of the jacobian");
    add("balance mgda --input -", R"({"steps": [{"jacobian": [[1e200], [1]]}]})",
        "steps[0]: the products of the jacobian's rows are not finite");
    add("conflict --input -", R"({"steps": [{"jacobian": [[1, 2], [1.5e308, 1.5e308]]}]})",
        "steps[0].jacobian[1]: the length of the row is not finite");
    add("conflict --input -", R"({"steps": [{"jacobian": [[1.5e308], [1.5e308]]}]})",
        "steps[0].jacobian: the length of the rows' sum is not finite");
    add("balance mgda --input -", R"({"steps": []})",
        "steps: at least one step is needed, found an empty list");
    add("balance mgda --input -", R"({"steps": [{}]})", "steps: a \"jacobian\" or \"losses\"");
    // They were printed as null.
    const char* steep = R"({"steps": [{"losses": [1e-9, 1]}, {"losses": [1e-9, 1]},
                                      {"losses": [1e-9, 1]}]})";
    add("balance imtl_l --input - --params {\"optimizer\":\"sgd\",\"lr\":1000}", steep,
        "steps[1]: imtl_l must give finite weights, found inf for task 0");
    const char* step = R"({"steps": [{"jacobian": [[1, 2]]}]})";
    add("balance mgda --input - --params {\"weighting\":{\"id\":\"eqal\"}}", step,
        "weighting.id: no loss weighting \"eqal\"; did you mean \"equal\"?");
    add("balance mgda --input - --params "
        "{\"weighting\":{\"id\":\"static\",\"params\":{\"weights\":[-1]}}}",
        step, "weighting.params.weights[0]: -1 is below 0");
    add("balance mgda --input - --params {\"weighting\":\"equal\"}", step, "weighting: an object");
    add("balance mgda --input - --params {\"weighting\":{\"id\":\"equal\",\"w\":1}}", step,
        "weighting.w: unknown key");
    add("balance equal --input - --params {\"weighting\":{\"id\":\"equal\"}}", step,
        "equal.weighting: unknown parameter");
    add("balance static --input - --params {\"weights\":[1,2]}", step,
        "static.weights: 2 entries, there are 1 tasks");
    add("balance pcgrad --input - --seed -1", step, "--seed");
    add("balance pcgrad --input - --seed x", step,
        "--seed: expected an integer from 0 to 18446744073709551615, found \"x\"");
    add("balance pcgrad --input - --seed 99999999999999999999", step,
        "--seed: expected an integer");
    // The command line.
    add("los mse --input -", two, "no command \"los\"");
    add("loss mse", "", "--input");
    add("loss --input -", two, "ID");
    add("loss mse --inptu -", two, "--input is required");
    add("loss mse --input - --parms {}", two, "--parms");
    add("list lossess", "", "lossess");
    add("list losses mze", "", "\"mze\"; did you mean \"mse\"?");
    add("check /nowhere.json", "", "/nowhere.json: cannot be read");
    for (const char* command :
         {"loss mse --input", "metric mae --input", "balance mgda --input", "conflict --input"})
      add(qPrintable(QString(command) + " "), "", "--input: no file is named; give its path");
    QTest::newRow("line break in a key")
        << QStringList{"loss", "mse", "--input", "-", "--params", "{\"a\\nb\": 1}"} << QString(two)
        << "unknown parameter";
    QTest::newRow("deep lists") << QStringList{"loss", "mse", "--input", "-"}
                                << R"({"prediction": )" + QString(20, '[') + QString(20, ']') + "}"
                                << "mse.prediction: lists nest more than 8 deep";
    QTest::newRow("deep JSON") << QStringList{"loss", "mse", "--input", "-"}
                               << R"({"prediction": )" + QString(200000, '[') + "}"
                               << "standard input:1:79: more than 64 brackets";
  }
  void refusesMistakes() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, input);
    QFETCH(QString, message);
    std::vector<std::string> list;
    for (const auto& argument : arguments) list.push_back(argument.toStdString());
    const auto answer = call(list, input.toStdString());
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.find(message.toStdString()) != std::string::npos, answer.err.c_str());
    QCOMPARE(std::count(answer.err.begin(), answer.err.end(), '\n'), 1);
    QCOMPARE(answer.err.back(), '\n');
    QCOMPARE(answer.out, std::string());
  }

  /// The bytes were passed on as they were.
  void messagesAreUtf8() {
    const std::string input = "{\"prediction\": \"\xC3\xA9\xFF\"}";
    for (const char* command : {"loss mse", "balance mgda", "conflict"}) {
      std::vector<std::string> arguments;
      for (const auto& word : QString(command).split(' ')) arguments.push_back(word.toStdString());
      arguments.insert(arguments.end(), {"--input", "-"});
      const auto answer = call(arguments, input);
      QCOMPARE(answer.code, 2);
      QVERIFY2(answer.err.find("\xC3\xA9\\xFF") != std::string::npos, answer.err.c_str());
    }
    const auto answer = call({"loss", "mse", "--input", "-", "--params", "\"\xFF\""}, "{}");
    QVERIFY2(answer.err.find("\\xFF") != std::string::npos, answer.err.c_str());
  }

  /// Whatever is given, a calculation prints an object or one line of complaint.
  void oddInputsAreAnsweredOrRefused_data() {
    QTest::addColumn<QString>("command");
    QTest::addColumn<QString>("id");
    for (const auto& [command, kind] : {std::pair("loss", "losses"), {"metric", "metrics"}})
      for (const auto& entry : json::parse(call({"list", kind, "--json"}).out))
        QTest::addRow("%s %s", command, entry["id"].get<std::string>().c_str())
            << QString(command) << QString::fromStdString(entry["id"]);
  }
  void oddInputsAreAnsweredOrRefused() {
    QFETCH(QString, command);
    QFETCH(QString, id);
    const json odd{json::array(),
                   0,
                   {1},
                   {0, 1},
                   {0.5, 0.25},
                   {{1, 2}, {3, 4}},
                   {{1}},
                   {json::array()},
                   {{{1, 2}}, {{3, 4}}},
                   {-100, -100},
                   {{1e308, -1e308}, {0, 1}}};
    for (const auto& prediction : odd)
      for (const auto& target : odd)
        for (const bool masked : {false, true}) {
          if (masked && prediction != target) continue;
          json input{{"prediction", prediction}, {"target", target}};
          if (masked) input["mask"] = {1, 0};
          const auto answer = compute(command.toStdString(), id.toStdString(), object(), input);
          QVERIFY2(answer.code == 0 || answer.code == 2, input.dump().c_str());
          const auto& text = answer.code == 0 ? answer.out : answer.err;
          QCOMPARE(std::count(text.begin(), text.end(), '\n'), 1);
          QCOMPARE((answer.code == 0 ? answer.err : answer.out), std::string());
          if (answer.code == 2) continue;
          const auto found = json::parse(answer.out);
          QVERIFY(found.contains("value"));
          if (command == "loss") QCOMPARE(found.at("gradient").size(), prediction.size());
        }
  }
};

EQUIPOISE_TEST(TestCalculations)
#include "tst_calculations.moc"

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <fstream>

#include "app/cli/cli_support.h"
#include "tests/registry.h"

using nlohmann::json;

namespace {

Answer merged(const std::string& id, const json& params, const json& input,
              const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"merge", id, "--input", "-", "--params", params.dump()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return call(arguments, input.dump());
}

json tensorOf(const json& data) {
  return {{"shape", {data.size()}}, {"data", data}};
}

json pair() {
  return {{"base", {{"w", tensorOf({1, 2})}}},
          {"experts", json::array({{{"w", tensorOf({2, 2})}}, {{"w", tensorOf({1, 4})}}})}};
}

/// A kept input of fuzzing: {"id", "params", fields of the input}.
json keptInput(const QString& id) {
  std::ifstream stream(eq::test::inSource("tests/fuzz/corpus/merge/" + id.toStdString()));
  return json::parse(stream);
}

QStringList keysOf(const json& object) {
  QStringList keys;
  for (const auto& [key, value] : object.items()) keys << QString::fromStdString(key);
  return keys;
}

}  // namespace

/// merge ID --input, as a script uses it.
class TestMergeCommand : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

 private Q_SLOTS:
  void exampleOfTheSheet() {
    auto input = pair();
    input["experts"].erase(size_t{1});
    const auto answer = merged("task_arithmetic", json::object(), input);
    QCOMPARE(answer.code, 0);
    QCOMPARE(answer.err, std::string());
    QCOMPARE(answer.out, std::string("{\"cosines\":[[1.0]],\"merged\":{\"w\":{\"data\":[1.3,2.0],"
                                     "\"shape\":[2]}},\"merged_norm\":0.30000000000000004,"
                                     "\"norms\":[1.0]}\n"));
  }

  void inputComesFromAFileToo() {
    const auto file = folder_.filePath("models.json").toStdString();
    std::ofstream(file) << pair().dump(2);
    const auto answer = call({"merge", "ties", "--input", file, "--json"});
    QCOMPARE(answer.code, 0);
    QCOMPARE(answer.err, std::string());
    QCOMPARE(answer.out, merged("ties", json::object(), pair()).out);
  }

  void printsItsFields_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QStringList>("fields");
    const auto add = [](const char* id, const char* fields) {
      QTest::newRow(id) << id << QString(fields).split(' ', Qt::SkipEmptyParts);
    };
    const auto models = [&](const char* id, const char* own) {
      QStringList fields = QString(own).split(' ', Qt::SkipEmptyParts);
      fields << "cosines"
             << "merged"
             << "merged_norm"
             << "norms";
      fields.sort();
      QTest::newRow(id) << id << fields;
    };
    for (const char* id : {"weight_average", "task_arithmetic", "ties", "regmean", "atm"})
      models(id, "");
    models("dare", "masks");
    models("fisher", "weights");
    models("gradient_matching", "fallback");
    models("pcb", "scores");
    models("tall_masks", "masks reconstructed shares");
    models("consensus", "masks consensus catastrophic selfish");
    models("iso_c", "singular_values");
    models("iso_cts", "singular_values");
    models("tsv_m", "interference");
    models("atlas", "coefficient_gradients");
    models("adamerging", "entropies loss coefficient_gradients");
    models("self_positioning", "coefficients coefficient_gradients scale_gradient");
    models("fork_merge", "raw_coefficients coefficients order score evaluations");
    models("expert_average", "selected");
    add("adapter_routing", "delta merged weights");  // without a base
    add("surgery", "corrected down_gradients losses up_gradients");
    add("tinting", "gradients kept loss losses");
    add("logits_fusion", "alpha probabilities targets");
    add("scalearn", "omega_gradients output");
  }
  void printsItsFields() {
    QFETCH(QString, id);
    QFETCH(QStringList, fields);
    auto input = keptInput(id);
    const auto params = input["params"];
    input.erase("params");
    input.erase("id");
    const auto answer = merged(id.toStdString(), params, input);
    QVERIFY2(answer.code == 0 && answer.err.empty(), answer.err.c_str());
    QCOMPARE(keysOf(json::parse(answer.out)), fields);
  }

  /// All methods that `list merges` names are among those above.
  void everyMethodIsListed() {
    int count = 0;
    for (const auto& method : json::parse(call({"list", "merges", "--json"}).out)) {
      QVERIFY(keptInput(QString::fromStdString(method["id"]))["id"] == method["id"]);
      ++count;
    }
    QCOMPARE(count, 24);
  }

  void numbersReadBackToTheSameBits() {
    const json numbers{0.1, 1.0 / 3, 1e-300, 5e-324, -2.5e17, 1.7976931348623157e308 / 4, -0.0};
    const json model{{"head.far", tensorOf(numbers)},
                     {"n", {{"shape", {2}}, {"dtype", "int64"}, {"data", {INT64_MIN, INT64_MAX}}}},
                     {"w", tensorOf(numbers)}};
    const json input{{"base", model}, {"experts", json::array({model})}};
    for (const char* id : {"task_arithmetic", "weight_average"}) {
      const auto found = json::parse(merged(id, json::object(), input).out)["merged"];
      for (const char* name : {"head.far", "w"})
        for (size_t i = 0; i < numbers.size(); ++i) {
          const double back = found[name]["data"][i], given = numbers[i];
          QCOMPARE(back, given);
          QCOMPARE(std::signbit(back), std::signbit(given));
        }
      QVERIFY(found["n"] == model["n"]);
    }
  }

  void seedDecidesTheDraws() {
    json numbers = json::array();
    for (int i = 0; i < 64; ++i) numbers.push_back(i + 1);
    auto input = pair();
    input["base"]["w"] = tensorOf(json(64, 0));
    for (auto& expert : input["experts"]) expert["w"] = tensorOf(numbers);
    const auto drawn = [&](const char* seed) {
      return merged("dare", json::object(), input, {"--seed", seed}).out;
    };
    QCOMPARE(drawn("3"), drawn("3"));
    QVERIFY(drawn("3") != drawn("4"));
    QCOMPARE(merged("dare", json::object(), input).out, drawn("0"));
    QCOMPARE(merged("ties", json::object(), input, {"--seed", "3"}).out,
             merged("ties", json::object(), input, {"--seed", "4"}).out);
    const auto masks = json::parse(drawn("18446744073709551615"))["masks"];
    QVERIFY(masks[0] != masks[1]);
  }

  void misspeltFieldsAreTold() {
    auto input = pair();
    input["expertss"] = input["fisher"] = 1;  // the second is another method's
    const auto answer = merged("ties", json::object(), input);
    QCOMPARE(answer.code, 0);
    QCOMPARE(answer.err, std::string("input.expertss: no method reads such a field, so it changes "
                                     "nothing; did you mean \"experts\"?\n"));
    // This one was merged as if it were no counter.
    auto counter = pair();
    counter["base"]["w"]["dtyp"] = "int64";
    QCOMPARE(
        merged("ties", json::object(), counter).err,
        std::string("base.w.dtyp: no method reads such a field, so it changes nothing; did you "
                    "mean \"dtype\"?\n"));
  }

  void refusesInOneLine_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("input");
    QTest::addColumn<QString>("message");
    const auto add = [](const QStringList& arguments, const QString& input, const char* message) {
      QTest::newRow(message) << arguments << input << message;
    };
    const auto plain = QString::fromStdString(pair().dump());
    add({"tiez", "--input", "-"}, plain, "no merge method \"tiez\"; did you mean \"ties\"?");
    add({"ties", "--input", "-", "--params", R"({"keep": 2})"}, plain, "ties.keep: 2 is above 1");
    add({"ties", "--input", "-", "--params", R"({"lambda": "search"})"}, plain,
        "ties.lambda: \"search\" needs runs");
    add({"ties", "--input", "-", "--params", "{"}, plain, "--params:1:2: not JSON");
    add({"ties", "--input", "-"}, "{", "standard input:1:2: not JSON");
    add({"ties", "--input", "-"}, "[]",
        "input: expected an object with the input fields, found []");
    add({"ties", "--input", "-"}, R"({"base": {}})", "experts: is required and missing");
    add({"ties", "--input", "-"}, R"({"base": {"a\nb": 1}, "experts": []})", "base.a");
    add({"ties", "--input", "/nowhere/input.json"}, "", "/nowhere/input.json: ");
    add({"dare", "--input", "-", "--seed", "-1"}, plain, "--seed: expected an integer from 0 to");
    auto odd = pair();
    odd["experts"][1] = {{"trunk.0.bias", tensorOf({1})}};
    add({"ties", "--input", "-"}, QString::fromStdString(odd.dump()),
        "experts[1].w: only the base has this tensor; experts[1].trunk.0.bias: the base has no "
        "such");
    add({"task_arithmetic", "--input", "-"},
        R"({"base": {"w": {"shape": [2], "data": [0, 0]}},
            "experts": [{"w": {"shape": [2], "data": [1.5e308, 1.5e308]}}]})",
        "norms[0]: the answer's number is beyond those of float64");
  }
  void refusesInOneLine() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, input);
    QFETCH(QString, message);
    std::vector<std::string> given{"merge"};
    for (const auto& argument : arguments) given.push_back(argument.toStdString());
    const auto answer = call(given, input.toStdString());
    QCOMPARE(answer.code, 2);
    QCOMPARE(answer.out, std::string());
    QVERIFY2(answer.err.starts_with(message.toStdString()), answer.err.c_str());
    QCOMPARE(answer.err.find('\n'), answer.err.size() - 1);
  }
};

EQUIPOISE_TEST(TestMergeCommand)
#include "tst_merge.moc"

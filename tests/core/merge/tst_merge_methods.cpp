#include <QTest>

#include <cmath>

#include "core/base/error.h"
#include "core/merge/catalog.h"
#include "tests/registry.h"

using nlohmann::json;

namespace {

json tensorOf(const std::vector<double>& data, std::vector<int> shape = {}) {
  if (shape.empty()) shape = {static_cast<int>(data.size())};
  return {{"w", {{"shape", shape}, {"data", data}}}};
}

const std::vector<double> kBase{1, 0, 2, -1, .5, 3};

json expertOf(std::vector<double> tau) {
  for (size_t i = 0; i < tau.size(); ++i) tau[i] += kBase[i];
  return tensorOf(tau);
}

/// The sheet's Toy.
json toy() {
  return {
      {"base", tensorOf(kBase)},
      {"experts", {expertOf({.6, -.4, .1, .8, -.2, .05}), expertOf({-.5, -.3, .7, .9, .02, -.6})}}};
}

json computed(const std::string& id, const json& input, const json& params = json::object()) {
  return eq::merge::createMerge(id, params)->compute(input, 0);
}

bool near(const json& found, const std::vector<double>& expected) {
  const auto numbers = found.get<std::vector<double>>();
  if (numbers.size() != expected.size()) return false;
  for (size_t i = 0; i < numbers.size(); ++i)
    if (!(std::abs(numbers[i] - expected[i]) < 1.1e-6)) return false;
  return true;
}

bool mergesTo(const json& answer, const std::vector<double>& expected) {
  return near(answer["merged"]["w"]["data"], expected);
}

json fisherToy() {
  auto input = toy();
  input["fisher"] = {tensorOf({1, 2, .5, 4, 1, .1}), tensorOf({3, 2, 1.5, 1, 1, .9})};
  input["base_fisher"] = tensorOf({1, 1, 1, 1, 1, 1});
  return input;
}

}  // namespace

/// The worked numbers of the sheet, and what is refused.
class TestMergeMethods : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void averagesAndTaskArithmetic() {
    QVERIFY(mergesTo(computed("weight_average", toy()), {1.05, -.35, 2.4, -.15, .41, 2.725}));
    const auto added = computed("task_arithmetic", toy());
    QVERIFY(mergesTo(added, {1.03, -.21, 2.24, -.49, .446, 2.835}));
    QVERIFY(near(added["norms"], {1.101136, 1.414355}));
    QVERIFY(near(added["cosines"][0], {1, .369848}));
    QVERIFY(near(json::array({added["merged_norm"]}), {.626770}));
    QVERIFY(computed("task_arithmetic", toy(), {{"lambda", 0}})["merged"] == toy()["base"]);
  }

  void ties() {
    const auto update = [](const json& params) {
      auto given = params;
      given["keep"] = .5;
      return computed("ties", toy(), given);
    };
    QVERIFY(mergesTo(update({{"merge", "mean"}}), {1.6, -.4, 2.7, -.15, .5, 2.4}));
    QVERIFY(mergesTo(update({{"merge", "sum"}}), {1.6, -.4, 2.7, .7, .5, 2.4}));
    QVERIFY(mergesTo(update({{"merge", "max"}}), {1.6, -.4, 2.7, -.1, .5, 2.4}));
    QVERIFY(mergesTo(update({{"count", "released"}}), {1.6, -.4, 2.7, -.15, .3, 2.4}));
    QVERIFY(computed("ties", toy(), {{"keep", 0}})["merged"] == toy()["base"]);
  }

  void fisherAndGradientMatching() {
    QVERIFY(mergesTo(computed("fisher", fisherToy()), {.775, -.35, 2.55, -.18, .41, 2.465001}));
    const auto matched = computed("gradient_matching", fisherToy(), {{"delta", 1e-3}});
    QVERIFY(mergesTo(matched, {.840052, -.420056, 2.633389, -.033211, .37998, 2.457496}));
  }

  void pcb() {
    const auto found = computed("pcb", toy(), {{"keep", .5}, {"lambda", 1}});
    QVERIFY(mergesTo(found, {1, -.4, 2.7, -.35, .5, 3}));
    QVERIFY(near(found["scores"][0]["w"]["data"], {0, .028279, 0, 1, 0, 0}));
  }

  void isotropic() {
    const json input{{"base", tensorOf({0, 0, 0, 0, 0, 0}, {3, 2})},
                     {"experts", {tensorOf({2, 1, 1, 1, 0, 1}, {3, 2})}}};
    const auto found = computed("iso_c", input);
    QVERIFY(mergesTo(found, {1.612372, .295876, .5, .908248, -.612372, 1.520621}));
    QVERIFY(near(found["singular_values"]["w"], {2.676243, .915272}));
  }

  void refuses_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("input");
    QTest::addColumn<QString>("params");
    QTest::addColumn<QString>("message");
    const auto add = [](const char* id, const char* input, const char* params,
                        const char* message) {
      QTest::newRow(message) << QString(id) << QString(input) << QString(params)
                             << QString(message);
    };
    const char* one =
        R"({"base":{"w":{"shape":[1],"data":[1]}},"experts":[{"w":{"shape":[1],"data":[2]}}]})";
    add("ties", "{}", "{}", "base: is required and missing");
    add("weight_average", R"({"experts":[]})", "{}", "experts: at least one is needed");
    add("ties", one, R"({"keep":2})", "ties.keep: 2 is above 1");
    add("ties", one, R"({"lambda":"search"})", "ties.lambda: \"search\" needs runs");
    add("task_arithmetic", one, R"({"operation":"analogy"})", "experts: analogy needs 3 experts");
    add("weight_average", one, R"({"weights":[0]})", "weight_average.weights: the sum must be");
    add("fisher", one, "{}", "fisher.fisher: is required and missing");
    add("ties",
        R"({"base":{"w":{"shape":[1],"data":[1]}},"experts":[{"v":{"shape":[1],"data":[2]}}]})",
        "{}", "experts[0].w: only the base has this tensor; experts[0].v: the base has no such");
    add("ties",
        R"({"base":{"w":{"shape":[2],"data":[1]}},"experts":[{"w":{"shape":[1],"data":[2]}}]})",
        "{}", "base.w: 1 numbers in \"data\"");
  }
  void refuses() {
    QFETCH(QString, id);
    QFETCH(QString, input);
    QFETCH(QString, params);
    QFETCH(QString, message);
    try {
      computed(id.toStdString(), json::parse(input.toStdString()),
               json::parse(params.toStdString()));
      QFAIL("not refused");
    } catch (const eq::Error& error) {
      QVERIFY2(std::string(error.what()).starts_with(message.toStdString()), error.what());
    }
  }
};

EQUIPOISE_TEST(TestMergeMethods)
#include "tst_merge_methods.moc"

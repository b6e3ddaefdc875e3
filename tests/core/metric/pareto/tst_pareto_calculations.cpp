#include <QTest>

#include "core/metric/pareto/calculation.h"
#include "tests/core/metric/pareto/front_support.h"
#include "tests/registry.h"

using namespace eq::metric;
using namespace eq::metric::test;

namespace {

json computed(const char* id, const json& input, const json& params = json::object()) {
  return paretoCalculations().create(id, params, id)->compute(input);
}

/// Three samples of the sheet for the first task; the second has the same losses in other order.
const json kSamples{{"alphas", {{.2, .8}, {.5, .5}, {.8, .2}}},
                    {"losses", {{1, 0}, {1.3, 0}, {.9, 0}}}};

}  // namespace

/// The small calculations of methods that train a front.
class TestParetoCalculations : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void latticeCountsDownFromTheFirstTask() {
    QCOMPARE(computed("lattice", json::object(), {{"tasks", 3}, {"divisions", 2}})["weights"],
             (json{{1.0, 0.0, 0.0},
                   {0.5, 0.5, 0.0},
                   {0.5, 0.0, 0.5},
                   {0.0, 1.0, 0.0},
                   {0.0, 0.5, 0.5},
                   {0.0, 0.0, 1.0}}));
    QCOMPARE(
        computed("lattice", json::object(), {{"tasks", 3}, {"divisions", 10}})["weights"].size(),
        size_t{66});
    QCOMPARE(computed("lattice", json::object(), {{"tasks", 1}, {"divisions", 9}})["weights"],
             (json{{1.0}}));
    const auto thirds = computed("lattice", json::object(), {{"tasks", 2}, {"divisions", 3}});
    QCOMPARE(thirds["weights"][1][0].get<double>(), 2.0 / 3);
  }

  void raysStandAtEqualAngles() {
    const auto rays = computed("rays", json::object())["weights"];
    QCOMPARE(rays.size(), size_t{25});
    for (size_t i = 0; i < 25; ++i) {
      const double first = rays[i][0], second = rays[i][1];
      QVERIFY(same(first + second, 1));
      const double angle = 0.1 + static_cast<double>(i) * (std::acos(0.0) - 0.2) / 24;
      QVERIFY(same(std::atan2(second, first), angle));
    }
    QVERIFY(same(computed("rays", json::object(), {{"count", 3}, {"margin", 0}})["weights"],
                 {{1, 0}, {.5, .5}, {0, 1}}));
  }

  void pamalOfTheSheet() {
    const auto of = [](const char* pairs, const char* direction) {
      const auto found = computed("pamal", kSamples, {{"pairs", pairs}, {"direction", direction}});
      return found["per_task"][0].get<double>();
    };
    QVERIFY(same(of("all", "definition"), 0.110306, 1e-6));
    QVERIFY(same(of("chain", "definition"), 0.161208, 1e-6));
    QVERIFY(same(of("chain", "released"), 0.219868, 1e-6));
    // The sheet's 0.181488 is 0.1814867.
    QVERIFY(same(of("all", "released"), std::log((1 + std::exp(.4) + std::exp(.1)) / 3)));
    const double sum = .2 * 1 + .5 * 1.3 + .8 * .9;
    QVERIFY(sameObject(computed("pamal", kSamples),
                       {{"sum", sum}, {"applied", false}, {"value", sum}}));
    const auto applied = computed("pamal", kSamples, {{"lambda", 2}});
    QVERIFY(sameObject(applied, {{"applied", true}, {"regulariser", 0.110306}}, 1e-6));
    QVERIFY(same(applied["value"], sum + 2 * applied["regulariser"].get<double>()));
    // λR is not below the sum.
    QVERIFY(sameObject(computed("pamal", kSamples, {{"lambda", 20}}),
                       {{"applied", false}, {"value", sum}}));
    // Without a pair there is nothing to compare; a large temperature overflows nothing.
    QVERIFY(sameObject(computed("pamal", {{"alphas", {{1}, {1}}}, {"losses", {{1}, {2}}}}),
                       {{"regulariser", 0}, {"per_task", {0}}}));
    const auto hot = computed("pamal", kSamples, {{"temperature", 1e4}});
    QVERIFY(same(hot["per_task"][0], 3000 - std::log(3)));
  }

  void cosmosOfTheSheet() {
    const auto first = computed("cosmos", {{"preference", {.3, .7}}, {"losses", {.5, 1.2}}});
    QVERIFY(same(first["value"], -1.009898, 1e-6));
    const json input{{"preference", {.3, .7}}, {"losses", {2, .5}}};
    const auto second = computed("cosmos", input);
    QVERIFY(sameObject(second, {{"cosine", 0.605083}, {"value", -0.260167}}, 1e-6));
    for (size_t k = 0; k < 2; ++k) {
      const auto at = [&](double step) {
        auto moved = input;
        moved["losses"][k] = moved["losses"][k].get<double>() + step;
        return computed("cosmos", moved)["value"].get<double>();
      };
      QVERIFY(same(second["gradient"][k], (at(1e-6) - at(-1e-6)) / 2e-6, 1e-8));
    }
    QVERIFY(sameObject(computed("cosmos", {{"preference", {.3, .7}}, {"losses", {0, 0}}}),
                       {{"cosine", 0}, {"value", 0}, {"gradient", {.3, .7}}}));
    QVERIFY(same(computed("cosmos", {{"preference", {1, 1}}, {"losses", {1e300, 1e300}}})["cosine"],
                 1));
  }

  void ibclOfTheSheet() {
    const json input{{"preference", {6, 4}}, {"means", {{{1}}, {{2}}}}, {"stds", {{{.1}}, {{.3}}}}};
    QVERIFY(sameObject(computed("ibcl", input),
                       {{"mean", {1.4}}, {"std", {.18}}, {"low", {.936351}}, {"high", {1.863649}}},
                       1e-6));
    QVERIFY(sameObject(computed("ibcl", input, {{"interval", "released"}}),
                       {{"low", {1.397744}}, {"high", {1.402256}}}, 1e-6));
    // The mean over the posteriors of a task comes first.
    QVERIFY(sameObject(computed("ibcl", {{"preference", {1}},
                                         {"means", {{{1, 2}, {3, 6}}}},
                                         {"stds", {{{1, 0}, {3, 0}}}}}),
                       {{"mean", {2, 4}}, {"std", {2, 0}}}));
    // Far out in the tail: Φ⁻¹(5e-21) = −9.336045 (scipy.stats.norm.ppf 1.15).
    const auto far = computed("ibcl", {{"preference", {1}}, {"means", {{{0}}}}, {"stds", {{{1}}}}},
                              {{"alpha", 1e-20}});
    QVERIFY(same(far["high"][0], 9.336045, 1e-6));
  }

  void attributionKeepsTheLargestScores() {
    const json input{{"weights", {1, -2, 3, 0, 1}},
                     {"forget_gradient", {1, 1, .5, 4, 1}},
                     {"retain_gradient", {0, 2, 1, .5, 0}}};
    QVERIFY(sameObject(computed("attribution", input, {{"gamma", 2}, {"keep", .6}}),
                       {{"scores", {1, 3, 1.25, 1, 1}}, {"mask", {1, 1, 1, 0, 0}}}));
    QCOMPARE(computed("attribution", input, {{"keep", 0}})["mask"], (json{0, 0, 0, 0, 0}));
    QCOMPARE(computed("attribution", input, {{"keep", 1}})["mask"], (json{1, 1, 1, 1, 1}));
    // 0.7 of ten are seven, also where the product is 6.999...
    const json ten = std::vector<double>(10, 1.0);
    const auto mask = computed(
        "attribution", {{"weights", ten}, {"forget_gradient", ten}, {"retain_gradient", ten}},
        {{"keep", .7}})["mask"];
    QCOMPARE(mask, (json{1, 1, 1, 1, 1, 1, 1, 0, 0, 0}));
  }

  void refuses_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("input");
    QTest::addColumn<QString>("params");
    QTest::addColumn<QString>("message");
    const auto add = [](const char* id, const char* input, const char* params,
                        const char* message) {
      QTest::newRow(qPrintable(QString(id) + input + params))
          << QString(id) << QString(input) << QString(params) << QString(message);
    };
    add("lattice", "{}", R"({"tasks":2})", "lattice.divisions: is required and missing");
    add("lattice", "{}", R"({"divisions":2})", "lattice.tasks: is required and missing");
    add("lattice", "{}", R"({"tasks":65,"divisions":2})", "lattice.tasks: 65 is above 64");
    add("lattice", "{}", R"({"tasks":2,"divisions":0})", "lattice.divisions: 0 is below 1");
    add("lattice", "{}", R"({"tasks":64,"divisions":9223372036854775807})",
        "lattice.divisions: 9223372036854775807 gives ");
    add("rays", "{}", R"({"count":1})", "rays.count: 1 is below 2");
    add("rays", "{}", R"({"margin":0.71})", "rays.margin: 0.71 is above 0.7");
    add("pamal", R"({"alphas":[[1,2]],"losses":[[1]]})", "{}",
        "pamal.losses: expected 1 rows of 2 numbers as in alphas, found 1 of 1");
    add("pamal", R"({"alphas":[],"losses":[]})", "{}", "pamal.alphas: expected a row a sample");
    add("pamal", R"({"alphas":[[1]]})", "{}", "pamal.losses: is required and missing");
    add("pamal", R"({"alphas":[[1]],"losses":[[1]]})", R"({"temperature":0})",
        "pamal.temperature: 0 is not above 0");
    add("cosmos", R"({"preference":[1,2],"losses":[1]})", "{}",
        "cosmos.losses: expected 2 numbers, found 1: [1]");
    add("cosmos", R"({"preference":[],"losses":[]})", "{}", "cosmos.preference: expected a number");
    add("cosmos", R"({"preference":["a"],"losses":[1]})", "{}",
        "cosmos.preference[0]: expected a number, found \"a\"");
    add("ibcl", R"({"means":[[[1]]],"stds":[[[-1]]],"preference":[1]})", "{}",
        "ibcl.stds[0][0][0]: -1 is below 0");
    add("ibcl", R"({"means":[[[1]],[[1]]],"stds":[[[1]]],"preference":[1,1]})", "{}",
        "ibcl.stds: expected 2 tasks as in means, found 1");
    add("ibcl", R"({"means":[[[1]],[[1,2]]],"stds":[[[1]],[[1]]],"preference":[1,1]})", "{}",
        "ibcl.means[1]: expected 1 posteriors of 1 parameters as in means[0], found 1 of 2");
    add("ibcl", R"({"means":[[[1]]],"stds":[[[1]]],"preference":[1,2]})", "{}",
        "ibcl.preference: expected 1 numbers, found 2: [1,2]");
    add("ibcl", R"({"means":[[[1]]],"stds":[[[1]]],"preference":[0]})", "{}",
        "ibcl.preference: the sum must be above 0, found 0");
    add("ibcl", R"({"means":[[[1]]],"stds":[[[1]]],"preference":[1]})", R"({"alpha":1})",
        "ibcl.alpha: 1 is not below 1");
    add("attribution", R"({"weights":[1],"forget_gradient":[1,2],"retain_gradient":[1]})", "{}",
        "attribution.forget_gradient: expected 1 numbers, found 2: [1,2]");
    add("attribution", R"({"weights":[1],"forget_gradient":[1],"retain_gradient":[1]})",
        R"({"keep":1.5})", "attribution.keep: 1.5 is above 1");
    add("nothing", "{}", "{}", "nothing: no calculation of pareto \"nothing\"");
  }
  void refuses() {
    QFETCH(QString, id);
    QFETCH(QString, input);
    QFETCH(QString, params);
    QFETCH(QString, message);
    try {
      computed(qPrintable(id), json::parse(input.toStdString()), json::parse(params.toStdString()));
      QFAIL("not refused");
    } catch (const eq::Error& error) {
      QVERIFY2(std::string(error.what()).starts_with(message.toStdString()), error.what());
    }
  }
};

EQUIPOISE_TEST(TestParetoCalculations)
#include "tst_pareto_calculations.moc"

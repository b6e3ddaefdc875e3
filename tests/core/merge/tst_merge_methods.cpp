#include <QTest>

#include "tests/core/merge/merge_support.h"
#include "tests/registry.h"

namespace {

using namespace eq::merge::test;

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
  input["fisher"] = {modelOf({1, 2, .5, 4, 1, .1}), modelOf({3, 2, 1.5, 1, 1, .9})};
  input["base_fisher"] = modelOf({1, 1, 1, 1, 1, 1});
  return input;
}

/// A_1 and A_2.
json spectralPair() {
  const std::vector<double> zero(16, 0);
  return {{"base", modelOf(zero, {4, 4})},
          {"experts",
           {modelOf({3, 1, 0, 0, 0, 2, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1}, {4, 4}),
            modelOf({0, 1, 2, 0, 1, 0, 0, 1, 0, 2, 0, 0, 2, 0, 0, -1}, {4, 4})}}};
}

}  // namespace

/// The worked numbers of the sheet.
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
    const json input{{"base", modelOf({0, 0, 0, 0, 0, 0}, {3, 2})},
                     {"experts", {modelOf({2, 1, 1, 1, 0, 1}, {3, 2})}}};
    const auto found = computed("iso_c", input);
    QVERIFY(mergesTo(found, {1.612372, .295876, .5, .908248, -.612372, 1.520621}));
    QVERIFY(near(found["singular_values"]["w"], {2.676243, .915272}));
  }

  void negation() {
    auto input = toy();
    input["experts"].erase(size_t{1});
    const auto found =
        computed("task_arithmetic", input, {{"operation", "negate"}, {"lambda", .5}});
    QVERIFY(mergesTo(found, {.7, .2, 1.95, -1.4, .6, 2.975}));
  }

  /// A is to B as C is to D: θ0 + λ(τ_C + τ_B − τ_A).
  void analogy() {
    const json input{{"base", modelOf({1, 1})},
                     {"experts", {modelOf({2, 1}), modelOf({1, 4}), modelOf({1, 6})}}};
    const auto found =
        computed("task_arithmetic", input, {{"operation", "analogy"}, {"lambda", 1}});
    QVERIFY(mergesTo(found, {0, 9}));
  }

  void fisherNormalized() {
    const auto found = computed("fisher", fisherToy(), {{"normalize", true}});
    QVERIFY(near(found["weights"], {.236944, .263056}));
    QVERIFY(mergesTo(found, {.754005, -.347389, 2.561452, -.178275, .415745, 2.459135}));
    const auto matched =
        computed("gradient_matching", fisherToy(), {{"delta", 1e-3}, {"alpha", .5}});
    QVERIFY(mergesTo(matched, {.866728, -.35, 2.474963, -.171422, .41, 2.638391}));
  }

  void regmean() {
    const json input{{"experts", {modelOf({1, 2, 0, 1}, {2, 2}), modelOf({3, 0, 1, 1}, {2, 2})}},
                     {"grams", {{{"w", {{2, 1}, {1, 2}}}}, {{"w", {{1, 0}, {0, 3}}}}}}};
    const auto merged = [&](double a) {
      return computed("regmean", input, {{"off_diagonal", a}, {"jitter", 0}});
    };
    QVERIFY(mergesTo(merged(1), {2.142857, .571429, .357143, .928571}));
    QVERIFY(mergesTo(merged(.1), {1.707138, .785857, .333556, .993329}));
  }

  void masks() {
    const auto tall = computed("tall_masks", toy());
    QVERIFY(near(tall["masks"][0]["w"]["data"], {1, 1, 0, 1, 1, 0}));
    QVERIFY(near(tall["masks"][1]["w"]["data"], {1, 1, 1, 1, 0, 1}));
    QVERIFY(near(tall["reconstructed"][0]["w"]["data"], {1.1, -.7, 2, .7, .32, 3}));
    QVERIFY(near(tall["shares"], {4. / 6, 5. / 6}));
    const auto one = computed("tall_masks", toy(), {{"lambda", 1}});
    QVERIFY(near(one["masks"][0]["w"]["data"], {1, 1, 0, 0, 1, 0}));
    QVERIFY(near(one["masks"][1]["w"]["data"], {0, 0, 1, 1, 0, 1}));
    const auto found = computed("consensus", toy());
    QVERIFY(near(found["consensus"]["w"]["data"], {1, 1, 0, 1, 0, 0}));
    QCOMPARE(found["catastrophic"].get<double>(), 0.0);
    QCOMPARE(found["selfish"].get<double>(), 3.0 / 6);
  }

  void isotropicOfTwo() {
    const auto common = computed("iso_cts", spectralPair(), {{"common", .5}});
    QVERIFY(near(common["singular_values"]["w"], {2.031116, 2.358031, 5.408090, 2.461690}));
    QVERIFY(mergesTo(
        common, {2.009734, 1.644180, .826253, -1.402685, 1.205211, 1.092195, -1.155699, 2.326267,
                 -1.407211, 1.559881, 1.999684, .990137, 1.385919, -1.750181, 1.837256, 1.016448}));
    const auto tsv = computed("tsv_m", spectralPair());
    QVERIFY(near(json::array({tsv["interference"]["w"]}), {9.054028}));
    QVERIFY(mergesTo(
        tsv, {2.482127, .283843, 1.552298, 1.443735, .072688, 1.753966, -.617292, 1.313088,
              -.955857, 1.340664, 1.620392, -1.280176, 1.343346, .701688, -.940222, -1.456706}));
  }

  void entropies() {
    auto input = toy();
    input["logits"] = {{{2, 1, 0}, {0, 0, 0}}, {{1, -1}, {5, 0}}};
    const auto found = computed("adamerging", input);
    QVERIFY(near(found["entropies"], {.965504, .202757}));
    QVERIFY(near(json::array({found["loss"]}), {1.168261}));
    // A binary task's logits are one number; a task without classes is left out.
    input["logits"] = {{2, 5}, nullptr};
    QVERIFY(near(json::array({computed("adamerging", input)["loss"]}), {.202757}));
  }

  void surgery() {
    const auto found = computed("surgery", {{"representations", {{{1, -1}}}},
                                            {"down", {{{1, .5}}}},
                                            {"up", {{{.2}, {.4}}}},
                                            {"targets", {{{1, -1}}}}});
    QVERIFY(near(found["corrected"][0][0], {.9, -1.2}));
    QVERIFY(near(found["losses"], {.15}));
    QVERIFY(near(found["down_gradients"][0][0], {.3, -.3}));
    QVERIFY(near(found["up_gradients"][0][0], {.25}) && near(found["up_gradients"][0][1], {.25}));
  }

  void branches() {
    const json input{{"base", modelOf({0, 0})},
                     {"experts", {modelOf({1, 0}), modelOf({0, 1}), modelOf({0, 0})}},
                     {"scores", {-.34, -.74, -.34}},
                     {"validation", {{"kind", "quadratic"}, {"target", modelOf({.5, .3})}}}};
    const auto found = computed("fork_merge", input);
    QVERIFY(near(found["order"], {0, 2, 1}));
    QVERIFY(near(found["raw_coefficients"], {1, .6, 1}));
    QVERIFY(near(json::array({found["score"]}), {-.018107}));
    QVERIFY(mergesTo(found, {.384615, .230769}));
    QCOMPARE(found["evaluations"].get<int>(), 10);
  }

  void fusion() {
    const json input{{"large", {{2, 1, 0}}}, {"small", {{1, 1, 0}}}, {"experts", {{{0, 2, 1}}}}};
    const auto ray = computed("logits_fusion", input);
    QVERIFY(near(ray["targets"][0], {.274328}) && near(ray["alpha"][0], {.762153}));
    QVERIFY(near(ray["probabilities"][0], {.302047, .510244, .187708}));
    const auto grid = computed("logits_fusion", input, {{"method", "grid"}});
    QVERIFY(near(grid["alpha"][0], {.8}));
    QVERIFY(near(grid["probabilities"][0], {.286333, .521732, .191935}));
    const json constant{
        {"large", {{2, 1, 0}}}, {"small", {{1, 1, 0}}}, {"experts", {{{.1, .1, -.9}}}}};
    QCOMPARE(computed("logits_fusion", constant)["alpha"][0][0].get<double>(), 0.0);
  }

  void sources() {
    const json input{{"outputs", {{{1, 2}}, {{3, -1}}}}, {"omega", {{1, .5}, {.2, 1}}}};
    QVERIFY(near(computed("scalearn", input)["output"][0], {1.6, 0}));
  }
};

EQUIPOISE_TEST(TestMergeMethods)
#include "tst_merge_methods.moc"

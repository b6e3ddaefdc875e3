#include <QTest>

#include <set>

#include "tests/core/merge/merge_support.h"
#include "tests/registry.h"

namespace {

using namespace eq::merge::test;

/// Numbers of experts, each with its family.
constexpr size_t kCounts[] = {1, 2, 3, 7};

bool merges(const json& answer, const json& trunk, double tolerance = 1e-12) {
  return distance(trunkOf(answer["merged"]), raised(trunk)) < tolerance;
}

/// The same experts, as often as there are.
json equalExperts(size_t count, std::uint64_t seed) {
  auto input = family(count, seed);
  for (auto& expert : input["experts"]) expert.update(trunkOf(input["experts"][0]));
  return input;
}

json meanOf(const json& input, const std::vector<double>& weights) {
  auto sum = trunkOf(input["base"]);
  sum = plus(sum, sum, -1);
  for (size_t k = 0; k < weights.size(); ++k) sum = plus(sum, input["experts"][k], weights[k]);
  return sum;
}

/// θ0 + scale·Στ_k.
json sumOfTaus(const json& input, double scale = 1) {
  auto sum = trunkOf(input["base"]);
  for (const auto& expert : input["experts"])
    sum = plus(plus(sum, expert, scale), input["base"], -scale);
  return sum;
}

/// The experts and all that is given for each, in another order.
json reversed(json input) {
  for (const char* field : {"experts", "fisher", "grams", "similarity", "scores"})
    std::reverse(input[field].begin(), input[field].end());
  return input;
}

}  // namespace

/// Section 6 of the sheet, over random families.
class TestMergeProperties : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void orderOfExpertsDoesNotMatter_data() {
    QTest::addColumn<QString>("id");
    for (const auto* descriptor : eq::merge::catalog().descriptors())
      if (mergesModels(descriptor->id) && descriptor->id != "dare")  // which draws for each
        QTest::newRow(descriptor->id.c_str()) << QString::fromStdString(descriptor->id);
  }
  void orderOfExpertsDoesNotMatter() {
    QFETCH(QString, id);
    for (const auto count : kCounts) {
      const auto input = inputOf(id.toStdString(), count, 11 + count);
      const auto one = computed(id.toStdString(), input);
      const auto other = computed(id.toStdString(), reversed(input));
      QVERIFY(merges(other, trunkOf(one["merged"]), 1e-9));
      QVERIFY(distance(other["merged_norm"], one["merged_norm"]) < 1e-9);
    }
  }

  /// Rounding decided the sign where a sum cancels.
  void orderDecidesNoSign() {
    std::vector<double> taus{-.4, -.2, .1, .5};
    std::set<json> signs;
    do {
      auto experts = json::array();
      for (const double tau : taus) experts.push_back(modelOf({tau, 1}));
      const auto found = computed("ties", {{"base", modelOf({0, 0})}, {"experts", experts}},
                                  {{"keep", 1}, {"merge", "max"}});
      signs.insert(found["merged"]["w"]["data"]);
    } while (std::next_permutation(taus.begin(), taus.end()));
    // The doubles sum to 2^-55 below 0, so the sign is −, not that of the majority.
    QVERIFY(signs == (std::set<json>{json::array({-.4, 1.})}));
  }

  void secondMergeGivesTheResultBack() {
    for (const auto count : kCounts) {
      auto input = family(count, 20 + count);
      input["experts"] = json::array({computed("task_arithmetic", input)["merged"]});
      const auto trunk = trunkOf(input["experts"][0]);
      QVERIFY(merges(computed("ties", input, {{"keep", 1}}), trunk));
      QVERIFY(merges(computed("tsv_m", input), trunk));
      QVERIFY(merges(computed("task_arithmetic", input, {{"lambda", 1}}), trunk));
      QVERIFY(trunkOf(computed("weight_average", input)["merged"]) == trunk);
    }
  }

  void equalExpertsGiveTheExpert() {
    for (const auto count : kCounts) {
      auto input = equalExperts(count, 30 + count);
      addFields(input, count);
      const auto trunk = trunkOf(input["experts"][0]);
      QVERIFY(merges(computed("weight_average", input), trunk));
      QVERIFY(merges(computed("ties", input, {{"keep", 1}}), trunk));
      QVERIFY(merges(computed("fisher", input), trunk));
      QVERIFY(merges(computed("regmean", input), trunk));
    }
  }

  void equalStatisticsGiveTheAverage() {
    for (const auto count : kCounts) {
      auto input = inputOf("fisher", count, 40 + count);
      for (auto& fisher : input["fisher"]) fisher = json(input["fisher"][0]);
      for (auto& gram : input["grams"]) gram = json(input["grams"][0]);
      const std::vector<double> equal(count, 1.0 / static_cast<double>(count));
      QVERIFY(merges(computed("fisher", input), meanOf(input, equal)));
      QVERIFY(merges(computed("regmean", input), meanOf(input, equal)));
      std::vector<double> weights;
      for (size_t k = 0; k < count; ++k) weights.push_back(static_cast<double>(k + 1));
      const auto found = computed("fisher", input, {{"weights", weights}});
      for (double& weight : weights) weight /= static_cast<double>(count * (count + 1)) / 2;
      QVERIFY(merges(found, meanOf(input, weights)));
    }
  }

  /// Directions that no Gram sees keep the mean; the factors divided by what rounding left.
  void singularGramsKeepTheMean() {
    Draws draws(3);
    const auto x = draws.numbers(3);
    auto gram = json::array();
    for (const double a : x) gram.push_back({a * x[0], a * x[1], a * x[2]});
    const json input{{"experts", {modelOf({1, 2, 3}, {1, 3}), modelOf({4, 5, 7}, {1, 3})}},
                     {"grams", {{{"w", gram}}, {{"w", gram}}}}};
    const auto found = computed("regmean", input, {{"off_diagonal", 1}, {"jitter", 0}});
    QVERIFY(distance(found["merged"]["w"]["data"], {2.5, 3.5, 5}) < 1e-12);
  }

  void lambdaZeroIsTheBase_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("params");
    const auto add = [](const char* id, const char* params) {
      QTest::addRow("%s %s", id, params) << QString(id) << QString(params);
    };
    for (const char* id : {"task_arithmetic", "ties", "dare", "pcb", "consensus", "iso_c",
                           "iso_cts", "tsv_m", "atm"})
      add(id, R"({"lambda": 0})");
    add("task_arithmetic", R"({"lambda": 0, "operation": "negate"})");
    add("self_positioning", R"({"scale": 0})");
    add("adamerging", R"({"init": 0})");
    add("atlas", "{}");
    add("gradient_matching", R"({"alpha": 0})");
    // Shares of 0 keep nothing; "released" kept one entry.
    add("ties", R"({"keep": 0})");
    add("ties", R"({"keep": 0, "count": "released"})");
    add("dare", R"({"keep": 0, "then": "ties"})");
    add("pcb", R"({"keep": 0})");
    add("adamerging", R"({"keep": 0, "plus": true})");
    add("tall_masks", R"({"keep": 0, "vector": "ties"})");
    add("consensus", R"({"threshold": 8})");
  }
  void lambdaZeroIsTheBase() {
    QFETCH(QString, id);
    QFETCH(QString, params);
    for (const auto count : kCounts) {
      const auto input = inputOf(id.toStdString(), count, 50 + count);
      const auto found = computed(id.toStdString(), input, json::parse(params.toStdString()));
      QVERIFY(trunkOf(found["merged"]) == trunkOf(input["base"]));
      QCOMPARE(found["merged_norm"].get<double>(), 0.0);
    }
  }

  void gradientMatchingAtItsLimits() {
    for (const auto count : kCounts) {
      auto input = inputOf("gradient_matching", count, 60 + count);
      input.erase("base_fisher");
      QVERIFY(merges(computed("gradient_matching", input, {{"delta", 0}}),
                     trunkOf(computed("fisher", input, {{"epsilon", 0}})["merged"]), 1e-9));
      for (auto& fisher : input["fisher"]) fisher = plus(fisher, json(fisher), -1);
      for (const double alpha : {1., -.5})
        for (const double delta : {0., 1e-3}) {
          const auto found =
              computed("gradient_matching", input, {{"alpha", alpha}, {"delta", delta}});
          QVERIFY(merges(found, sumOfTaus(input, alpha), 1e-9));
          QCOMPARE(found["fallback"].get<int>() > 0, delta == 0);
        }
    }
  }

  void tallMasks() {
    for (const auto count : kCounts) {
      const auto input = family(count, 80 + count);
      const auto all = computed("tall_masks", input, {{"lambda", 0}});
      for (const auto& share : all["shares"]) QCOMPARE(share.get<double>(), 1.0);
      for (const auto& own : all["reconstructed"]) QVERIFY(own == trunkOf(all["merged"]));
    }
    const json apart{{"base", modelOf({1, 2, 3, .1})},
                     {"experts", {modelOf({1.5, 2, 3, .3}), modelOf({1, 2, -7, .1})}}};
    for (const double lambda : {0., .4, 1., 1000.}) {
      const auto found = computed("tall_masks", apart, {{"lambda", lambda}});
      QVERIFY(distance(found["reconstructed"], apart["experts"]) < 1e-15);
      QVERIFY(found["masks"][0]["w"]["data"] == json({1, 0, 0, 1}));
    }
  }

  void consensusAtItsThresholds() {
    for (const auto count : kCounts) {
      const auto input = family(count, 90 + count);
      const auto plain = computed("task_arithmetic", input);
      QVERIFY(computed("consensus", input, {{"threshold", 0}})["merged"] == plain["merged"]);
    }
  }

  void dareIsItsFormulaWithThePrintedMasks() {
    for (const auto count : kCounts) {
      const auto input = family(count, 95 + count);
      const auto found = computed("dare", input, {{"drop", .75}, {"lambda", .5}}, 4);
      auto expected = trunkOf(input["base"]);
      for (size_t k = 0; k < count; ++k)
        for (const auto& [name, shape] : trunkShapes())
          for (size_t i = 0; i < expected[name]["data"].size(); ++i)
            if (found["masks"][k][name]["data"][i] == 1)
              expected[name]["data"][i] = expected[name]["data"][i].get<double>() +
                                          2 * (input["experts"][k][name]["data"][i].get<double>() -
                                               input["base"][name]["data"][i].get<double>());
      QVERIFY(merges(found, expected));
      QVERIFY(computed("dare", input, {{"drop", .75}, {"lambda", .5}}, 4) == found);
      QVERIFY(computed("dare", input, {{"drop", .75}, {"lambda", .5}}, 5)["masks"] !=
              found["masks"]);
      QVERIFY(computed("dare", input, {{"drop", 0}})["merged"] ==
              computed("task_arithmetic", input)["merged"]);
      QVERIFY(computed("dare", input, {{"drop", 0}, {"then", "ties"}, {"lambda", 1}})["merged"] ==
              computed("ties", input)["merged"]);
    }
  }

  void dareKeepsItsShare() {
    const json input{{"base", modelOf(std::vector<double>(20000, 0))},
                     {"experts", {modelOf(std::vector<double>(20000, 1))}}};
    for (const double drop : {.1, .5, .9}) {
      const auto found = computed("dare", input, {{"drop", drop}, {"lambda", 1}}, 1);
      double sum = 0;
      for (const auto& entry : found["masks"][0]["w"]["data"]) sum += entry.get<double>();
      const double sigma = std::sqrt(20000 * drop * (1 - drop));
      QVERIFY(std::abs(sum - 20000 * (1 - drop)) < 4 * sigma);
      QCOMPARE(found["merged"]["w"]["data"].back().get<double>(),
               found["masks"][0]["w"]["data"].back().get<double>() / (1 - drop));
    }
  }
};

EQUIPOISE_TEST(TestMergeProperties)
#include "tst_merge_properties.moc"

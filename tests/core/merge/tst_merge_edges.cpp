#include <QTest>

#include "tests/core/merge/merge_support.h"
#include "tests/registry.h"

namespace {

using namespace eq::merge::test;

std::vector<std::string> idsOfModels() {
  std::vector<std::string> ids;
  for (const auto* descriptor : eq::merge::catalog().descriptors())
    if (mergesModels(descriptor->id)) ids.push_back(descriptor->id);
  return ids;
}

/// A row for each method and number of experts.
void addRows(const std::vector<std::string>& ids) {
  QTest::addColumn<std::string>("id");
  QTest::addColumn<size_t>("experts");
  for (const auto& id : ids)
    for (const size_t experts : {1, 2, 7})
      QTest::addRow("%s, %zu", id.c_str(), experts) << id << experts;
}

json scaled(json input, double factor) {
  const auto scale = [&](json& model) {
    for (const auto& [name, shape] : trunkShapes())
      for (auto& number : model[name]["data"]) number = factor * number.get<double>();
  };
  scale(input["base"]);
  for (auto& expert : input["experts"]) scale(expert);
  return input;
}

}  // namespace

Q_DECLARE_METATYPE(std::string)

/// Edges that all methods share.
class TestMergeEdges : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void sameInputSameAnswer_data() {
    std::vector<std::string> ids;
    for (const auto* descriptor : eq::merge::catalog().descriptors()) ids.push_back(descriptor->id);
    addRows(ids);
  }
  void sameInputSameAnswer() {
    QFETCH(std::string, id);
    QFETCH(size_t, experts);
    const auto input = inputOf(id, experts, 3);
    QCOMPARE(computed(id, input, json::object(), 9).dump(),
             computed(id, input, json::object(), 9).dump());
  }

  void zeroTaskVectorsGiveTheBase_data() { addRows(idsOfModels()); }
  void zeroTaskVectorsGiveTheBase() {
    QFETCH(std::string, id);
    QFETCH(size_t, experts);
    auto input = inputOf(id, experts, 4);
    for (auto& expert : input["experts"]) expert.update(trunkOf(input["base"]));
    const auto found = computed(id, input);
    QVERIFY(distance(trunkOf(found["merged"]), trunkOf(input["base"])) < 1e-14);
    for (const auto& norm : found["norms"]) QCOMPARE(norm.get<double>(), 0.0);
    for (const auto& row : found["cosines"])
      for (const auto& cosine : row) QVERIFY(cosine.is_null());
  }

  void oneZeroTaskVectorHasNoCosine() {
    auto input = family(3, 5);
    input["experts"][1].update(trunkOf(input["base"]));
    const auto found = computed("task_arithmetic", input);
    for (size_t i = 0; i < 3; ++i)
      for (size_t j = 0; j < 3; ++j) QCOMPARE(found["cosines"][i][j].is_null(), i == 1 || j == 1);
    QCOMPARE(found["cosines"][2][2].get<double>(), 1.0);
  }

  void everythingMayBeExcluded_data() { addRows(idsOfModels()); }
  void everythingMayBeExcluded() {
    QFETCH(std::string, id);
    QFETCH(size_t, experts);
    auto input = inputOf(id, experts, 6);
    input["grams"] = json(experts, json::object());  // for names that are merged alone
    const auto found = computed(id, input, {{"exclude", {""}}});
    QVERIFY(trunkOf(found["merged"]) == trunkOf(input["base"]));
    QCOMPARE(found["merged_norm"].get<double>(), 0.0);
    QVERIFY(found["norms"] == json(experts, 0.0));
  }

  void headsAndCountersAreCopied_data() { addRows(idsOfModels()); }
  void headsAndCountersAreCopied() {
    QFETCH(std::string, id);
    QFETCH(size_t, experts);
    const auto input = inputOf(id, experts, 7);
    const auto merged = computed(id, input)["merged"];
    QVERIFY(merged["trunk.steps"] == input["base"]["trunk.steps"]);
    for (size_t k = 0; k < experts; ++k) {
      const auto name = fmt::format("head.{}.weight", k);
      QVERIFY(merged[name] == input["experts"][k][name]);
    }
    QCOMPARE(merged.size(), trunkShapes().size() + 1 + experts);
  }

  /// Of other experts' heads, none; and numbers that are not plain are names like any other.
  void onlyOnesOwnHeadIsCopied() {
    json input{
        {"base", {{"head.x", tensorOf({1})}, {"head.01.b", tensorOf({2})}}},
        {"experts", json::array({{{"head.1.b", tensorOf({3})}, {"head.0", tensorOf({4})}},
                                 {{"head.0.b", tensorOf({5})}, {"head.01.b", tensorOf({6})}}})}};
    QVERIFY(computed("ties", input)["merged"] == input["base"]);
    input["experts"][1]["head.1.c"] = tensorOf({7, 8});
    const auto merged = computed("ties", input)["merged"];
    QCOMPARE(merged.size(), size_t{3});
    QVERIFY(merged["head.1.c"] == tensorOf({7, 8}));
    // Merged like all else, where the list says so.
    const json heads{{"base", {{"head.0.b", tensorOf({1})}}},
                     {"experts", json::array({{{"head.0.b", tensorOf({2})}}})}};
    const auto found = computed("weight_average", heads, {{"exclude", json::array()}});
    QCOMPARE(found["norms"][0].get<double>(), 1.0);
  }

  void variancesStayAbove() {
    const json input{
        {"base", {{"bn.running_var", tensorOf({1, 2, 1e-12})}, {"var", tensorOf({1})}}},
        {"experts",
         json::array({{{"bn.running_var", tensorOf({3, 2, 1e-12})}, {"var", tensorOf({2})}}})}};
    const auto found = computed("task_arithmetic", input, {{"lambda", -10}});
    QVERIFY(found["merged"]["bn.running_var"]["data"] == json({1e-8, 2., 1e-8}));
    QCOMPARE(found["merged"]["var"]["data"][0].get<double>(), -9.0);
    const auto tall = computed("tall_masks", input);
    QCOMPARE(tall["reconstructed"][0]["bn.running_var"]["data"][2].get<double>(), 1e-8);
  }

  void withoutABaseTheFirstExpertLendsNames() {
    auto input = inputOf("fisher", 2, 8);
    input.erase("base");
    for (const char* id : {"weight_average", "fisher", "regmean", "expert_average"}) {
      const auto found = computed(id, input);
      QVERIFY(found["merged"]["trunk.steps"] == input["experts"][0]["trunk.steps"]);
      QVERIFY(found["merged"]["head.1.weight"] == input["experts"][1]["head.1.weight"]);
      for (const char* field : {"norms", "cosines", "merged_norm"}) QVERIFY(!found.contains(field));
    }
  }

  /// Linear in base and experts: their scale passes through.
  void scalePassesThrough_data() {
    addRows({"weight_average", "task_arithmetic", "ties", "fisher", "gradient_matching", "regmean",
             "tall_masks", "consensus", "iso_c", "iso_cts", "tsv_m", "atlas", "adamerging", "atm",
             "self_positioning", "expert_average"});
  }
  void scalePassesThrough() {
    QFETCH(std::string, id);
    QFETCH(size_t, experts);
    const auto input = inputOf(id, experts, 9);
    for (const double factor : {1e-10, 1e10}) {
      json expected{{"experts", json::array()}, {"base", computed(id, input)["merged"]}};
      auto found = computed(id, scaled(input, factor))["merged"];
      auto back = scaled({{"base", found}, {"experts", json::array()}}, 1 / factor)["base"];
      for (auto* model : {&back, &expected["base"]}) model->erase("trunk.4.running_var");
      QVERIFY(distance(back, expected["base"]) < 1e-9);
    }
  }

  /// The smallest and the largest numbers that there are.
  void farNumbersKeepTheirNorms() {
    const json input{{"base", modelOf({0, 0})},
                     {"experts", {modelOf({5e-324, 0}), modelOf({3e200, 4e200})}}};
    const auto found = computed("weight_average", input);
    QCOMPARE(found["norms"][0].get<double>(), 5e-324);
    QVERIFY(distance(found["norms"][1], 5e200) < 1e-15);
    QVERIFY(distance(found["cosines"], {{1, .6}, {.6, 1}}) < 1e-15);
  }

  void sharesOfOneKeepAll() {
    for (const size_t experts : {1, 2, 7}) {
      const auto input = family(experts, 12);
      const auto all = computed("ties", input, {{"keep", 1}});
      QVERIFY(computed("ties", input, {{"keep", 1}, {"count", "released"}})["merged"] ==
              all["merged"]);
      const auto scores = computed("pcb", input, {{"keep", 1}})["scores"];
      QCOMPARE(scores.size(), experts);
    }
  }

  /// Entries of one size: the lower place is kept, and "released" keeps all.
  void tiesOfSizeGoToTheLowerPlace() {
    const json input{{"base", modelOf({0, 0, 0, 0})}, {"experts", {modelOf({1, -1, 1, -1})}}};
    const auto kept = [&](const json& params) {
      return computed("ties", input, params)["merged"]["w"]["data"];
    };
    QVERIFY(kept({{"keep", .5}}) == json({1., -1., 0., 0.}));
    QVERIFY(kept({{"keep", .5}, {"count", "released"}}) == json({1., -1., 1., -1.}));
    QVERIFY(kept({{"keep", .24}}) == json({0., 0., 0., 0.}));
    // A share too small for one entry is not a share of 0: "released" keeps one more than none.
    QVERIFY(kept({{"keep", .24}, {"count", "released"}}) == json({1., -1., 1., -1.}));
    QVERIFY(kept({{"keep", 0}, {"count", "released"}}) == json({0., 0., 0., 0.}));
  }
};

EQUIPOISE_TEST(TestMergeEdges)
#include "tst_merge_edges.moc"

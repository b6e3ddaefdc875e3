#include <map>

#include <QTest>

#include "core/base/error.h"
#include "core/train/rule.h"
#include "core/train/rule_catalog.h"
#include "tests/registry.h"

using eq::train::Experiment;
using nlohmann::json;

namespace {

Experiment ruledBy(const json& rule) {
  return eq::train::experimentFromJson(
      {{"data", {{"id", "two_digits"}}},
       {"model", {{"id", "mlp"}}},
       {"tasks",
        {{{"name", "a"}, {"metrics", {"accuracy"}}}, {{"name", "b"}, {"metrics", {"accuracy"}}}}},
       {"rules", json::array({rule})}});
}

json whatItStandsFor(const json& rule) {
  const auto experiment = ruledBy(rule);
  eq::train::requireRulesFit(experiment);
  return eq::train::toJson(experiment).at("rules").at(0);
}

}  // namespace

/// Rules that ship are no second mechanism: each is a rule as anybody could write it.
class TestRuleCatalog : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void eachStandsForARule() {
    const json stop{{"kind", "stop"}};
    const std::map<std::string, std::pair<json, json>> expected{
        {"early_stopping",
         {{{"series", "val.a.loss"}, {"patience", 4}},
          {{"when", "no_better(val.a.loss, 4)"}, {"for", 1}, {"then", stop}, {"once", false}}}},
        {"reduce_on_plateau",
         {{{"series", "val.a.accuracy"}},
          {{"when", "no_better(val.a.accuracy, 3)"},
           {"for", 1},
           {"then", {{"kind", "set_learning_rate"}, {"factor", 0.5}}},
           {"once", false}}}},
        {"back_to_best",
         {{{"series", "val.a.loss"}},
          {{"when", "no_better(val.a.loss, 5)"},
           {"for", 1},
           {"then", {{"kind", "restore_best"}, {"series", "val.a.loss"}}},
           {"once", false}}}},
        {"stop_at_nan",
         {{{"series", "loss.b"}, {"for", 3}},
          {{"when", "not_finite(loss.b)"}, {"for", 3}, {"then", stop}, {"once", false}}}},
        {"gradient_on_conflict",
         {{{"steps", 100}, {"share", 0.25}},
          {{"when", "conflict.frequency(100) > 0.25"},
           {"for", 1},
           {"then", {{"kind", "set_gradient"}, {"method", {{"id", "pcgrad"}}}}},
           {"once", true}}}}};
    for (const auto* descriptor : eq::train::shippedRules().descriptors()) {
      auto [given, rule] = expected.at(descriptor->id);
      given["id"] = descriptor->id;
      QCOMPARE(whatItStandsFor(given).dump(), rule.dump());
    }
    QCOMPARE(eq::train::shippedRules().rows().size(), expected.size());
  }

  void mistakesNameThePlace() {
    const auto refusal = [](const json& rule) -> std::string {
      try {
        whatItStandsFor(rule);
      } catch (const eq::Error& error) {
        return error.what();
      }
      return "nothing thrown";
    };
    QVERIFY(refusal(json{{"id", "early_stoping"}})
                .starts_with("rules[0].id: no rule \"early_stoping\""));
    QVERIFY(refusal(json{{"id", "early_stopping"}}).starts_with("rules[0].series: is required"));
    QVERIFY(refusal({{"id", "early_stopping"}, {"series", "val.c.loss"}})
                .starts_with("rules[0].when: "));
    QVERIFY(refusal({{"id", "stop_at_nan"}, {"series", "loss.a"}, {"patience", 1}})
                .starts_with("rules[0].patience: unknown parameter"));
  }
};

EQUIPOISE_TEST(TestRuleCatalog)
#include "tst_rule_catalog.moc"

#include <nlohmann/json.hpp>

#include <QFloat16>  // that QCOMPARE of JSON must know
#include <QTest>

#include "app/cli/cli_support.h"

#include "core/balance/catalog.h"
#include "tests/balancers.h"
#include "tests/registry.h"

using namespace eq::test;
using nlohmann::json;

namespace {

/// Steps with all that a balancer may read, for four tasks.
json richSteps() {
  auto steps = json::array();
  for (int t = 0; t < 4; ++t)
    steps.push_back(
        {{"jacobian", {{1 + t, 0.5, 0.2}, {-1, 2, 0.1 * t}, {0.3, -2, 1}, {1, 1, -0.5 * t}}},
         {"losses", {2.0 / (1 + t), 0.5, 1 + 0.1 * t, 3}},
         {"losses_after", {1.8 / (1 + t), 0.5, 1, 2.9}},
         {"validation_losses", {2, 0.6, 1.2 + 0.1 * t, 3}},
         {"kpi", {0.5, 0.6, 0.7, 0.8}}});
  return {{"steps", steps}};
}

}  // namespace

class TestBalanceMethods : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void answersForEveryMethodOverSeveralSteps_data() {
    QTest::addColumn<QString>("id");
    for (const auto* descriptor : eq::balance::allDescriptors())
      QTest::newRow(descriptor->id.c_str()) << QString::fromStdString(descriptor->id);
  }
  void answersForEveryMethodOverSeveralSteps() {
    QFETCH(QString, id);
    const auto name = id.toStdString();
    auto params = neededParams(name, 4);
    if (balancerHas(name, "hidden")) params["hidden"] = 4;
    const auto answer =
        call({"balance", name, "--input", "-", "--params", params.dump()}, richSteps().dump());
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto steps = json::parse(answer.out).at("steps");
    QCOMPARE(steps.size(), size_t{4});
    for (const auto& step : steps) {
      QCOMPARE(step.at("direction").size(), size_t{3});
      for (const auto& entry : step.at("direction")) QVERIFY(entry.is_number());
    }
  }

  void aLossWithoutAWeightIsNamedWithItsTaskAndStep() {
    const auto answer = call({"balance", "gls", "--input", "-"},
                             R"({"steps": [{"losses": [2, 1]}, {"losses": [2, -0.5]}]})");
    QCOMPARE(answer.code, 2);
    QVERIFY2(
        answer.err.starts_with("steps[1]: gls refuses the loss -0.5 of task 1: its loss is not "
                               "above 0, but the formula divides by it"),
        answer.err.c_str());
  }

  void theFirstGradientsAreEnoughForSvdReweight() {
    const auto answer = call({"balance", "svd_reweight", "--input", "-"},
                             R"({"steps": [{"jacobian": [[3, 4], [0, 0]]}, {"losses": [1, 1]}]})");
    QCOMPARE(answer.code, 0);
    QCOMPARE(json::parse(answer.out).at("steps")[1].at("weights"), (json{5.0, 0.0}));
  }
};

EQUIPOISE_TEST(TestBalanceMethods)
#include "tst_balance_methods.moc"

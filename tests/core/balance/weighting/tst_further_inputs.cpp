#include <cmath>

#include <QTest>

#include "core/balance/two_slots.h"
#include "core/base/error.h"
#include "tests/core/balance/balance_support.h"
#include "tests/registry.h"

using namespace eq::balance;
using namespace eq::balance::test;
using nlohmann::json;

namespace {

Inputs validated(const VectorXd& losses) {
  Inputs inputs;
  inputs.validationLosses = losses;
  return inputs;
}

Inputs indicated(const VectorXd& kpi) {
  Inputs inputs;
  inputs.kpi = kpi;
  return inputs;
}

Inputs lossesAlone(const VectorXd& losses) {
  Inputs inputs;
  inputs.losses = losses;
  return inputs;
}

void near(const VectorXd& found, const std::vector<double>& expected, double tolerance = 6e-5) {
  QCOMPARE(found.size(), std::ssize(expected));
  const double error = (found - vectorOf(expected)).cwiseAbs().maxCoeff();
  QVERIFY2(error <= tolerance, qPrintable(QString("differs by %1").arg(error)));
}

/// V(t)/V(0) of the sheet's two tasks, of unlike size.
VectorXd courses(int t) {
  const double a[] = {1, 0.90, 0.82, 0.76}, b[] = {1, 0.95, 0.93, 0.96};
  return VectorXd{{3 * a[t], 0.5 * b[t]}};
}

/// Whether the second of two tasks has no weight, and the remark says so.
bool isRefused(Balancer& balancer, const Inputs& inputs, const std::string& reason) {
  const auto weights = balancer.weigh(inputs);
  const auto remarks = balancer.remarks();
  return !std::isnan(weights[0]) && std::isnan(weights[1]) && remarks.size() == 1 &&
         remarks[0].task == 1 && remarks[0].text.find(reason) != std::string::npos;
}

}  // namespace

/// FAMO, CoBa and DTP: losses after the step, validation losses, metrics.
class TestFurtherInputs : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void famoEqualsTheSheet() {
    // Its weight decay is 0 at the first step, where ξ = 0.
    const auto famo = make("famo", json::object(), 2);
    near(famo->weigh(lossesAlone(VectorXd{{2, 0.5}})), {0.2, 0.8}, 1e-8);
    famo->learn(VectorXd{{1.8, 0.48}});
    // ξ = (-0.025, 0.025), z = (0.4875, 0.5125): w = c z/D.
    const double a = 0.4875026 / 2, b = 0.5124974 / 0.5;
    near(famo->weigh(lossesAlone(VectorXd{{2, 0.5}})), {a / (a + b), b / (a + b)}, 1e-6);
  }

  void famoLearnsNothingWithoutLossesAfter() {
    const auto famo = make("famo", json::object(), 2);
    for (int i = 0; i < 3; ++i)
      near(famo->weigh(lossesAlone(VectorXd{{2, 0.5}})), {0.2, 0.8}, 1e-8);
    famo->learn(VectorXd{{1, 0.5}});
    const auto state = famo->state();
    famo->learn(VectorXd{{0.1, 0.5}});  // once a step
    QVERIFY(famo->state() == state);
  }

  void famoSkipsALossAfterThatItCannotTakeTheLogarithmOf() {
    const auto famo = make("famo", json::object(), 2), other = make("famo", json::object(), 2);
    famo->weigh(lossesAlone(VectorXd{{2, 0.5}}));
    other->weigh(lossesAlone(VectorXd{{2, 0.5}}));
    famo->learn(VectorXd{{-1, 0.4}});
    other->learn(VectorXd{{2, 0.4}});
    QVERIFY(famo->state() == other->state());
  }

  void famoRefusesALossThatIsNotAboveItsBound() {
    const auto famo = make("famo", {{"min_losses", {0, -1}}}, 2);
    near(famo->weigh(lossesAlone(VectorXd{{1, 0}})), {0.5, 0.5}, 1e-8);
    const auto before = famo->state();
    QVERIFY(isRefused(*famo, lossesAlone(VectorXd{{1, -1.5}}), "not above its min_losses"));
    famo->learn(VectorXd{{1, 1}});
    QVERIFY(famo->state().at("logits") == before.at("logits"));
    near(famo->weigh(lossesAlone(VectorXd{{1, 0}})), {0.5, 0.5}, 1e-8);
    QVERIFY(famo->remarks().empty());
  }

  /// Who improves fastest gets less, and at equal speed nothing moves.
  void famoTurnsToTheSlowOnes() {
    const auto famo = make("famo", {{"gamma", 0}}, 2);
    const VectorXd first = famo->weigh(lossesAlone(VectorXd{{1, 1}}));
    famo->learn(VectorXd{{0.9, 0.9}});
    near(famo->weigh(lossesAlone(VectorXd{{1, 1}})), {first[0], first[1]}, 1e-15);
    for (int i = 0; i < 50; ++i) {
      famo->learn(VectorXd{{0.5, 0.99}});
      famo->weigh(lossesAlone(VectorXd{{1, 1}}));
    }
    QVERIFY(famo->weigh(lossesAlone(VectorXd{{1, 1}}))[1] > 0.8);
  }

  void cobaEqualsTheSheet() {
    const auto coba = make("coba", {{"warmup", 1}, {"history", 3}}, 2);
    for (int t = 0; t < 2; ++t) near(coba->weigh(validated(courses(t))), {0.5, 0.5}, 0);
    near(coba->weigh(validated(courses(2))), {0.2932, 0.7068});
    near(coba->weigh(validated(courses(3))), {0.7549, 0.2451});
  }

  void cobaOfTheReleasedCodeHasAFurtherSoftmax() {
    const json params = {{"warmup", 1}, {"history", 3}, {"form", "released"}};
    const auto coba = make("coba", params, 2);
    VectorXd w;
    for (int t = 0; t < 4; ++t) w = coba->weigh(validated(courses(t)));
    near(w, {0.7349, 0.2651});
  }

  void cobaOfLevelLossesIsEqual() {
    const auto coba = make("coba", {{"warmup", 0}, {"history", 4}}, 3);
    for (int t = 0; t < 6; ++t)
      near(coba->weigh(validated(VectorXd{{0.1, 0.7, 3}})), {1.0 / 3, 1.0 / 3, 1.0 / 3}, 1e-15);
  }

  void cobaTakesTheWholeSplitAsItsBeginning() {
    const auto coba = make("coba", json::object(), 2);
    QVERIFY(coba->needs().firstValidation);
    auto inputs = validated(VectorXd{{1, 2}});
    inputs.firstValidation = VectorXd{{4, std::nan("")}};
    coba->weigh(inputs);
    QVERIFY(!coba->needs().firstValidation);
    QCOMPARE(coba->state().at("tasks").at(0).at("first").get<double>(), 4.0);
    QCOMPARE(coba->state().at("tasks").at(1).at("first").get<double>(), 2.0);
  }

  void cobaRefusesToDivideByNothing() {
    const auto coba = make("coba", json::object(), 2);
    const auto before = coba->state();
    QVERIFY(isRefused(*coba, validated(VectorXd{{1, -2}}), "first validation loss is not above 0"));
    QVERIFY(coba->state() == before);
  }

  void dtpEqualsTheSheet() {
    near(make("dtp", json::object(), 2)->weigh(indicated(VectorXd{{0.9, 0.5}})), {0.0105, 0.3466});
    near(make("dtp", {{"gamma", 2}}, 2)->weigh(indicated(VectorXd{{0.9, 0.5}})), {0.0011, 0.1733});
    near(make("dtp", {{"gamma", {1, 2}}}, 2)->weigh(indicated(VectorXd{{0.9, 0.5}})),
         {0.0105, 0.1733});
  }

  void dtpHoldsWhatItTakesTheLogarithmOf() {
    near(make("dtp", json::object(), 2)->weigh(indicated(VectorXd{{0, 1}})),
         {-0.999 * std::log(0.001), 0}, 1e-12);
  }

  void dtpAveragesAndWaitsForAValue() {
    const auto dtp = make("dtp", {{"discount", 0.25}}, 2);
    near(dtp->weigh(indicated(VectorXd{{0.4, std::nan("")}})), {-0.6 * std::log(0.4), 1}, 1e-12);
    const double mean = 0.25 * 0.8 + 0.75 * 0.4;
    near(dtp->weigh(indicated(VectorXd{{0.8, 0.5}})),
         {-(1 - mean) * std::log(mean), -0.5 * std::log(0.5)}, 1e-12);
  }
};

EQUIPOISE_TEST(TestFurtherInputs)
#include "tst_further_inputs.moc"

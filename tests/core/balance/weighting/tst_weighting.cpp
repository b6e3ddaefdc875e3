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

const VectorXd kLosses{{2, 0.5, 1}};  // LA of the sheet

Inputs lossInputs(const VectorXd& losses, std::int64_t step = 0) {
  Inputs inputs;
  inputs.losses = losses;
  inputs.step = inputs.epoch = step;
  return inputs;
}

void compare(const VectorXd& found, const std::vector<double>& expected, double tolerance) {
  QCOMPARE(found.size(), std::ssize(expected));
  const double error = (found - vectorOf(expected)).cwiseAbs().maxCoeff();
  QVERIFY2(error <= tolerance, qPrintable(QString("differs by %1").arg(error)));
}

/// Losses that fall at different paces.
VectorXd losses(int step) {
  return VectorXd{{2 * std::exp(-0.1 * step), 1 + 0.3 * std::sin(step), 5.0 / (1 + step)}};
}

/// Runs a balancer over steps with changing losses and gradients.
VectorXd weighStep(Balancer& balancer, int step) {
  Inputs inputs = inputsOf(jacobianB() * (1 + 0.1 * step), losses(step));
  inputs.step = inputs.epoch = step;
  return balancer.weigh(inputs);
}

}  // namespace

class TestWeightings : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalIsOne() {
    compare(make("equal", json::object(), 3)->weigh({}), {1, 1, 1}, 0);
    compare(make("equal", {{"output_scale", "mean"}}, 4)->weigh({}), {0.25, 0.25, 0.25, 0.25}, 0);
  }

  void staticIsAsGiven() {
    compare(make("static", {{"weights", {1, 0, 2.5}}}, 3)->weigh({}), {1, 0, 2.5}, 0);
    compare(make("static", json::object(), 2)->weigh({}), {1, 1}, 0);
    QVERIFY_EXCEPTION_THROWN(make("static", {{"weights", {1, 2, 3}}}, 2), eq::Error);
    QVERIFY_EXCEPTION_THROWN(make("static", {{"weights", {1, -2}}}, 2), eq::Error);
    QVERIFY_EXCEPTION_THROWN(make("static", {{"output_scale", "mean"}}, 2), eq::Error);
  }

  void randomIsOnTheSimplex_data() {
    QTest::addColumn<QString>("distribution");
    for (const char* name :
         {"normal", "uniform", "dirichlet", "bernoulli", "constrained_bernoulli"})
      QTest::newRow(name) << QString(name);
  }
  void randomIsOnTheSimplex() {
    QFETCH(QString, distribution);
    const json params = {{"distribution", distribution.toStdString()}};
    const auto balancer = make("random", params, 4, 7);
    const auto same = make("random", params, 4, 7);
    VectorXd mean = VectorXd::Zero(4);
    constexpr int kDraws = 4000;
    for (int i = 0; i < kDraws; ++i) {
      const VectorXd w = balancer->weigh({});
      QVERIFY(w == same->weigh({}));
      QVERIFY(w.minCoeff() >= 0 && std::abs(w.sum() - 1) < 1e-12);
      if (distribution == "normal" || distribution == "uniform") QVERIFY(w.minCoeff() > 0);
      if (distribution == "constrained_bernoulli") QCOMPARE(w.maxCoeff(), 1.0);
      mean += w / kDraws;
    }
    // The standard deviation of an entry is below 0.44 for all five.
    QVERIFY((mean.array() - 0.25).abs().maxCoeff() < 5 * 0.44 / std::sqrt(kDraws));
  }

  void randomNormalHasTheMomentsOfItsLogits() {
    const auto balancer = make("random", json::object(), 2, 3);
    double sum = 0, squares = 0;
    constexpr int kDraws = 20000;
    for (int i = 0; i < kDraws; ++i) {
      const VectorXd w = balancer->weigh({});
      const double difference = std::log(w[0] / w[1]);  // of two standard normals: variance 2
      sum += difference;
      squares += difference * difference;
    }
    QVERIFY(std::abs(sum / kDraws) < 0.05);
    QVERIFY(std::abs(squares / kDraws - 2) < 0.1);
  }

  void uncertaintyEqualsTheSheet() {
    // ∂/∂s at s = 0 is (-0.5, 0.25, 0): plain SGD shows it in the next weights.
    const json params = {{"optimizer", "sgd"}, {"lr", 0.1}};
    const auto balancer = make("uncertainty", params, 3);
    compare(balancer->weigh(lossInputs(kLosses)), {0.5, 0.5, 0.5}, 0);
    compare(balancer->weigh(lossInputs(kLosses)), {std::exp(-0.05) / 2, std::exp(0.025) / 2, 0.5},
            1e-15);
    const VectorXd first = make("uncertainty", {{"init", -0.5}}, 3)->weigh(lossInputs(kLosses));
    compare(first, {0.8244, 0.8244, 0.8244}, 5e-5);
  }

  void uncertaintyFormsFollowTheirSlopes_data() {
    QTest::addColumn<QString>("form");
    QTest::addColumn<double>("weight");  // at s = 0.3
    QTest::addColumn<double>("slope");   // for L = 2
    const double e = std::exp(-0.3);
    QTest::newRow("half") << "half" << e / 2 << 0.5 - e;
    QTest::newRow("full") << "full" << e << 0.5 - 2 * e;
    QTest::newRow("positive") << "positive" << e / 2 << 0.5 / (1 + e) - e;
  }
  void uncertaintyFormsFollowTheirSlopes() {
    QFETCH(QString, form);
    QFETCH(double, weight);
    QFETCH(double, slope);
    const auto balancer =
        make("uncertainty",
             {{"form", form.toStdString()}, {"init", 0.3}, {"optimizer", "sgd"}, {"lr", 0.01}}, 1);
    compare(balancer->weigh(lossInputs(VectorXd{{2.0}})), {weight}, 1e-15);
    compare(balancer->weigh(lossInputs(VectorXd{{2.0}})), {weight * std::exp(0.01 * slope)}, 1e-14);
  }

  void kendallReadsTheKinds() {
    const json params = {{"form", "kendall"}, {"kinds", {"regression", "classification"}}};
    compare(make("uncertainty", params, 2)->weigh(lossInputs(VectorXd{{1, 1}})), {0.5, 1}, 0);
    QVERIFY_EXCEPTION_THROWN(make("uncertainty", {{"form", "kendall"}}, 2), eq::Error);
    QVERIFY_EXCEPTION_THROWN(
        make("uncertainty", {{"form", "kendall"}, {"kinds", {"regression"}}}, 2), eq::Error);
    QVERIFY_EXCEPTION_THROWN(
        make("uncertainty", {{"form", "kendall"}, {"kinds", {"regression", "x"}}}, 2), eq::Error);
    // Kinds that another form does not read were taken unseen.
    QVERIFY_EXCEPTION_THROWN(make("uncertainty", {{"kinds", 3}}, 2), eq::Error);
  }

  void uncertaintyStaysInItsBounds() {
    const auto balancer = make("uncertainty", {{"optimizer", "sgd"}, {"lr", 1000}}, 2);
    for (int i = 0; i < 5; ++i) balancer->weigh(lossInputs(VectorXd{{1e6, -1e6}}));
    const VectorXd w = balancer->weigh(lossInputs(VectorXd{{1, 1}}));
    QVERIFY(w.minCoeff() >= std::exp(-10) / 2 * (1 - 1e-12));
    QVERIFY(w.maxCoeff() <= std::exp(10) / 2 * (1 + 1e-12));
  }

  void adamStepsByItsRate() {
    const auto balancer = make("uncertainty", {{"lr", 0.01}}, 3);
    balancer->weigh(lossInputs(VectorXd{{2, 0.5, 4}}));
    // The first step of Adam has the length of the rate, against the sign of the slope.
    compare(balancer->weigh(lossInputs(VectorXd{{2, 0.5, 4}})),
            {std::exp(-0.01) / 2, std::exp(0.01) / 2, std::exp(-0.01) / 2}, 1e-8);
  }

  void dwaComparesEpochs() {
    const auto balancer = make("dwa", json::object(), 2);
    compare(balancer->weigh(lossInputs(VectorXd{{4, 10}}, 0)), {1, 1}, 0);
    compare(balancer->weigh(lossInputs(VectorXd{{2, 9}}, 1)), {1, 1}, 0);
    // Ratios (0.5, 0.9), T = 2.
    compare(balancer->weigh(lossInputs(VectorXd{{7, 7}}, 2)), {0.9003, 1.0997}, 5e-5);
  }

  void dwaTakesMeansOverEpochs() {
    const auto balancer = make("dwa", json::object(), 2);
    const double rows[][3] = {{3, 8, 0}, {5, 12, 0}, {1, 9, 1}, {3, 9, 1}, {9, 9, 2}};
    VectorXd w;
    for (const auto& [a, b, epoch] : rows)
      w = balancer->weigh(lossInputs(VectorXd{{a, b}}, static_cast<std::int64_t>(epoch)));
    compare(w, {0.9003, 1.0997}, 5e-5);
  }

  /// A mean loss that had been next to 0 made all weights NaN.
  void dwaSurvivesALossThatWasAlmostZero() {
    const auto balancer = make("dwa", {{"window", 1}}, 2);
    balancer->weigh(lossInputs(VectorXd{{1e-300, 1}}));
    compare(balancer->weigh(lossInputs(VectorXd{{1e100, 1}})), {2, 0}, 1e-12);
  }
  void dwaWindowStartsWhenItIsFull() {
    const auto balancer = make("dwa", {{"window", 2}}, 2);
    for (int i = 0; i < 3; ++i)
      compare(balancer->weigh(lossInputs(VectorXd{{i < 2 ? 4.0 : 2.0, i < 2 ? 10.0 : 9.0}})),
              {1, 1}, 0);
    compare(balancer->weigh(lossInputs(VectorXd{{2, 9}})), {0.9003, 1.0997}, 5e-5);
  }

  void gradNormEqualsTheSheet() {
    const auto balancer = make("gradnorm", {{"update", "additive"}, {"initial_losses", {2, 1}}}, 2);
    Inputs inputs;
    inputs.losses = VectorXd{{1, 1}};
    inputs.rowNorms = VectorXd{{2, 4}};
    compare(balancer->weigh(inputs), {1, 1}, 0);
    compare(balancer->weigh(inputs), {0.9268, 1.0732}, 5e-5);
  }

  void gradNormWeightsStayPositiveAndSumToK() {
    const auto balancer = make("gradnorm", {{"lr", 5}}, 3);
    for (int step = 0; step < 30; ++step) {
      const VectorXd w = weighStep(*balancer, step);
      QVERIFY(w.minCoeff() > 0);
      QVERIFY(std::abs(w.sum() - 3) < 1e-9);
    }
  }

  void imtlLEqualsTheSheet() {
    // ∂/∂s at s = 0 is (1, -0.5, 0).
    const auto balancer = make("imtl_l", {{"optimizer", "sgd"}, {"lr", 0.1}}, 3);
    compare(balancer->weigh(lossInputs(kLosses)), {1, 1, 1}, 0);
    compare(balancer->weigh(lossInputs(kLosses)), {std::exp(-0.1), std::exp(0.05), 1}, 1e-15);
    for (int i = 0; i < 500; ++i) balancer->weigh(lossInputs(kLosses));
    compare(balancer->weigh(lossInputs(kLosses)), {0.5, 2, 1}, 1e-6);
  }

  void slotsMultiply() {
    TwoSlots both(make("static", {{"weights", {2, 0.5}}}, 2), make("mgda", json::object(), 2));
    const VectorXd factors = VectorXd::Ones(2);
    const auto found = both.weigh(inputsOf(jacobianA()), factors, {1, 1});
    MatrixXd weighted = jacobianA();
    weighted.row(0) *= 2;
    weighted.row(1) *= 0.5;
    const VectorXd inner = weights("mgda", json::object(), weighted);
    compare(found.weights, {2 * inner[0], 0.5 * inner[1]}, 1e-12);
    compare(found.heads, {2, 0.5}, 0);  // weight_heads: true for the weighting, false for MGDA
  }

  /// Each part with weights and state of its own; what is recorded is their mean by size.
  void partsAreBalancedByThemselves() {
    const auto make2 = [](const char* id) {
      std::vector<MethodPart> parts;
      parts.push_back({make(id, json::object(), 2), 0.25, "a"});
      parts.push_back({make(id, json::object(), 2), 0.75, "b"});
      return TwoSlots(make("static", {{"weights", {2, 1}}}, 2), std::move(parts));
    };
    auto slots = make2("mgda");
    const MatrixXd first{{1, 0}, {0, 2}}, second{{3, 1}, {1, 1}};
    Inputs inputs;
    const std::vector<MatrixXd> parts{first * first.transpose(), second * second.transpose()};
    inputs.gramian = parts[0] + parts[1];
    const auto found = slots.weigh(inputs, VectorXd::Ones(2), {1, 1}, parts);
    const MatrixXd twice{{2, 0}, {0, 1}};
    VectorXd mean = VectorXd::Zero(2);
    for (size_t i = 0; i < 2; ++i) {
      const VectorXd inner = weights("mgda", json::object(), twice * (i == 0 ? first : second));
      compare(found.parts.at(i), {2 * inner[0], inner[1]}, 1e-12);
      mean += (i == 0 ? 0.25 : 0.75) * found.parts[i];
    }
    compare(found.weights, {mean[0], mean[1]}, 1e-12);
    // One task alone has nothing to be balanced with.
    compare(slots.weigh(inputs, VectorXd::Ones(2), {0, 1}, parts).weights, {0, 1}, 0);

    auto whole = make2("pcgrad"), resumed = make2("pcgrad");
    whole.weigh(inputs, VectorXd::Ones(2), {1, 1}, parts);
    resumed.restore(json::parse(whole.state().dump()));
    QVERIFY(whole.state().at("gradient").size() == 2 && resumed.state() == whole.state());
  }

  void staticFactorsGoOnTheLossesFirst() {
    TwoSlots both(make("equal", json::object(), 2), make("nash_mtl", {{"max_norm", 0}}, 2));
    const auto plain = both.weigh(inputsOf(jacobianA()), VectorXd::Ones(2), {1, 1});
    const auto scaled = both.weigh(inputsOf(jacobianA()), VectorXd{{3, 0.2}}, {1, 1});
    compare(scaled.weights, {plain.weights[0], plain.weights[1]}, 1e-9);  // Nash ignores scales
  }

  void nonFiniteInputsLeaveTheStateAlone() {
    TwoSlots slots(make("uncertainty", json::object(), 2), nullptr);
    const auto before = slots.state();
    const auto found =
        slots.weigh(lossInputs(VectorXd{{1, std::nan("")}}), VectorXd::Ones(2), {1, 1});
    QVERIFY(found.nonFinite);
    compare(found.weights, {1, 1}, 0);
    QVERIFY(slots.state() == before);
    const auto next =
        slots.weigh(lossInputs(VectorXd{{1, std::nan("")}}), VectorXd::Ones(2), {1, 0});
    QVERIFY(!next.nonFinite);
    compare(next.weights, {0.5, 0}, 0);
  }

  void boundOfALearnedWeightIsRemarked() {
    const auto bounded = make("uncertainty", {{"lr", 1}, {"optimizer", "sgd"}}, 2);
    int first = -1;
    for (int t = 0; t < 40 && first < 0; ++t) {
      bounded->weigh(lossInputs(VectorXd{{-2, 1}}));
      if (!bounded->remarks().empty()) first = t;
    }
    QVERIFY(first > 0);
    const auto remarks = bounded->remarks();
    QCOMPARE(remarks.size(), size_t{1});
    QCOMPARE(remarks[0].task, Index{0});
    QVERIFY(remarks[0].text.find("the bound -10") != std::string::npos);
  }

  void weightThatIsNotFiniteIsRefusedAndTheStateStaysFinite() {
    TwoSlots slots(make("imtl_l", {{"optimizer", "sgd"}, {"lr", 100}}, 2), nullptr);
    Weights found;
    for (int t = 0; t < 200 && found.wrong.empty(); ++t)
      found = slots.weigh(lossInputs(VectorXd{{-1, 1}}), VectorXd::Ones(2), {1, 1});
    QVERIFY(found.nonFinite);
    QCOMPARE(found.wrong.size(), size_t{1});
    QCOMPARE(found.wrong[0].task, Index{0});
    QVERIFY(!found.wrong[0].gradient);
    compare(found.weights, {1, 1}, 0);
    const auto state = slots.state();
    for (const auto& s : state.at("weighting").at("s")) QVERIFY(std::isfinite(s.get<double>()));
  }

  /// With Adam the square of the slope ends before the weight does.
  void weightThatCanNoLongerBeLearnedIsRemarked() {
    const auto learned = make("imtl_l", {{"optimizer", "adam"}, {"lr", 100}}, 2);
    for (int t = 0; t < 20; ++t) learned->weigh(lossInputs(VectorXd{{-1, 1}}));
    const auto remarks = learned->remarks();
    QCOMPARE(remarks.size(), size_t{1});
    QCOMPARE(remarks[0].task, Index{0});
    QVERIFY(learned->state().at("s").at(0).is_number());
  }

  /// -2 after -1 counted as twice as slow.
  void negativeLossesHaveNoPace() {
    const auto dwa = make("dwa", {{"window", 1}}, 2);
    dwa->weigh(lossInputs(VectorXd{{-1, 2}}));
    compare(dwa->weigh(lossInputs(VectorXd{{-2, 2}})), {1, 1}, 1e-15);
    QCOMPARE(dwa->remarks().size(), size_t{1});
    const auto norm = make("gradnorm", json::object(), 2);
    const auto like = make("gradnorm", json::object(), 2);
    for (int t = 0; t < 3; ++t) {
      norm->weigh(inputsOf(jacobianA(), VectorXd{{-1.0 - t, 2}}));
      like->weigh(inputsOf(jacobianA(), VectorXd{{1, 2}}));
    }
    QVERIFY(norm->state().at("weights") == like->state().at("weights"));
    QCOMPARE(norm->remarks().size(), size_t{1});
    QCOMPARE(norm->remarks()[0].task, Index{0});
  }

  void dwaDoesNotFeelUnits() {
    for (const double unit : {1e-6, 1e6}) {
      const auto plain = make("dwa", {{"window", 1}}, 2);
      const auto scaled = make("dwa", {{"window", 1}}, 2);
      for (const double newer : {3.0, 2.0, 1.5})
        compare(
            scaled->weigh(lossInputs(VectorXd{{unit * newer, 1}})),
            [&] {
              const VectorXd w = plain->weigh(lossInputs(VectorXd{{newer, 1}}));
              return std::vector<double>{w[0], w[1]};
            }(),
            1e-12);
    }
  }

  void takesOverWhatWasLearned() {
    TwoSlots before(make("uncertainty", {{"lr", 0.1}}, 2), nullptr);
    const auto inputs = inputsOf(jacobianA(), VectorXd{{5, 0.1}});
    for (int i = 0; i < 5; ++i) before.weigh(inputs, VectorXd::Ones(2), {1, 1});
    TwoSlots after(make("uncertainty", {{"lr", 0.1}}, 2), make("mgda", json::object(), 2));
    after.takeOver(before, true, false);
    QVERIFY(after.state().at("weighting") == before.state().at("weighting"));
  }
};

EQUIPOISE_TEST(TestWeightings)
#include "tst_weighting.moc"

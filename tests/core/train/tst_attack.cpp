#include "core/train/attack.h"

#include <QTest>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tensor.h>

#include "core/model/model.h"
#include "tests/registry.h"

using eq::metric::Attack;
using eq::train::attacked;

namespace {

at::Tensor examples() {
  return at::linspace(-1, 1, 60).mul(31).sin().view({20, 3});
}

/// Logits [N, 4] of a small network with fixed weights.
at::Tensor logitsOf(const at::Tensor& x) {
  const auto first = at::arange(15).view({3, 5}).to(x.scalar_type()).mul(2.3).sin();
  const auto second = at::arange(20).view({5, 4}).to(x.scalar_type()).mul(1.7).sin();
  return x.matmul(first).tanh().matmul(second) * 3;
}

at::Tensor someClasses() {
  return logitsOf(examples()).argmax(1);
}

bool sameNumbers(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && (a - b).abs().max().item<double>() < 1e-6;
}

}  // namespace

class TestAttack : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Of a linear model the worst place in the box is known: the corner against the weights.
  void findsTheWorstCornerOfALinearModel() {
    const auto x = examples(), w = at::tensor({2.0F, -1.0F, 0.5F});
    const auto target = (at::arange(20).remainder(2)).to(at::kFloat);
    const auto linear = [&](const at::Tensor& inputs) { return inputs.matmul(w); };
    const auto side = (1 - 2 * target).unsqueeze(1) * w.sign();
    const auto found = attacked(x, target, {0.2, 0.05, 8}, linear, 3);
    QVERIFY(sameNumbers(found.inputs, x + side * 0.2));
    // Inputs that lie beyond a limit are not moved to it.
    Attack limited{0.2, 0.05, 8, -0.5, 0.6};
    const auto within =
        at::minimum(at::maximum(x + side * 0.2, at::clamp_max(x, -0.5)), at::clamp_min(x, 0.6));
    QVERIFY(sameNumbers(attacked(x, target, limited, linear, 3).inputs, within));
  }

  /// ε, steps and limits are in the unit of the data, not in that of scaled inputs.
  void goesByTheInputsOwnUnit() {
    const auto own = examples() * at::tensor({1.0F, 10.0F, 20.0F}) + 3;
    const auto target = (at::arange(20).remainder(2)).to(at::kFloat);
    const auto scale = at::tensor({4.0F, 0.5F, 20.0F}), offset = at::tensor({1.0F, -2.0F, 5.0F});
    const auto w = at::tensor({2.0F, -1.0F, 0.5F});
    const auto linear = [&](const at::Tensor& inputs) { return inputs.matmul(w); };
    const auto found = attacked((own - offset) / scale, target, {0.2, 0.05, 8, 2.5, 4.0}, linear, 3,
                                {{"a", 1, 4}, {"b", -2, 0.5}, {"c", 5, 20}});
    const auto side = (1 - 2 * target).unsqueeze(1) * w.sign();
    const auto expected = at::minimum(at::maximum(own + side * 0.2, at::clamp_max(own, 2.5)),
                                      at::clamp_min(own, 4.0));
    QVERIFY((found.inputs * scale + offset - expected).abs().max().item<double>() < 2e-5);
    const auto pixels =
        attacked((own - 1) / 4, target, {0.2, 0.05, 8}, linear, 3, {{"pixel", 1, 4}});
    QVERIFY((pixels.inputs * 4 + 1 - own - side * 0.2).abs().max().item<double>() < 2e-5);
  }

  void staysInTheBoxAndRaisesTheLoss() {
    const auto x = examples(), target = someClasses();
    const auto lossAt = [&](const at::Tensor& inputs) {
      return -logitsOf(inputs).log_softmax(1).gather(1, target.unsqueeze(1)).mean().item<double>();
    };
    double before = lossAt(x);
    for (const double eps : {0.02, 0.1, 0.4}) {
      const auto found = attacked(x, target, {eps, eps / 4, 12}, logitsOf, 5);
      QVERIFY((found.inputs - x).abs().max().item<double>() <= eps * (1 + 1e-5));
      QVERIFY(lossAt(found.inputs) > before * 1.01);
      before = lossAt(found.inputs);
    }
  }

  /// Against the places themselves, each found by an attack of so many steps.
  void countsTheStepsThatAPredictionStands() {
    const auto x = examples(), target = someClasses();
    constexpr std::int64_t kSteps = 16;
    const auto attackOf = [](std::int64_t steps) { return Attack{1.5, 0.15, steps}; };
    auto generator = eq::model::generatorOn(x.device(), 9);
    std::vector<at::Tensor> places{x + at::empty_like(x).uniform_(-1.5, 1.5, generator)};
    for (std::int64_t t = 1; t < kSteps; ++t)
      places.push_back(attacked(x, target, attackOf(t), logitsOf, 9).inputs);
    const auto steps = attacked(x, target, attackOf(kSteps), logitsOf, 9).steps;
    std::int64_t between = 0;
    for (std::int64_t i = 0; i < x.size(0); ++i) {
      std::int64_t expected = 0;
      while (expected < kSteps &&
             logitsOf(places[expected][i].unsqueeze(0)).argmax().item<std::int64_t>() ==
                 target[i].item<std::int64_t>())
        ++expected;
      QCOMPARE(steps[i].item<std::int64_t>(), expected);
      between += expected > 0 && expected < kSteps;
    }
    QVERIFY2(between >= 3, qPrintable(QString::number(between)));
  }

  void isTheSameForTheSameSeedAndEveryExampleByItself() {
    const auto x = examples(), target = someClasses();
    const Attack attack{0.3, 0.1, 4};
    const auto one = attacked(x, target, attack, logitsOf, 1);
    QVERIFY(one.inputs.equal(attacked(x, target, attack, logitsOf, 1).inputs));
    QVERIFY(!one.inputs.equal(attacked(x, target, attack, logitsOf, 2).inputs));
    // Others without a target leave it as it is, and are not moved beyond their start.
    auto ignored = target.clone();
    ignored.narrow(0, 5, 15).fill_(-100);
    const auto some = attacked(x, ignored, attack, logitsOf, 1);
    QVERIFY(some.inputs.narrow(0, 0, 5).equal(one.inputs.narrow(0, 0, 5)));
    QCOMPARE(some.steps.narrow(0, 5, 15).sum().item<std::int64_t>(), std::int64_t{0});
  }
};

EQUIPOISE_TEST(TestAttack)
#include "tst_attack.moc"

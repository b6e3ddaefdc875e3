#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <QTest>

#include <cmath>

#include "core/train/second_view.h"
#include "tests/registry.h"

using eq::train::secondView;

class TestSecondView : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void isTheSameForTheSameSeed() {
    const auto x = at::ones({20, 1, 8, 8});
    const auto view = secondView(x, {0.1, 0.2, 2}, 7);
    QCOMPARE(view.sizes(), x.sizes());
    QVERIFY(view.equal(secondView(x, {0.1, 0.2, 2}, 7)));
    QVERIFY(!view.equal(secondView(x, {0.1, 0.2, 2}, 8)));
  }

  void withoutChangesItIsTheExample() {
    const auto x = at::arange(12, at::kFloat).view({3, 4});
    QVERIFY(secondView(x, {}, 7).equal(x));
    QVERIFY(secondView(x, {0, 0, 3}, 7).equal(x));  // numbers in a row do not move
  }

  void noiseHasItsDeviation() {
    const auto noise = secondView(at::zeros({200, 100}), {0.3, 0, 0}, 7);
    QVERIFY(std::abs(noise.mean().item<double>()) < 0.01);
    QVERIFY(std::abs(noise.std().item<double>() - 0.3) < 0.01);
  }

  void dropsTheShareOfInputs() {
    const auto view = secondView(at::ones({200, 100}), {0, 0.25, 0}, 7);
    QVERIFY(std::abs(1 - view.mean().item<double>() - 0.25) < 0.01);
    QVERIFY(((view == 0) | (view == 1)).all().item<bool>());
  }

  /// Each image by its own way, by all ways in both directions, and never further.
  void movesImages() {
    constexpr std::int64_t kImages = 400, kEdge = 9, kMost = 2;
    auto x = at::zeros({kImages, 2, kEdge, kEdge});
    x.select(2, 4).select(2, 4).fill_(1);  // one light pixel in the middle
    const auto view = secondView(x, {0, 0, kMost}, 7);
    QVERIFY((view.sum({2, 3}) == 1).all().item<bool>());
    QVERIFY(view.select(1, 0).equal(view.select(1, 1)));  // channels move together
    const auto where = view.select(1, 0).sum(0);
    QVERIFY((where.narrow(0, 2, 5).narrow(1, 2, 5) > 0).all().item<bool>());
    QCOMPARE(where.narrow(0, 2, 5).narrow(1, 2, 5).sum().item<double>(), double{kImages});
  }

  void whatComesInRepeatsTheBorder() {
    const auto x = at::arange(5, at::kFloat).view({1, 1, 1, 5}).expand({50, 1, 5, 5}).contiguous();
    const auto view = secondView(x, {0, 0, 1}, 7).select(1, 0).select(1, 2);
    for (std::int64_t i = 0; i < view.size(0); ++i) {
      const double by = view[i][2].item<double>() - 2;
      const auto expected = (at::arange(5, at::kFloat) + by).clamp(0, 4);
      QVERIFY(view[i].equal(expected));
    }
  }
};

EQUIPOISE_TEST(TestSecondView)
#include "tst_second_view.moc"

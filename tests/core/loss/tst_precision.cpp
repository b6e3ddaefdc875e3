#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>

#include <QTest>

#include <cmath>

#include "core/loss/catalog.h"
#include "core/loss/loss_bench.h"
#include "tests/registry.h"

using eq::loss::Batch;
using eq::loss::catalog;

namespace {

at::Tensor as(const at::Tensor& tensor, at::ScalarType type) {
  return tensor.defined() && tensor.is_floating_point() ? tensor.to(type) : tensor;
}

/// The same numbers in another type; the prediction asks for its gradient.
Batch as(const Batch& batch, at::ScalarType type) {
  Batch other = batch;
  other.prediction = as(batch.prediction.detach(), type).clone().requires_grad_(true);
  other.target = as(batch.target, type);
  for (auto& [name, field] : other.fields) field = as(field, type);
  return other;
}

struct Found {
  double value;
  at::Tensor gradient;  ///< float64
};

Found evaluate(const eq::loss::Loss& loss, const Batch& batch) {
  const auto value = loss.evaluate(eq::loss::widened(batch)).value;
  value.backward();
  return {value.item<double>(), batch.prediction.grad().to(at::kDouble)};
}

double relative(const Found& found, const Found& expected) {
  return std::abs(found.value - expected.value) / (std::abs(expected.value) + 1e-2);
}
double relativeOfGradients(const Found& found, const Found& expected) {
  return ((found.gradient - expected.gradient).norm() / expected.gradient.norm()).item<double>();
}

/// Half a unit in the last place of bfloat16, whose gradients are rounded to it.
constexpr double kBFloat16 = 1.0 / 256;

}  // namespace

/// Every loss in float32 and bfloat16 against itself in float64, on numbers that all three hold.
class TestPrecision : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void agrees_data() {
    QTest::addColumn<QString>("id");
    for (const auto* descriptor : catalog().descriptors())
      if (descriptor->id != "torchscript")  // needs a file: tst_torchscript.cpp
        QTest::newRow(descriptor->id.c_str()) << QString::fromStdString(descriptor->id);
  }
  void agrees() {
    QFETCH(QString, id);
    at::manual_seed(7);
    const auto [loss, sampled] = eq::loss::sampleLoss(id.toStdString(), {{}, 24, 6, 1, 1});
    const auto numbers = as(sampled, at::kBFloat16);
    const auto wide = evaluate(*loss, as(numbers, at::kDouble));
    QVERIFY(std::isfinite(wide.value));
    QVERIFY(wide.gradient.norm().item<double>() > 0);
    const auto single = evaluate(*loss, as(numbers, at::kFloat));
    const auto reduced = evaluate(*loss, as(numbers, at::kBFloat16));
    // Of equal errors, the sort of the Lovász loss may put either first: the slopes differ then.
    const double slopes = id == "lovasz_softmax" ? 2e-3 : 1e-5;
    QVERIFY2(relative(single, wide) < 1e-5, qPrintable(QString::number(relative(single, wide))));
    QVERIFY2(relativeOfGradients(single, wide) < slopes,
             qPrintable(QString::number(relativeOfGradients(single, wide))));
    QVERIFY2(relative(reduced, wide) < 1e-5, qPrintable(QString::number(relative(reduced, wide))));
    QVERIFY2(relativeOfGradients(reduced, wide) < slopes + kBFloat16,
             qPrintable(QString::number(relativeOfGradients(reduced, wide))));
  }

  void widensWhatIsNarrow() {
    Batch batch;
    batch.prediction = at::ones({3}, at::kBFloat16).requires_grad_(true);
    batch.target = at::ones({3}, at::kLong);
    batch.fields["mask"] = at::ones({3}, at::kHalf);
    batch.fields["weight"] = at::ones({3}, at::kDouble);
    const auto wide = eq::loss::widened(batch);
    QCOMPARE(wide.prediction.scalar_type(), at::kFloat);
    QCOMPARE(wide.target.scalar_type(), at::kLong);
    QCOMPARE(wide.field("mask").scalar_type(), at::kFloat);
    QCOMPARE(wide.field("weight").scalar_type(), at::kDouble);
    wide.prediction.sum().backward();
    QCOMPARE(batch.prediction.grad().scalar_type(), at::kBFloat16);
  }
};

EQUIPOISE_TEST(TestPrecision)
#include "tst_precision.moc"

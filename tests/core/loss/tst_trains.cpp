#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <QTest>

#include <cmath>

#include "core/loss/catalog.h"
#include "core/loss/loss_bench.h"
#include "tests/registry.h"

using eq::loss::catalog;

namespace {

const eq::loss::LossBenchSpec kSmall{{}, 24, 6, 1, 1};
constexpr std::int64_t kFeatures = 8;
constexpr int kSteps = 25;
constexpr double kStepLength = 0.02;

/// A linear model of random features, trained on what the loss reads.
class LinearModel {
 public:
  explicit LinearModel(const at::Tensor& start)
      : start_(start.detach()),
        rows_(start.dim() == 0 ? 1 : start.size(0)),
        features_(at::randn({rows_, kFeatures}) / std::sqrt(double{kFeatures})),
        weight_(at::zeros({kFeatures, start.numel() / rows_}).requires_grad_(true)) {}

  at::Tensor predict() const { return start_ + features_.mm(weight_).view(start_.sizes()); }

  /// A step of fixed length down the gradient. \returns whether there is one.
  bool step(const at::Tensor& loss) {
    loss.backward();
    const auto gradient = weight_.grad().clone();
    const auto length = gradient.norm();
    if (length.item<double>() == 0) return false;
    const at::NoGradGuard noGradients;
    weight_ -= gradient * (kStepLength / length);
    weight_.mutable_grad().reset();
    return true;
  }

 private:
  at::Tensor start_;
  std::int64_t rows_;
  at::Tensor features_, weight_;
};

}  // namespace

/// Every loss of the catalog, those that runs cannot feed included.
class TestTrains : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void lowersItself_data() {
    QTest::addColumn<QString>("id");
    for (const auto* descriptor : catalog().descriptors())
      if (descriptor->id != "torchscript")  // needs a file: tst_torchscript.cpp
        QTest::newRow(descriptor->id.c_str()) << QString::fromStdString(descriptor->id);
  }
  void lowersItself() {
    QFETCH(QString, id);
    at::manual_seed(7);
    auto [loss, batch] = eq::loss::sampleLoss(id.toStdString(), kSmall);
    LinearModel model(batch.prediction);
    const auto valueOf = [&] {
      batch.prediction = model.predict();
      return loss->evaluate(batch).value;
    };
    const double before = valueOf().item<double>();
    for (int i = 0; i < kSteps; ++i) QVERIFY(model.step(valueOf()));
    const double after = valueOf().item<double>();
    QVERIFY(std::isfinite(after));
    QVERIFY2(after < before, qPrintable(QString("%1 to %2").arg(before).arg(after)));
  }
};

EQUIPOISE_TEST(TestTrains)
#include "tst_trains.moc"

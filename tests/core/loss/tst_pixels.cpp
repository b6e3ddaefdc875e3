#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>

#include <QTest>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/loss.h"
#include "tests/registry.h"

using eq::TaskKind;
using eq::loss::Batch;
using eq::loss::catalog;

namespace {

constexpr std::int64_t kImages = 5, kClasses = 4, kPixels = 6;
const eq::TaskInfo kMap{"map", TaskKind::segmentation, kClasses, {}, {}, {2, 3}, {}};

Batch maps() {
  Batch batch;
  batch.prediction = at::randn({kImages, kClasses, kPixels}, at::kDouble);
  batch.target = at::randint(kClasses, {kImages, kPixels}, at::kLong);
  batch.target[1].fill_(-100);  // an image without any
  batch.target[2].narrow(0, 0, 4).fill_(-100);
  batch.task = &kMap;
  return batch;
}

/// The same without a run: each pixel is a sample.
Batch rowsOf(const Batch& maps) {
  Batch rows;
  rows.prediction = maps.prediction.transpose(1, 2).reshape({-1, kClasses});
  rows.target = maps.target.flatten();
  return rows;
}

nlohmann::json paramsFor(const eq::Descriptor& descriptor) {
  for (const auto& spec : descriptor.parameters)
    if (spec.name == "counts" && spec.required) return {{"counts", {9, 5, 3, 2}}};
  return nlohmann::json::object();
}

}  // namespace

/// Losses of classes that take the maps of a run.
class TestPixels : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { at::manual_seed(3); }

  void pixelsAreSamples_data() {
    QTest::addColumn<QString>("id");
    for (const auto* descriptor : catalog().descriptors())
      if (descriptor->accepts(TaskKind::segmentation) &&
          descriptor->accepts(TaskKind::classification) &&
          descriptor->traits.value("prediction", std::string()) != "embedding" &&
          !descriptor->traits.contains("wrapper") && descriptor->id != "sum")
        QTest::newRow(descriptor->id.c_str()) << QString::fromStdString(descriptor->id);
  }
  void pixelsAreSamples() {
    QFETCH(QString, id);
    const auto& descriptor = catalog().descriptor(id.toStdString());
    const auto loss = catalog().create(descriptor.id, paramsFor(descriptor), "loss");
    const auto batch = maps();
    loss->check(batch);
    const auto found = loss->evaluate(batch, true), expected = loss->evaluate(rowsOf(batch), true);
    QCOMPARE(found.value.item<double>(), expected.value.item<double>());
    QCOMPARE(found.perSample.sizes().vec(), std::vector<std::int64_t>{kImages});
    const auto pixels = expected.perSample.view({kImages, kPixels});
    QCOMPARE(found.perSample[0].item<double>(), pixels[0].mean().item<double>());
    QCOMPARE(found.perSample[1].item<double>(), 0.0);
    QCOMPARE(found.perSample[2].item<double>(), pixels[2].narrow(0, 4, 2).mean().item<double>());
    QVERIFY(!found.valid[1].item<bool>());
    QCOMPARE(found.valid.sum().item<std::int64_t>(), kImages - 1);
  }

  void thereAreManyOfThem() {
    int count = 0;
    for (const auto* descriptor : catalog().descriptors())
      count += descriptor->accepts(TaskKind::segmentation) ? 1 : 0;
    QVERIFY(count >= 25);
  }

  void refusesRowsAndStrangeClasses() {
    const auto loss = catalog().create("focal", nlohmann::json::object(), "loss");
    auto batch = maps();
    batch.target[0][0] = kClasses;
    QVERIFY_THROWS_EXCEPTION(eq::Error, loss->check(batch));
    batch = maps();
    batch.target = batch.target.select(1, 0);
    QVERIFY_THROWS_EXCEPTION(eq::Error, loss->check(batch));
    batch = rowsOf(maps());
    batch.task = &kMap;
    QVERIFY_THROWS_EXCEPTION(eq::Error, loss->check(batch));
  }
};

EQUIPOISE_TEST(TestPixels)
#include "tst_pixels.moc"

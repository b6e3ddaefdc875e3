#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>

#include <QTest>

#include "core/gradient/engine.h"
#include "core/loss/catalog.h"
#include "core/loss/loss.h"
#include "core/model/catalog.h"
#include "tests/core/gradient/engine_support.h"
#include "tests/registry.h"

using namespace eq::gradient;
using namespace eq::gradient::test;
using eq::TaskKind;

namespace {

constexpr std::int64_t kHeight = 9, kWidth = 11, kPixels = kHeight * kWidth;

/// A segmentation, depths by a loss that needs them above 0, normals, and a class of the image.
std::unique_ptr<Model> modelOf(bool skips, size_t tasks) {
  eq::model::Setting setting;
  setting.inputShape = {2, kHeight, kWidth};
  setting.tasks = {{"what", TaskKind::segmentation, 4, {}, {}, {kHeight, kWidth}},
                   {"depth", TaskKind::regression, kPixels, {}, {}, {kHeight, kWidth}},
                   {"normals", TaskKind::regression, 3 * kPixels, {}, {}, {kHeight, kWidth}},
                   {"kind", TaskKind::classification, 3, {}, {}, {}}};
  setting.tasks.resize(tasks);
  setting.seed = 4;
  setting.type = at::kDouble;
  const char* losses[] = {"dice", "silog", "normal_cosine", "focal"};
  for (size_t k = 0; k < tasks; ++k)
    setting.readouts.push_back(
        eq::loss::catalog().create(losses[k], json::object(), "loss")->readouts(setting.tasks[k]));
  const json params{{"channels", {3, 4, 5}}, {"decoder", 6}, {"skips", skips}};
  return eq::model::catalog().create("dense_cnn", params, "model", setting);
}

}  // namespace

/// An encoder below decoders of maps.
class TestDenseMaps : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void gradientsAreThoseOfAutograd_data() {
    QTest::addColumn<bool>("skips");
    QTest::addColumn<int>("tasks");
    for (const bool skips : {true, false})
      for (const int tasks : {2, 4})
        QTest::addRow("%s K %d", skips ? "skips" : "without skips", tasks) << skips << tasks;
  }
  /// G = J Jᵀ, J and the update, in whatever way, with any task away.
  void gradientsAreThoseOfAutograd() {
    QFETCH(bool, skips);
    QFETCH(int, tasks);
    const auto count = static_cast<size_t>(tasks);
    const auto model = modelOf(skips, count);
    QVERIFY(model->goesBackByTraces());
    const auto inputs = random({3, 2, kHeight, kWidth}, 2);
    const std::vector<double> weights(count, 0.5), heads(count, 0.7);
    for (size_t away = 0; away <= count; ++away) {
      std::vector<char> active(count, 1);
      if (away < count) active[away] = 0;
      const auto brute = bruteJacobian(*model, inputs, active);
      const auto update = brute.sum(0) * 0.5;
      for (const auto& [options, way] : everyOption()) {
        const Engine engine(*model, options);
        auto pass = engine.forward(inputs, lossOf, active, Purpose::exact);
        const auto gramian = engine.gramian(pass, Source::exact);
        QVERIFY(gramianError(gramian, brute.mm(brute.t())) < 1e-10);
        QVERIFY(relativeError(engine.jacobian(pass), brute) < 1e-10);
        const auto found = engine.backward(pass, weights, heads);
        std::vector<at::Tensor> columns;
        for (const auto index : model->parameters().columnIndices())
          columns.push_back(found[index].flatten());
        QVERIFY(relativeError(at::cat(columns), update) < 1e-10);
        if (away == count) continue;
        for (const auto index : model->parameters().indices(static_cast<std::int64_t>(away)))
          QVERIFY(!found[index].defined());
      }
    }
  }
};

EQUIPOISE_TEST(TestDenseMaps)
#include "tst_dense_maps.moc"

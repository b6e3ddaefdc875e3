#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tensor.h>

#include <QTest>

#include "core/loss/catalog.h"
#include "core/loss/loss.h"
#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;
using eq::TaskInfo;
using eq::TaskKind;

Q_DECLARE_METATYPE(json)

namespace {

constexpr std::int64_t kHeight = 9, kWidth = 11, kPixels = kHeight * kWidth, kClasses = 4;

std::vector<TaskInfo> denseTasks() {
  return {{"what", TaskKind::segmentation, kClasses, {}, {}, {kHeight, kWidth}},
          {"depth", TaskKind::regression, kPixels, {}, {}, {kHeight, kWidth}},
          {"normals", TaskKind::regression, 3 * kPixels, {}, {}, {kHeight, kWidth}},
          {"kind", TaskKind::classification, 3, {}, {}, {}}};
}

/// With the readouts of these losses.
std::unique_ptr<Model> modelOf(const json& params, size_t tasks,
                               const std::vector<std::string>& losses = {}) {
  Setting setting;
  setting.inputShape = {2, kHeight, kWidth};
  setting.tasks = denseTasks();
  setting.tasks.resize(tasks);
  setting.seed = 4;
  setting.type = at::kDouble;
  for (size_t k = 0; k < losses.size(); ++k)
    setting.readouts.push_back(
        eq::loss::catalog().create(losses[k], json::object(), "loss")->readouts(setting.tasks[k]));
  return catalog().create("dense_cnn", params, "model", setting);
}

at::Tensor imagesOf(std::int64_t examples) {
  return normal({examples, 2, kHeight, kWidth}).to(at::kDouble);
}

const json kSmall{{"channels", {3, 4, 5}}, {"decoder", 6}};

json withoutSkips() {
  auto params = kSmall;
  params["skips"] = false;
  return params;
}

/// Twice as large, each number in a square of its own, then cut or repeated to the size.
at::Tensor enlarged(const at::Tensor& maps, std::int64_t height, std::int64_t width) {
  const auto places = [](std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < to; ++i) all.push_back(i * from / to);
    return at::tensor(all, at::kLong);
  };
  return maps.index_select(2, places(maps.size(2), height))
      .index_select(3, places(maps.size(3), width));
}

at::Tensor convolved(const Values& values, const std::string& name, const at::Tensor& h) {
  return at::relu(
      at::conv2d(h, values.at(name + ".weight"), values.at(name + ".bias"), {1, 1}, {1, 1}));
}

}  // namespace

/// An encoder, and a decoder a task whose target is a map.
class TestDenseCnn : public QObject {
  Q_OBJECT

  static void addForms() {
    QTest::addColumn<json>("params");
    QTest::newRow("skips") << kSmall;
    QTest::newRow("without skips") << withoutSkips();
  }

 private Q_SLOTS:
  void predictionsHaveTheShapesOfTheirLosses() {
    const auto x = imagesOf(3);
    const auto shapesOf = [&](const std::vector<std::string>& losses) {
      const auto model = modelOf(kSmall, losses.size(), losses);
      const auto z = model->represent(x, {});
      std::vector<std::vector<std::int64_t>> shapes;
      for (size_t k = 0; k < losses.size(); ++k)
        shapes.push_back(model->head(k, model->readBy(k, z), {}).prediction.sizes().vec());
      return shapes;
    };
    QCOMPARE(shapesOf({"cross_entropy", "silog", "normal_cosine", "focal"}),
             (std::vector<std::vector<std::int64_t>>{
                 {3, kClasses, kPixels}, {3, kPixels}, {3, 3 * kPixels}, {3, 3}}));
    QCOMPARE(shapesOf({"dice", "gaussian_nll", "mse"}),
             (std::vector<std::vector<std::int64_t>>{
                 {3, kClasses, kPixels}, {3, kPixels, 2}, {3, 3 * kPixels}}));
    const auto model = modelOf(kSmall, 2, {"cross_entropy", "silog"});
    drawAll(*model);
    QVERIFY((predictionOf(*model, 1, x) > 0).all().item<bool>());
  }

  /// Pixel by pixel, from the names of its parameters.
  void isItsFormula_data() { addForms(); }
  void isItsFormula() {
    QFETCH(json, params);
    const auto model = modelOf(params, 4);
    QVERIFY(model->goesBackByTraces());
    QCOMPARE(model->frontier(), params.value("skips", true) ? size_t{0} : size_t{1});
    drawAll(*model);
    const auto values = valuesIn(*model);
    const auto x = imagesOf(2);
    std::vector<at::Tensor> maps{x};
    for (const char* stage : {"trunk.0", "trunk.1", "trunk.2"})
      maps.push_back(at::max_pool2d(convolved(values, stage, maps.back()), {2, 2}));
    const std::string names[] = {"what", "depth", "normals"}, last[] = {"4", "1", "3"};
    for (size_t k = 0; k < 3; ++k) {
      const auto head = "head." + names[k];
      auto h = maps[3];
      for (const size_t step : {2, 1, 0}) {
        h = enlarged(h, maps[step].size(2), maps[step].size(3));
        if (step > 0 && params.value("skips", true)) h = at::cat({h, maps[step]}, 1);
        h = convolved(values, head + ".decoder." + std::to_string(step), h);
      }
      const auto readout = head + ".linear-" + last[k];
      const auto& weight = values.at(readout + ".weight");
      auto expected =
          at::conv2d(h, weight.unsqueeze(2).unsqueeze(3), values.at(readout + ".bias")).flatten(2);
      if (k > 0) expected = expected.flatten(1);
      QVERIFY(isNear(predictionOf(*model, k, x), expected));
    }
    const auto mean = layerOf(values, "head.kind.linear-3", maps[3].flatten(2).mean(2));
    QVERIFY(isNear(predictionOf(*model, 3, x), mean));
  }

  void hasTheSizeOfItsFormula() {
    const auto conv = [](std::int64_t in, std::int64_t out) { return out * in * 9 + out; };
    const auto model = modelOf(kSmall, 4);
    const auto& parameters = model->parameters();
    QCOMPARE(parameters.count(kTrunk), conv(2, 3) + conv(3, 4) + conv(4, 5));
    const auto decoder = conv(5 + 4, 6) + conv(6 + 3, 6) + conv(6, 6);
    QCOMPARE(parameters.count(0), decoder + 7 * kClasses);
    QCOMPARE(parameters.count(2), decoder + 7 * 3);
    QCOMPARE(parameters.count(3), std::int64_t{6 * 3});
    QCOMPARE(modelOf(withoutSkips(), 2)->parameters().count(1),
             conv(5, 6) + conv(6, 6) + conv(6, 6) + 7);
    std::int64_t found = 0;
    Pass pass;
    pass.multiplyAdds = &found;
    const auto x = imagesOf(1);
    model->head(0, model->readBy(0, model->represent(x, pass)), pass);
    const std::int64_t encoder = 99 * 9 * 2 * 3 + 20 * 9 * 3 * 4 + 4 * 9 * 4 * 5;
    QCOMPARE(found, encoder + 4 * 9 * 9 * 6 + 20 * 9 * 9 * 6 + 99 * (9 * 6 * 6 + 6 * kClasses));
  }

  void refusals_data() {
    QTest::addColumn<json>("params");
    QTest::addColumn<QString>("loss");
    QTest::addColumn<QString>("message");
    const auto add = [](const char* name, const json& params, const char* loss,
                        const char* message) {
      QTest::newRow(name) << params << QString(loss) << QString(message);
    };
    add("no stage", {{"channels", json::array()}}, "cross_entropy",
        "model.channels: needs at least one stage, found []");
    add("too deep", {{"channels", {2, 2, 2, 2}}}, "cross_entropy",
        "model.channels: stage 4 shrinks the image of 9 x 11 to nothing; use fewer stages or a "
        "smaller kernel");
    add("features", kSmall, "triplet",
        "model.id: dense_cnn gives numbers at each place of a map, and the loss of the task what "
        "reads \"features\"; choose another loss for it, or another model");
  }
  void refusals() {
    QFETCH(json, params);
    QFETCH(QString, loss);
    QFETCH(QString, message);
    QString found;
    try {
      modelOf(params, 1, {loss.toStdString()});
    } catch (const eq::Error& error) {
      found = QString::fromStdString(error.what());
    }
    QCOMPARE(found, message);
  }

  void otherSizesAreRefused() {
    Setting setting;
    setting.inputShape = {1, 8, 12};
    setting.tasks = {{"what", TaskKind::segmentation, 3, {}, {}, {4, 6}}};
    const auto create = [&] { catalog().create("dense_cnn", kSmall, "model", setting); };
    QVERIFY_THROWS_EXCEPTION(eq::Error, create());
    setting.inputShape = {96};
    QVERIFY_THROWS_EXCEPTION(eq::Error, create());
  }
};

EQUIPOISE_TEST(TestDenseCnn)
#include "tst_dense_cnn.moc"

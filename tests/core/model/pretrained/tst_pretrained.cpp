#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include <QTest>

#include <functional>

#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

/// PyTorch's operations on a network's parameters and statistics, by torchvision's and timm's
/// names.
struct Written {
  explicit Written(const Model& model) : values(valuesIn(model)) {
    for (const auto& [name, numbers] : model.buffers()) values[name] = numbers;
  }
  at::Tensor of(const std::string& name) const { return values.at("trunk." + name); }

  at::Tensor conv(const std::string& name, const at::Tensor& h, std::int64_t stride) const {
    const auto weight = of(name + ".weight");
    const auto padding = weight.size(2) / 2;
    return at::conv2d(h, weight, at::Tensor(), {stride, stride}, {padding, padding});
  }
  at::Tensor norm(const std::string& name, const at::Tensor& h) const {
    return at::batch_norm(h, of(name + ".weight"), of(name + ".bias"), of(name + ".running_mean"),
                          of(name + ".running_var"), false, 0.1, 1e-5, false);
  }
  at::Tensor across(const std::string& name, const at::Tensor& h, std::int64_t stride) const {
    if (!values.contains("trunk." + name + ".downsample.0.weight")) return h;
    return norm(name + ".downsample.1", conv(name + ".downsample.0", h, stride));
  }
  at::Tensor basic(const std::string& name, const at::Tensor& h, std::int64_t stride) const {
    auto z = norm(name + ".bn1", conv(name + ".conv1", h, stride)).relu();
    z = norm(name + ".bn2", conv(name + ".conv2", z, 1));
    return (z + across(name, h, stride)).relu();
  }
  at::Tensor bottleneck(const std::string& name, const at::Tensor& h, std::int64_t stride) const {
    auto z = norm(name + ".bn1", conv(name + ".conv1", h, 1)).relu();
    z = norm(name + ".bn2", conv(name + ".conv2", z, stride)).relu();
    z = norm(name + ".bn3", conv(name + ".conv3", z, 1));
    return (z + across(name, h, stride)).relu();
  }
  at::Tensor stem(const at::Tensor& inputs) const {
    const auto h = norm("bn1", conv("conv1", inputs, 2)).relu();
    return at::max_pool2d(h, {3, 3}, {2, 2}, {1, 1});
  }
  at::Tensor full(const std::string& name, const at::Tensor& h) const {
    return layerOf(values, "trunk." + name, h);
  }
  at::Tensor layerNorm(const std::string& name, const at::Tensor& h) const {
    return at::layer_norm(h, {h.size(-1)}, of(name + ".weight"), of(name + ".bias"), 1e-6);
  }

  Values values;
};

/// Statistics as a trained network has them.
void drawStatistics(const Model& model) {
  const at::NoGradGuard noGradients;
  std::uint64_t seed = 40;
  for (const auto& [name, numbers] : model.buffers()) {
    const auto drawn = normal(numbers.sizes().vec(), ++seed);
    numbers.copy_(name.ends_with("var") ? drawn.abs() + 0.5 : drawn);
  }
}

std::unique_ptr<Model> drawn(const char* id, const json& params, const Shape& shape) {
  auto model = modelFor(id, params, settingOf(2, shape));
  wakeZeros(*model);
  drawStatistics(*model);
  return model;
}

std::int64_t trunkOf(const Model& model) {
  return model.parameters().count(kTrunk);
}

std::int64_t multiplyAddsOf(const Model& model, const Shape& shape) {
  std::int64_t count = 0;
  Pass pass;
  pass.multiplyAdds = &count;
  auto batch = shape;
  batch.insert(batch.begin(), 1);
  model.represent(normal(batch), pass);
  return count;
}

const Shape kPicture{3, 224, 224};

}  // namespace

class TestPretrained : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void basicBlocksAreResnets() {
    const at::NoGradGuard noGradients;
    const Shape shape{3, 37, 33};
    const auto model = drawn("imagenet_resnet", {{"blocks", {2, 1}}, {"width", 5}}, shape);
    const Written w(*model);
    const auto inputs = normal({4, 3, 37, 33}, 2);
    auto h = w.basic("layer1.1", w.basic("layer1.0", w.stem(inputs), 1), 1);
    h = w.basic("layer2.0", h, 2);
    QVERIFY(isNear(model->represent(inputs, {})[0], h.mean({2, 3})));
    QVERIFY(!w.values.contains("trunk.layer1.0.downsample.0.weight"));
    QVERIFY(w.values.contains("trunk.layer2.0.downsample.1.running_var"));
  }

  /// The stride is that of the 3 x 3 filters; the first stage widens without one.
  void bottleneckBlocksAreResnets() {
    const at::NoGradGuard noGradients;
    const Shape shape{2, 32, 40};
    const auto model = drawn("imagenet_resnet",
                             {{"block", "bottleneck"}, {"blocks", {1, 2}}, {"width", 3}}, shape);
    const Written w(*model);
    const auto inputs = normal({3, 2, 32, 40}, 2);
    auto h = w.bottleneck("layer1.0", w.stem(inputs), 1);
    h = w.bottleneck("layer2.1", w.bottleneck("layer2.0", h, 2), 1);
    QCOMPARE(h.size(1), std::int64_t{4 * 6});
    QVERIFY(isNear(model->represent(inputs, {})[0], h.mean({2, 3})));
  }

  /// Examples do not meet, in training as in evaluation, and no pass moves the statistics.
  void statisticsStay() {
    const auto model = drawn("imagenet_resnet", {{"blocks", {1}}, {"width", 4}}, {3, 16, 16});
    std::map<std::string, at::Tensor> copies;
    for (const auto& [name, numbers] : model->buffers()) copies[name] = numbers.clone();
    const auto inputs = normal({5, 3, 16, 16}, 2);
    const auto together = model->represent(inputs, {true})[0];
    QVERIFY(isNear(model->represent(inputs.narrow(0, 2, 1), {})[0][0], together[2]));
    for (const auto& [name, numbers] : model->buffers()) QVERIFY(numbers.equal(copies.at(name)));
    QVERIFY(model->leavesTraces() && model->isPlain());
  }

  void vitIsTimms() {
    const at::NoGradGuard noGradients;
    const std::int64_t heads = 2, width = 8;
    const auto model =
        drawn("vit", {{"patch", 4}, {"width", width}, {"layers", 2}, {"attention_heads", heads}},
              {3, 8, 12});
    const Written w(*model);
    const auto inputs = normal({3, 3, 8, 12}, 2);
    const auto filters = w.of("patch_embed.proj.weight").view({width, 3, 4, 4});
    auto h = at::conv2d(inputs, filters, w.of("patch_embed.proj.bias"), {4, 4});
    h = h.flatten(2).transpose(1, 2);
    h = at::cat({w.of("cls_token").expand({3, 1, width}), h}, 1) + w.of("pos_embed");
    QCOMPARE(h.size(1), std::int64_t{2 * 3 + 1});
    for (const std::string block : {"blocks.0", "blocks.1"}) {
      const auto normed = w.layerNorm(block + ".norm1", h);
      const auto part = [&](const char* name) {
        const auto all = w.full(block + ".attn." + name, normed);
        return all.view({3, -1, heads, width / heads}).transpose(1, 2);
      };
      const auto mixed =
          at::scaled_dot_product_attention(part("query"), part("key"), part("value"));
      h = h + w.full(block + ".attn.output", mixed.transpose(1, 2).reshape({3, -1, width}));
      const auto hidden = w.full(block + ".mlp.fc1", w.layerNorm(block + ".norm2", h));
      h = h + w.full(block + ".mlp.fc2", at::gelu(hidden));
    }
    const auto expected = w.layerNorm("norm", h).select(1, 0);
    QVERIFY(isNear(model->represent(inputs, {})[0], expected));
  }

  /// What torchvision and timm say of theirs, less the last full layer of 1,000 classes.
  void theUsualOnesHaveTheirSizes_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QByteArray>("params");
    QTest::addColumn<int>("whole");
    QTest::addColumn<int>("features");
    QTest::newRow("resnet18") << "imagenet_resnet" << QByteArray("{}") << 11689512 << 512;
    QTest::newRow("resnet34") << "imagenet_resnet" << QByteArray(R"({"blocks": [3, 4, 6, 3]})")
                              << 21797672 << 512;
    QTest::newRow("resnet50") << "imagenet_resnet"
                              << QByteArray(R"({"block": "bottleneck", "blocks": [3, 4, 6, 3]})")
                              << 25557032 << 2048;
    QTest::newRow("vit_tiny") << "vit" << QByteArray("{}") << 5717416 << 192;
    QTest::newRow("vit_small") << "vit" << QByteArray(R"({"width": 384, "attention_heads": 6})")
                               << 22050664 << 384;
  }
  void theUsualOnesHaveTheirSizes() {
    QFETCH(QString, id);
    QFETCH(QByteArray, params);
    QFETCH(int, whole);
    QFETCH(int, features);
    const auto model =
        modelFor(id.toLatin1(), json::parse(params.toStdString()), settingOf(1, kPicture));
    QCOMPARE(trunkOf(*model), std::int64_t{whole - (features + 1) * 1000});
  }

  /// torchvision counts 1,814,073,344 multiply-adds in ResNet-18, with those of its last layer.
  void multiplyAddsAreResnets() {
    const at::NoGradGuard noGradients;
    const auto model = modelFor("imagenet_resnet", json::object(), settingOf(1, kPicture));
    QCOMPARE(multiplyAddsOf(*model, kPicture), std::int64_t{1814073344 - 512 * 1000});
  }

  void refusalsNameTheParameter() {
    const auto picture = settingOf(1, {3, 20, 24});
    QCOMPARE(refusalTo("imagenet_resnet", json::object()),
             QString("model.id: imagenet_resnet needs images [channels, height, width], found "
                     "inputs [4]"));
    QVERIFY(refusalTo("imagenet_resnet", {{"blocks", json::array()}}, picture)
                .startsWith("model.blocks: needs at least one stage"));
    QVERIFY(refusalTo("imagenet_resnet", {{"blocks", {0}}}, picture)
                .startsWith("model.blocks[0]: 0 is below 1"));
    QVERIFY(refusalTo("vit", json::object()).startsWith("model.id: vit needs images"));
    QCOMPARE(
        refusalTo("vit", json::object(), picture),
        QString("model.patch: 16 does not divide the height and width of the images, 20 x 24"));
    QVERIFY(refusalTo("vit", {{"patch", 4}, {"attention_heads", 5}}, picture)
                .startsWith("model.attention_heads: 5 does not divide the width 192"));
  }
};

EQUIPOISE_TEST(TestPretrained)
#include "tst_pretrained.moc"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros_like.h>

#include <QTest>

#include <algorithm>
#include <map>

#include "core/base/error.h"
#include "core/model/catalog.h"
#include "core/model/model.h"
#include "tests/registry.h"

using namespace eq::model;
using nlohmann::json;
using Values = std::map<std::string, at::Tensor>;

namespace {

std::unique_ptr<Model> mixture(const char* id, json params, size_t tasks = 3) {
  Setting setting;
  setting.inputShape = {4};
  const char* names[] = {"a", "b", "c"};
  for (size_t k = 0; k < tasks; ++k)
    setting.tasks.push_back({names[k], eq::TaskKind::regression, 1, {}, {}, {}});
  setting.seed = 3;
  return catalog().create(id, params, "model", setting);
}

Values valuesIn(const Model& model) {
  Values values;
  for (size_t i = 0; i < model.parameters().infos().size(); ++i)
    values[model.parameters().infos()[i].name] = model.parameters().tensor(i).detach();
  return values;
}

at::Tensor layerOf(const Values& values, const std::string& name, const at::Tensor& h) {
  return at::linear(h, values.at(name + ".weight"), values.at(name + ".bias"));
}

at::Tensor predictionOfTask(const Model& model, size_t task, const at::Tensor& x,
                            const Pass& pass = {}) {
  return model.head(task, model.readBy(task, model.represent(x, pass)), pass).prediction.detach();
}

at::Tensor batchOf(std::int64_t examples) {
  return at::randn({examples, 4}, at::make_generator<at::CPUGeneratorImpl>(7), {});
}

bool isNear(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes().equals(b.sizes()) && (a - b).abs().max().item<double>() < 1e-6;
}

QString refusalTo(const char* id, const json& params) {
  try {
    mixture(id, params);
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

}  // namespace

class TestMixtures : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void eachTaskMixesAllExperts() {
    const auto model = mixture("mmoe", {{"hidden", {6, 5}}, {"experts", 3}, {"gate_hidden", {7}}});
    const auto values = valuesIn(*model);
    const auto x = batchOf(6);
    for (size_t k = 0; k < 3; ++k) {
      const std::string task(1, static_cast<char>('a' + k));
      const auto gate = layerOf(values, "task." + task + ".gate.1",
                                at::relu(layerOf(values, "task." + task + ".gate.0", x)))
                            .softmax(1);
      auto z = at::zeros_like(
          layerOf(values, "trunk.expert.0.1", at::relu(layerOf(values, "trunk.expert.0.0", x))));
      for (std::int64_t e = 0; e < 3; ++e) {
        const auto name = "trunk.expert." + std::to_string(e);
        const auto f =
            at::relu(layerOf(values, name + ".1", at::relu(layerOf(values, name + ".0", x))));
        z = z + gate.narrow(1, e, 1) * f;
      }
      const auto expected = layerOf(values, "head." + task + ".linear-1", z).squeeze(1);
      QVERIFY(isNear(predictionOfTask(*model, k, x), expected));
    }
    QCOMPARE(model->frontier(), size_t(3));
  }

  /// The first expert is the trunk of hard sharing, whatever is beside it; alone it is all there
  /// is.
  void oneExpertIsHardSharing() {
    const auto plain = mixture("mlp", {{"hidden", {6, 5}}});
    const auto one = mixture("mmoe", {{"hidden", {6, 5}}, {"experts", 1}});
    const auto several = valuesIn(*mixture("mmoe", {{"hidden", {6, 5}}, {"experts", 4}}));
    QVERIFY(isNear(predictionOfTask(*one, 1, batchOf(5)), predictionOfTask(*plain, 1, batchOf(5))));
    for (const auto& [name, values] : valuesIn(*one))
      if (!name.starts_with("task.")) QVERIFY(several.at(name).equal(values));
    QVERIFY(!several.at("trunk.expert.1.0.weight").equal(several.at("trunk.expert.0.0.weight")));
  }

  /// In training an expert is left out of a task's whole batch, and the others take its part.
  void droppedExpertsLeaveTheirPartToTheOthers() {
    const auto sure = mixture("mmoe", {{"hidden", {5}}, {"gate_dropout", 0.999}}, 1);
    const auto x = batchOf(6);
    // All four drawn: then all stay.
    QVERIFY(isNear(predictionOfTask(*sure, 0, x, {true}), predictionOfTask(*sure, 0, x)));
    const auto half = mixture("mmoe", {{"hidden", {5}}, {"gate_dropout", 0.5}}, 1);
    std::vector<at::Tensor> seen;
    for (int i = 0; i < 20; ++i) seen.push_back(predictionOfTask(*half, 0, x, {true}));
    QVERIFY(!std::all_of(seen.begin(), seen.end(),
                         [&](const at::Tensor& one) { return isNear(one, seen[0]); }));
    QVERIFY(isNear(predictionOfTask(*half, 0, x), predictionOfTask(*half, 0, x)));
  }

  void towersAreMixedBetweenStages_data() {
    QTest::addColumn<QString>("unit");
    QTest::newRow("layer") << "layer";
    QTest::newRow("channel") << "channel";
  }
  void towersAreMixedBetweenStages() {
    QFETCH(QString, unit);
    const auto model =
        mixture("cross_stitch", {{"hidden", {6, 5, 5}}, {"unit", unit.toStdString()}});
    {
      const at::NoGradGuard noGradients;
      for (size_t i = 0; i < model->parameters().infos().size(); ++i)
        if (model->parameters().infos()[i].architecture)
          model->parameters().tensor(i).uniform_(-1, 1,
                                                 at::make_generator<at::CPUGeneratorImpl>(5 + i));
    }
    const auto values = valuesIn(*model);
    const auto x = batchOf(6);
    const std::string tasks[] = {"a", "b", "c"};
    std::vector<at::Tensor> h(3, x);
    for (int stage = 0; stage < 2; ++stage) {
      for (size_t k = 0; k < 3; ++k)
        h[k] = at::relu(
            layerOf(values, "trunk.tower." + tasks[k] + "." + std::to_string(stage), h[k]));
      const auto& stitch = values.at("trunk.stitch." + std::to_string(stage + 1));
      std::vector<at::Tensor> mixed;
      for (std::int64_t k = 0; k < 3; ++k)
        mixed.push_back(h[0] * stitch[k][0] + h[1] * stitch[k][1] + h[2] * stitch[k][2]);
      h = mixed;
    }
    for (size_t k = 0; k < 3; ++k) {
      const auto z = at::relu(layerOf(values, "task." + tasks[k] + ".2", h[k]));
      QVERIFY(isNear(predictionOfTask(*model, k, x),
                     layerOf(values, "head." + tasks[k] + ".linear-1", z).squeeze(1)));
    }
  }

  void stitchesBeginAtTheirOwnStream() {
    const auto values = valuesIn(*mixture("cross_stitch", {{"self", 0.8}}));
    const auto& stitch = values.at("trunk.stitch.1");
    for (std::int64_t k = 0; k < 3; ++k)
      for (std::int64_t j = 0; j < 3; ++j)
        QCOMPARE(stitch[k][j].item<float>(), k == j ? 0.8F : 0.1F);
    QCOMPARE(values.count("trunk.stitch.2"), size_t(0));
  }

  void refuses() {
    QCOMPARE(refusalTo("cross_stitch", {{"hidden", {5}}}),
             QString("model.hidden: cross_stitch mixes between stages and needs at least 2, the "
                     "base has 1"));
    QCOMPARE(refusalTo("cross_stitch", {{"self", 1.5}}), QString("model.self: 1.5 is above 1"));
    QCOMPARE(refusalTo("mmoe", {{"experts", 0}}), QString("model.experts: 0 is below 1"));
    QCOMPARE(refusalTo("mmoe", {{"experts", 65}}), QString("model.experts: 65 is above 64"));
    QCOMPARE(refusalTo("mmoe", {{"gate_dropout", 1}}),
             QString("model.gate_dropout: 1 is not below 1"));
  }
};

EQUIPOISE_TEST(TestMixtures)
#include "tst_mixtures.moc"

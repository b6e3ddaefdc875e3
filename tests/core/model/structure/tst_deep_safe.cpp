#include "core/model/structure/deep_safe.h"

#include <QTest>

#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

const json kEncoder{{"hidden", {6, 5}}};
const json kDecoder{{"hidden", {6, 5}}, {"gate_at", "decoder"}};

at::Tensor baseOf(const std::map<std::string, at::Tensor>& values, const std::string& name,
                  const at::Tensor& x) {
  return at::relu(layerOf(values, name + ".1", at::relu(layerOf(values, name + ".0", x))));
}

std::unique_ptr<Model> withGate(const json& params, double a) {
  auto model = modelFor("deep_safe", params);
  const at::NoGradGuard noGradients;
  parametersIn(*model).at("task.b.gate").fill_(a);
  return model;
}

}  // namespace

class TestDeepSafe : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void sizesAreThoseOfTheSheet() {
    const std::int64_t base = 4 * 6 + 6 + 6 * 5 + 5, head = 5 + 1;
    const auto encoder = modelFor("deep_safe", kEncoder), decoder = modelFor("deep_safe", kDecoder);
    QCOMPARE(encoder->parameters().count(kTrunk), base);
    QCOMPARE(encoder->parameters().count(1), base + 1 + head);
    QCOMPARE(decoder->parameters().count(1), base + 1 + 2 * head);
    QCOMPARE(encoder->frontier(), size_t(1));
    for (const auto& info : encoder->parameters().infos())
      QCOMPARE(info.architecture, info.name.ends_with(".gate"));
  }

  void featuresAreMixedByTheGate() {
    const auto x = normal({7, 4}, 1);
    const auto model = withGate(kEncoder, 0.7);
    const auto values = parametersIn(*model);
    const double gate = 1 / (1 + std::exp(-0.7));
    const auto z = baseOf(values, "task.b", x) * gate + baseOf(values, "trunk", x) * (1 - gate);
    QVERIFY(largest(predictionOf(*model, 1, x) - layerOf(values, "head.b.linear-1", z).squeeze(1)) <
            1e-6);
  }

  void outputsAreMixedByTheGate() {
    const auto x = normal({7, 4}, 1);
    const auto model = withGate(kDecoder, -0.4);
    const auto values = parametersIn(*model);
    const double gate = 1 / (1 + std::exp(0.4));
    const auto own = layerOf(values, "head.b.linear-1", baseOf(values, "task.b", x));
    const auto common = layerOf(values, "head.b.public.linear-1", baseOf(values, "trunk", x));
    QVERIFY(largest(predictionOf(*model, 1, x) - (own * gate + common * (1 - gate)).squeeze(1)) <
            1e-6);
  }

  /// With the gate at the public base it is hard sharing.
  void thePublicBaseBeginsAsHardSharing() {
    const auto x = normal({7, 4}, 1);
    QVERIFY(predictionOf(*withGate(kEncoder, -200), 1, x)
                .equal(predictionOf(*modelFor("mlp", kEncoder), 1, x)));
  }

  void partsAreWhatTheyAreFor() {
    const auto namesOf = [](const Model& model, const std::vector<size_t>& indices) {
      QStringList names;
      for (const auto index : indices) {
        const auto name = QString::fromStdString(model.parameters().infos()[index].name);
        if (name.endsWith(".weight") || name.endsWith(".gate")) names << name;
      }
      names.sort();
      return names;
    };
    const auto decoder =
        modelFor("deep_safe", {{"hidden", {6}}, {"gate_at", "decoder"}}, settingOf(2));
    const auto parts = safePartsOf(*decoder);
    QCOMPARE(namesOf(*decoder, parts.gates), (QStringList{"task.a.gate", "task.b.gate"}));
    QCOMPARE(namesOf(*decoder, parts.ofPublic),
             (QStringList{"head.a.public.linear-1.weight", "head.b.public.linear-1.weight",
                          "trunk.0.weight"}));
    QCOMPARE(namesOf(*decoder, parts.ofPrivate),
             (QStringList{"head.a.linear-1.weight", "head.b.linear-1.weight", "task.a.0.weight",
                          "task.b.0.weight"}));
  }

  /// A task may be called as a part is.
  void partsAreNotToldByNamesOfTasks() {
    auto setting = settingOf(2);
    setting.tasks[0].name = "a.public";
    setting.tasks[1].name = "b.gate";
    const auto model = modelFor("deep_safe", {{"hidden", {6}}}, setting);
    const auto parts = safePartsOf(*model);
    const auto namesOf = [&](const std::vector<size_t>& indices) {
      QStringList names;
      for (const auto index : indices)
        names << QString::fromStdString(model->parameters().infos()[index].name);
      return names;
    };
    QCOMPARE(namesOf(parts.gates), (QStringList{"task.a.public.gate", "task.b.gate.gate"}));
    QCOMPARE(namesOf(parts.ofPublic), (QStringList{"trunk.0.weight", "trunk.0.bias"}));
    // Two heads of one name are refused.
    setting.tasks[1].name = "a";
    QCOMPARE(refusalTo("deep_safe", kDecoder, setting),
             QString("tasks: two parameters of the model would be called "
                     "head.a.public.linear-1.weight; give a task another name"));
  }

  void refusals() {
    QCOMPARE(refusalTo("deep_safe", {{"gate_at", "middle"}}),
             QString("model.gate_at: expected one of encoder, decoder, found \"middle\""));
  }
};

EQUIPOISE_TEST(TestDeepSafe)
#include "tst_deep_safe.moc"

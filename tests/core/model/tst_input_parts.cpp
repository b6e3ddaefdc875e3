#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/stack.h>

#include <QTest>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/model/penalty.h"
#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

class TestInputParts : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void halvesGoThroughOneNetwork() {
    const auto model = modelFor("pair_encoder", {{"hidden", {6, 5}}}, settingOf(3, {2, 4}));
    const auto values = valuesIn(*model);
    const auto x = normal({7, 2, 4});
    const auto f = [&](const at::Tensor& h) {
      return at::relu(layerOf(values, "trunk.1", at::relu(layerOf(values, "trunk.0", h))));
    };
    const auto u = f(x.flatten(1).narrow(1, 0, 4)), v = f(x.flatten(1).narrow(1, 4, 4));
    const auto z = at::cat({u, v, (u - v).abs()}, 1);
    QVERIFY(isNear(predictionOf(*model, 2, x), layerOf(values, "head.c.linear-1", z).squeeze(1)));
    QCOMPARE(model->frontier(), size_t(1));
    QCOMPARE(model->parameters().count(kTrunk), std::int64_t(4 * 6 + 6 + 6 * 5 + 5));
    QCOMPARE(model->parameters().count(0), std::int64_t(3 * 5 + 1));
  }

  void togetherTheyAreTheInputs() {
    const json sizes{{"hidden", {6, 5}}};
    const auto cross = modelFor("pair_encoder", {{"hidden", {6, 5}}, {"form", "cross"}});
    const auto plain = modelFor("mlp", sizes);
    QVERIFY(cross->parameters().values().equal(plain->parameters().values()));
    QVERIFY(predictionOf(*cross, 1, normal({4, 4})).equal(predictionOf(*plain, 1, normal({4, 4}))));
  }

  void partsMoveAStateOn() {
    const auto model = modelFor(
        "multimodn", {{"sizes", {1, 3}}, {"state", 3}, {"encoder_hidden", {5}}, {"change", 2}});
    drawAll(*model);
    const auto values = valuesIn(*model);
    auto x = normal({6, 4});
    const auto moved = [&](const std::string& number, const at::Tensor& part,
                           const at::Tensor& state) {
      const auto name = "trunk.modality." + number;
      const auto encoded = at::relu(layerOf(values, name + ".encoder.0", part));
      return layerOf(values, name + ".update", at::cat({encoded, state}, 1));
    };
    const auto s0 = values.at("trunk.state").unsqueeze(0).expand({6, 3});
    const auto s1 = moved("0", x.narrow(1, 0, 1), s0);
    const auto s2 = moved("1", x.narrow(1, 1, 3), s1);
    const auto found = model->represent(x, {});
    const auto output = model->head(1, model->readBy(1, found), {});
    const auto headOf = [&](const at::Tensor& state) {
      return layerOf(values, "head.b.linear-1", state).squeeze(1);
    };
    QVERIFY(isNear(output.prediction, headOf(s2)));
    QCOMPARE(output.earlier.size(), size_t(2));
    QVERIFY(isNear(output.earlier[0].prediction, headOf(s0)));
    QVERIFY(isNear(output.earlier[1].prediction, headOf(s1)));
    const auto changes = at::stack({(s1 - s0).square().mean(), (s2 - s1).square().mean()});
    QVERIFY(isNear(observedIn(*model, x).at("change"), changes));
    std::vector<Penalty> penalties;
    Pass pass;
    pass.penalties = &penalties;
    model->represent(x, pass);
    QCOMPARE(penalties.size(), size_t(1));
    QVERIFY(isNear(penalties[0].value, changes.mean() * 0.02));
    QCOMPARE(model->parameters().count(kTrunk),
             std::int64_t(3 + (5 + 5) + (8 * 3 + 3) + (15 + 5) + (8 * 3 + 3)));
    // An example that misses a part keeps its state there, and nothing else is touched.
    x.select(0, 2)[3] = std::numeric_limits<float>::quiet_NaN();
    const auto without = model->represent(x, {});
    QVERIFY(without[2][2].equal(without[1][2]));
    QVERIFY(isNear(without[2].narrow(0, 3, 3), s2.narrow(0, 3, 3)));
    QVERIFY(without[2].isfinite().all().item<bool>());
  }

  /// A missing part has no gradient, and no NaN in one.
  void whatIsMissingIsNotLearnedFrom() {
    const auto model = modelFor("multimodn", {{"sizes", {2, 2}}, {"state", 3}});
    auto x = normal({4, 4});
    x.narrow(1, 2, 2).fill_(std::numeric_limits<float>::quiet_NaN());
    model->head(0, model->readBy(0, model->represent(x, {})), {}).prediction.sum().backward();
    for (size_t i = 0; i < model->parameters().infos().size(); ++i) {
      const auto& gradient = model->parameters().tensor(i).grad();
      const auto& name = model->parameters().infos()[i].name;
      if (name.starts_with("trunk.modality.1"))
        QVERIFY(!gradient.defined() || (gradient == 0).all().item<bool>());
      else if (name.starts_with("trunk"))
        QVERIFY(gradient.isfinite().all().item<bool>() && gradient.abs().max().item<float>() > 0);
    }
  }

  /// In training parts are left out, and come in the step's order; evaluated, neither.
  void partsAreLeftOutAndShuffledInTraining() {
    const auto model = modelFor("multimodn", {{"missing", 0.5}});
    const auto x = normal({200, 4});
    const auto states = model->represent(x, {true});
    const auto kept = (states[1] == states[0]).all(1).to(at::kFloat).mean().item<double>();
    QVERIFY(std::abs(kept - 0.5) < 0.15);
    const auto shuffled = modelFor("multimodn", {{"sizes", {1, 1, 1, 1}}, {"order", "random"}});
    const auto lastAt = [&](std::int64_t step) {
      Pass pass;
      pass.training = true;
      pass.at.step = step;
      return shuffled->represent(x, pass).back();
    };
    QVERIFY(lastAt(3).equal(lastAt(3)));
    int different = 0;
    for (std::int64_t step = 1; step < 8; ++step)
      if (!isNear(lastAt(step), lastAt(0))) ++different;
    QVERIFY(different > 3);
    QVERIFY(predictionOf(*shuffled, 0, x).equal(predictionOf(*shuffled, 0, x)));
  }

  void refuses() {
    QCOMPARE(refusalTo("multimodn", {{"sizes", {1, 2}}}),
             QString("model.sizes: [1, 2] are 3 inputs in all, and there are 4"));
    QCOMPARE(refusalTo("multimodn", json::object(), settingOf(3, {1})),
             QString("model.sizes: 1 input cannot be cut into two parts; give [1]"));
    QCOMPARE(refusalTo("multimodn", {{"missing", 1}}), QString("model.missing: 1 is not below 1"));
    QCOMPARE(refusalTo("multimodn", {{"state", 0}}), QString("model.state: 0 is below 1"));
    for (const char* form : {"bi", "cross"})
      QCOMPARE(refusalTo("pair_encoder", {{"form", form}}, settingOf(3, {5})),
               QString("model.id: pair_encoder cuts the inputs into two halves, and their number 5 "
                       "is odd"));
    QCOMPARE(refusalTo("pair_encoder", {{"base", "cnn"}}, settingOf(3, {1, 8, 8})),
             QString("model.base: expected one of mlp, found \"cnn\""));
  }
};

EQUIPOISE_TEST(TestInputParts)
#include "tst_input_parts.moc"

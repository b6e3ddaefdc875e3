#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/relu.h>

#include <QTest>

#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

class TestInputParts : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void halvesGoThroughOneNetwork() {
    const auto model = modelFor("pair_encoder", {{"hidden", {6, 5}}}, 3, {2, 4});
    const auto values = valuesIn(*model);
    const auto x = batchOf({7, 2, 4});
    const auto f = [&](const at::Tensor& h) {
      return at::relu(layerOf(values, "trunk.1", at::relu(layerOf(values, "trunk.0", h))));
    };
    const auto u = f(x.flatten(1).narrow(1, 0, 4)), v = f(x.flatten(1).narrow(1, 4, 4));
    const auto z = at::cat({u, v, (u - v).abs()}, 1);
    QVERIFY(
        isNear(predictionOfTask(*model, 2, x), layerOf(values, "head.c.linear-1", z).squeeze(1)));
    QCOMPARE(model->frontier(), size_t(1));
    QCOMPARE(model->parameters().count(kTrunk), std::int64_t(4 * 6 + 6 + 6 * 5 + 5));
    QCOMPARE(model->parameters().count(0), std::int64_t(3 * 5 + 1));
  }

  void togetherTheyAreTheInputs() {
    const json sizes{{"hidden", {6, 5}}};
    const auto cross = modelFor("pair_encoder", {{"hidden", {6, 5}}, {"form", "cross"}});
    const auto plain = modelFor("mlp", sizes);
    QVERIFY(cross->parameters().values().equal(plain->parameters().values()));
    QVERIFY(predictionOfTask(*cross, 1, batchOf(4)).equal(predictionOfTask(*plain, 1, batchOf(4))));
  }

  void refuses() {
    for (const char* form : {"bi", "cross"})
      QCOMPARE(refusalTo("pair_encoder", {{"form", form}}, 3, {5}),
               QString("model.id: pair_encoder cuts the inputs into two halves, and their number 5 "
                       "is odd"));
    QCOMPARE(refusalTo("pair_encoder", {{"base", "cnn"}}, 3, {1, 8, 8}),
             QString("model.base: expected one of mlp, found \"cnn\""));
  }
};

EQUIPOISE_TEST(TestInputParts)
#include "tst_input_parts.moc"

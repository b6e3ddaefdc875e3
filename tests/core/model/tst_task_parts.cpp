#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include <QTest>

#include <cmath>
#include <string>
#include <vector>

#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

constexpr const char* kTasks[] = {"a", "b", "c"};

std::int64_t lin(std::int64_t in, std::int64_t out) {
  return in * out + out;
}

/// The head's layer on what it reads.
at::Tensor headOf(const Values& values, size_t task, const at::Tensor& z) {
  return layerOf(values, std::string("head.") + kTasks[task] + ".linear-1", z).squeeze(1);
}

/// A convolution that keeps the size, by the names of its parameters.
at::Tensor mapOf(const Values& values, const std::string& name, const at::Tensor& h) {
  const auto& weight = values.at(name + ".weight");
  const auto side = weight.size(2) / 2;
  return at::conv2d(h, weight, values.at(name + ".bias"), {1, 1}, {side, side});
}

at::Tensor halved(const at::Tensor& h) {
  return at::max_pool2d(h, {2, 2});
}

struct Attended {
  at::Tensor mixture;  ///< [N, queries, width]
  at::Tensor shares;   ///< [N, heads, tokens] of the first query
};

/// Two heads of 3 numbers each, one at a time.
Attended attended(const QString& form, const at::Tensor& q, const at::Tensor& k,
                  const at::Tensor& v) {
  std::vector<at::Tensor> mixtures, shares;
  for (const std::int64_t first : {0, 3}) {
    const auto part = [&](const at::Tensor& rows) { return rows.narrow(2, first, 3); };
    const auto phi = [](const at::Tensor& numbers) { return at::elu(numbers) + 1; };
    auto share = at::matmul(part(q) / std::sqrt(3.0), part(k).transpose(1, 2)).softmax(2);
    if (form == "linear") {
      share = at::matmul(phi(part(q)), phi(part(k)).transpose(1, 2));
      share = share / share.sum(2, true);
    }
    mixtures.push_back(at::matmul(share, part(v)));
    shares.push_back(share.select(1, 0));
  }
  return {at::cat(mixtures, 2), at::stack(shares, 1)};
}

/// One layer of an encoder of columns, of width 6.
at::Tensor encoded(const Values& values, const QString& form, const at::Tensor& x) {
  const auto normOf = [&](const std::string& name, const at::Tensor& h) {
    return at::layer_norm(h, {6}, values.at(name + ".weight"), values.at(name + ".bias"));
  };
  auto h = x.unsqueeze(2) * values.at("trunk.embed.weight") + values.at("trunk.embed.bias");
  const auto normed = normOf("trunk.0.norm1", h);
  const auto of = [&](const char* part) {
    return layerOf(values, std::string("trunk.0.attention.") + part, normed);
  };
  const auto mixture = attended(form, of("query"), of("key"), of("value")).mixture;
  h = h + layerOf(values, "trunk.0.attention.output", mixture);
  h = h + layerOf(values, "trunk.0.mlp.1",
                  at::gelu(layerOf(values, "trunk.0.mlp.0", normOf("trunk.0.norm2", h))));
  return normOf("trunk.norm", h);
}

}  // namespace

class TestTaskParts : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void adaptersAddToEveryStage() {
    const auto model = modelFor("adapters", {{"hidden", {6, 5}}, {"bottleneck", 2}});
    drawAll(*model);
    const auto values = valuesIn(*model);
    const auto x = normal({6, 4});
    const auto observed = observedIn(*model, x);
    for (size_t k = 0; k < 3; ++k) {
      auto h = x;
      for (const std::string stage : {"0", "1"}) {
        h = at::relu(layerOf(values, "trunk." + stage, h));
        const auto name = std::string("task.") + kTasks[k] + ".adapter." + stage;
        const auto added =
            layerOf(values, name + ".up", at::relu(layerOf(values, name + ".down", h))) *
            values.at(name + ".scale");
        const auto seen = std::string("adapter_norm.") + kTasks[k] + (stage == "0" ? ".1" : ".2");
        QVERIFY(isNear(observed.at(seen), added.norm() / h.norm()));
        h = h + added;
      }
      QVERIFY(isNear(predictionOf(*model, k, x), headOf(values, k, h)));
    }
    QCOMPARE(model->parameters().count(kTrunk), lin(4, 6) + lin(6, 5));
    QCOMPARE(model->parameters().count(1),
             lin(6, 2) + lin(2, 6) + 1 + lin(5, 2) + lin(2, 5) + 1 + lin(5, 1));
  }

  /// Of maps the same at each place.
  void adaptersOfMapsAreTheSameAtEachPlace() {
    const auto model = modelFor("adapters",
                                {{"base", "cnn"},
                                 {"channels", {3}},
                                 {"same", true},
                                 {"hidden", json::array()},
                                 {"bottleneck", 2}},
                                settingOf(2, {2, 6, 4}));
    drawAll(*model);
    const auto values = valuesIn(*model);
    const auto x = normal({5, 2, 6, 4});
    const auto h = halved(at::relu(mapOf(values, "trunk.0", x)));
    const auto added =
        mapOf(values, "task.b.adapter.0.up", at::relu(mapOf(values, "task.b.adapter.0.down", h)));
    const auto z = h + added * values.at("task.b.adapter.0.scale");
    QVERIFY(isNear(predictionOf(*model, 1, x), headOf(values, 1, z.flatten(1))));
  }

  /// What begins at zero leaves hard sharing as it is, full layers to the bit; the base begins as
  /// it does there.
  void additionsBeginAtHardSharing_data() {
    QTest::addColumn<QString>("id");
    for (const char* id : {"adapters", "dtrn"}) QTest::newRow(id) << QString(id);
  }
  void additionsBeginAtHardSharing() {
    QFETCH(QString, id);
    const json flat{{"hidden", {6, 5}}, {"head_hidden", {3}}};
    const json maps{{"channels", {3, 4}}};
    auto based = maps;
    based["base"] = "cnn";
    const auto plain = modelFor("mlp", flat), other = modelFor(qPrintable(id), flat);
    const auto images = modelFor("cnn", maps, settingOf(3, {1, 12, 11})),
               otherImages = modelFor(qPrintable(id), based, settingOf(3, {1, 12, 11}));
    for (size_t k = 0; k < 3; ++k) {
      QVERIFY(
          predictionOf(*other, k, normal({5, 4})).equal(predictionOf(*plain, k, normal({5, 4}))));
      const auto x = normal({3, 1, 12, 11});
      QVERIFY(isNear(predictionOf(*otherImages, k, x), predictionOf(*images, k, x)));
    }
  }

  void subjectsHaveAMapOfTheirInputs() {
    const auto model = modelFor("subject_adapters", {{"hidden", {6, 5}}, {"adapter_width", 3}});
    const auto values = valuesIn(*model);
    const auto x = normal({6, 4});
    for (size_t k = 0; k < 3; ++k) {
      const auto adapted = layerOf(values, std::string("task.") + kTasks[k] + ".adapter", x);
      const auto z =
          at::relu(layerOf(values, "trunk.1", at::relu(layerOf(values, "trunk.0", adapted))));
      QVERIFY(isNear(predictionOf(*model, k, x), headOf(values, k, z)));
    }
    QCOMPARE(model->parameters().count(kTrunk), lin(3, 6) + lin(6, 5));
    QCOMPARE(model->parameters().count(2), lin(4, 3) + lin(5, 1));
    QCOMPARE(model->frontier(), size_t(0));
  }

  void tasksRefineTheirInputs() {
    const auto model =
        modelFor("dtrn", {{"hidden", {6}}, {"task_dim", 3}, {"hyper_rank", 2}, {"reduction", 2}});
    drawAll(*model);
    const auto values = valuesIn(*model);
    const auto x = normal({6, 4});
    const auto observed = observedIn(*model, x);
    for (size_t k = 0; k < 3; ++k) {
      const auto own = std::string("task.") + kTasks[k];
      const auto square =
          layerOf(values, "trunk.hyper", values.at(own + ".vector").unsqueeze(0)).view({2, 2});
      const auto r =
          x + x.mm(values.at("trunk.hyper.into")).mm(square).mm(values.at("trunk.hyper.back"));
      const auto gate =
          layerOf(values, own + ".gate.1", at::relu(layerOf(values, own + ".gate.0", r)))
              .sigmoid() *
          2;
      QVERIFY(isNear(observed.at(std::string("importance.") + kTasks[k]), gate.mean(0)));
      QVERIFY(isNear(predictionOf(*model, k, x),
                     headOf(values, k, at::relu(layerOf(values, "trunk.0", r * gate)))));
    }
    QCOMPARE(model->parameters().count(kTrunk), lin(4, 6) + 2 * 4 * 2 + lin(3, 4));
    QCOMPARE(model->parameters().count(0), 3 + lin(4, 2) + lin(2, 4) + lin(6, 1));
  }

  void headsOfMedusaReadEveryStage() {
    const auto model = modelFor(
        "medusa",
        {{"base", "cnn"}, {"channels", {3}}, {"same", true}, {"hidden", {5}}, {"width", 4}},
        settingOf(2, {2, 6, 4}));
    drawAll(*model);
    const auto values = valuesIn(*model);
    const auto x = normal({5, 2, 6, 4});
    const auto first = halved(at::relu(mapOf(values, "trunk.0", x)));
    const auto second = at::relu(layerOf(values, "trunk.1", first.flatten(1)));
    const auto observed = observedIn(*model, x);
    for (size_t k = 0; k < 2; ++k) {
      const auto own = std::string("task.") + kTasks[k];
      const auto maskOfMaps = mapOf(values, own + ".mask.0", first).sigmoid();
      const auto maskOfUnits = layerOf(values, own + ".mask.1", second).sigmoid();
      const auto v1 =
          at::relu(layerOf(values, own + ".projection.0", (maskOfMaps * first).mean({2, 3})));
      const auto v2 = at::relu(layerOf(values, own + ".projection.1", maskOfUnits * second));
      const auto scale =
          at::cat({layerOf(values, own + ".score", v1), layerOf(values, own + ".score", v2)}, 1)
              .softmax(1);
      const auto z = scale.narrow(1, 0, 1) * v1 + scale.narrow(1, 1, 1) * v2;
      QVERIFY(isNear(predictionOf(*model, k, x), headOf(values, k, z)));
      QVERIFY(isNear(observed.at(std::string("scale.") + kTasks[k]), scale.mean(0)));
      QVERIFY(
          isNear(observed.at(std::string("mask.") + kTasks[k] + ".1"), maskOfMaps.mean({0, 2, 3})));
      QVERIFY(isNear(observed.at(std::string("mask.") + kTasks[k] + ".2"), maskOfUnits.mean(0)));
      QCOMPARE(model->parameters().count(static_cast<std::int64_t>(k)),
               lin(3, 3) + lin(3, 4) + lin(5, 5) + lin(5, 4) + lin(4, 1) + lin(4, 1));
    }
  }

  void masksAttendToFullLayers() {
    const auto model = modelFor("mtan", {{"hidden", {6, 5}}, {"reduction", 2}});
    drawAll(*model);
    const auto values = valuesIn(*model);
    const auto x = normal({6, 4});
    const auto u1 = at::relu(layerOf(values, "trunk.0", x));
    const auto u2 = at::relu(layerOf(values, "trunk.1", u1));
    const auto observed = observedIn(*model, x);
    for (size_t k = 0; k < 3; ++k) {
      const auto own = std::string("task.") + kTasks[k];
      const auto maskOf = [&](const std::string& number, const at::Tensor& c) {
        const auto name = own + ".mask." + number;
        return layerOf(values, name + ".1", at::relu(layerOf(values, name + ".0", c))).sigmoid();
      };
      const auto m1 = maskOf("0", u1) * u1;
      const auto a2 =
          maskOf("1", at::cat({u2, at::relu(layerOf(values, own + ".onward.0", m1))}, 1));
      QVERIFY(isNear(predictionOf(*model, k, x), headOf(values, k, a2 * u2)));
      QVERIFY(isNear(observed.at(std::string("mask.") + kTasks[k] + ".2"), a2.mean(0)));
    }
    QCOMPARE(model->parameters().count(kTrunk), lin(4, 6) + lin(6, 5));
    QCOMPARE(model->parameters().count(1),
             lin(6, 3) + lin(3, 6) + lin(10, 2) + lin(2, 5) + lin(6, 5) + lin(5, 1));
  }

  void masksAttendToMapsBeforePooling() {
    const auto model = modelFor("mtan",
                                {{"base", "cnn"},
                                 {"channels", {4, 3}},
                                 {"same", true},
                                 {"kernel", 5},
                                 {"hidden", {7}},
                                 {"reduction", 8}},
                                settingOf(2, {2, 8, 12}));
    drawAll(*model);
    const auto values = valuesIn(*model);
    const auto x = normal({5, 2, 8, 12});
    const auto u1 = at::relu(mapOf(values, "trunk.0", x));
    const auto u2 = at::relu(mapOf(values, "trunk.1", halved(u1)));
    const auto maskOf = [&](const std::string& name, const at::Tensor& c) {
      return mapOf(values, name + ".1", at::relu(mapOf(values, name + ".0", c))).sigmoid();
    };
    const auto m1 = maskOf("task.b.mask.0", u1) * u1;
    const auto g2 = halved(at::relu(mapOf(values, "task.b.onward.0", m1)));
    const auto m2 = maskOf("task.b.mask.1", at::cat({u2, g2}, 1)) * u2;
    const auto z = at::relu(layerOf(values, "trunk.2", halved(m2).flatten(1)));
    QVERIFY(isNear(predictionOf(*model, 1, x), headOf(values, 1, z)));
    // Inner widths are at least 1; the filters between masks are 3 x 3.
    QCOMPARE(model->parameters().count(0),
             lin(4, 1) + lin(1, 4) + lin(6, 1) + lin(1, 3) + (3 * 4 * 9 + 3) + lin(7, 1));
  }

  void queriesOfTasksAttendToColumns_data() {
    QTest::addColumn<QString>("form");
    QTest::newRow("softmax") << "softmax";
    QTest::newRow("linear") << "linear";
  }
  void queriesOfTasksAttendToColumns() {
    QFETCH(QString, form);
    const json sizes{
        {"width", 6}, {"layers", 1}, {"attention_heads", 2}, {"attention", form.toStdString()}};
    auto params = sizes;
    params["treatment"] = "x2";
    const auto model = modelFor("transtee", params);
    drawAll(*model);
    const auto values = valuesIn(*model);
    const auto x = normal({5, 4});
    const auto normOf = [&](const std::string& name, const at::Tensor& h) {
      return at::layer_norm(h, {6}, values.at(name + ".weight"), values.at(name + ".bias"));
    };
    const auto tokens = normOf("trunk.query.norm2", encoded(values, form, x));
    const auto observed = observedIn(*model, x);
    for (size_t k = 0; k < 3; ++k) {
      const auto q = values.at(std::string("task.") + kTasks[k] + ".query") +
                     x.narrow(1, 2, 1) * values.at("trunk.treatment.weight") +
                     values.at("trunk.treatment.bias");
      const auto asked = layerOf(values, "trunk.query.query", normOf("trunk.query.norm1", q));
      const auto [mixture, shares] =
          attended(form, asked.unsqueeze(1), layerOf(values, "trunk.query.key", tokens),
                   layerOf(values, "trunk.query.value", tokens));
      const auto z = q + layerOf(values, "trunk.query.output", mixture.squeeze(1));
      QVERIFY(isNear(predictionOf(*model, k, x), headOf(values, k, z)));
      const auto& seen = observed.at(std::string("attention.") + kTasks[k]);
      QVERIFY(isNear(seen, shares.mean({0, 1})));
      QVERIFY(std::abs(seen.sum().item<double>() - 1) < 1e-5);
    }
    // body + 4 lin(d, d) + 4 d, + 2 d with a treatment; of a task d + H.
    const auto body = modelFor("transformer", sizes)->parameters().count(kTrunk);
    QCOMPARE(model->parameters().count(kTrunk), body + 4 * lin(6, 6) + 4 * 6 + 2 * 6);
    QCOMPARE(modelFor("transtee", sizes)->parameters().count(kTrunk), body + 4 * lin(6, 6) + 4 * 6);
    QCOMPARE(model->parameters().count(1), 6 + lin(6, 1));
  }

  void refuses_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("params");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* id, const char* params, const char* expected) {
      QTest::newRow(expected) << id << params << expected;
    };
    row("mtan", R"({"base": "cnn"})",
        "model.same: false, but mtan needs true of a cnn: what a task sees of a stage must have "
        "the "
        "size of the next one");
    row("mtan", R"({"base": "cnn", "same": true, "kernel": 4})",
        "model.kernel: 4 is even, and keeps no image's size; mtan needs an odd one");
    row("mtan", R"({"base": "cnn", "same": true, "channels": []})",
        "model.channels: mtan attends to the convolution stages of a cnn, found []");
    row("mtan", R"({"reduction": 0})", "model.reduction: 0 is below 1");
    row("subject_adapters", R"({"base": "cnn"})", "model.base: expected one of mlp, found \"cnn\"");
    row("adapters", R"({"bottleneck": 0})", "model.bottleneck: 0 is below 1");
    row("dtrn", R"({"hyper_rank": 0})", "model.hyper_rank: 0 is below 1");
    row("medusa", R"({"width": 0})", "model.width: 0 is below 1");
    row("transtee", "{}",
        "model.id: transtee needs the columns of a table, found inputs [1, 8, 8]");
  }
  void refuses() {
    QFETCH(QString, id);
    QFETCH(QString, params);
    QFETCH(QString, expected);
    QCOMPARE(refusalTo(qPrintable(id), json::parse(params.toStdString()), settingOf(3, {1, 8, 8})),
             expected);
  }

  void refusesATreatmentThatIsNoInput() {
    QCOMPARE(refusalTo("transtee", {{"treatment", "t"}}),
             QString("model.treatment: there is no input \"t\"; there are x0, x1, x2, x3"));
    QCOMPARE(refusalTo("transtee", {{"attention_heads", 5}}),
             QString("model.attention_heads: 5 does not divide the width 32"));
  }
};

EQUIPOISE_TEST(TestTaskParts)
#include "tst_task_parts.moc"

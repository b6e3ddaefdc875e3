#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <QTest>

#include <cmath>

#include "core/gradient/engine.h"
#include "core/gradient/gramian.h"
#include "core/model/catalog.h"
#include "tests/registry.h"

using namespace eq::gradient;
using eq::model::kTrunk;
using eq::model::Model;
using nlohmann::json;

Q_DECLARE_METATYPE(json)

namespace {

at::Tensor random(std::vector<std::int64_t> shape, std::uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::randn(shape, generator, at::TensorOptions().dtype(at::kDouble));
}

std::vector<eq::TaskInfo> tasksOf(size_t count) {
  const eq::TaskInfo kinds[] = {{"numbers", eq::TaskKind::regression, 2, {}, {}, {}},
                                {"classes", eq::TaskKind::classification, 3, {}, {}, {}},
                                {"yes", eq::TaskKind::binary, 1, {}, {}, {}}};
  std::vector<eq::TaskInfo> tasks;
  for (size_t k = 0; k < count; ++k) {
    tasks.push_back(kinds[k % 3]);
    tasks.back().name += std::to_string(k);
  }
  return tasks;
}

std::unique_ptr<Model> make(const char* id, const json& params, std::vector<std::int64_t> shape,
                            size_t tasks, at::ScalarType type = at::kDouble) {
  eq::model::Setting setting;
  setting.inputShape = std::move(shape);
  setting.tasks = tasksOf(tasks);
  setting.seed = 5;
  setting.type = type;
  return eq::model::catalog().create(id, params, "model", setting);
}

/// Losses that differ by task and are of very different sizes.
at::Tensor lossOf(size_t task, const eq::model::HeadOutput& output) {
  const auto& prediction = output.prediction;
  const auto shift = static_cast<double>(task) + 0.5;
  return (prediction - shift).square().mean() * std::pow(10.0, static_cast<double>(task) - 1) +
         prediction.sin().mean();
}

std::vector<at::Tensor> parametersOf(const Model& model, std::int64_t owner) {
  std::vector<at::Tensor> tensors;
  for (const auto index : model.parameters().indices(owner))
    tensors.push_back(model.parameters().tensor(index));
  return tensors;
}

/// What `backward()` leaves in the tensors, one flat row; cleared afterwards.
at::Tensor takeGradients(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> parts;
  for (auto tensor : tensors) {
    auto& gradient = tensor.mutable_grad();
    parts.push_back(gradient.defined() ? gradient.reshape({-1}) : at::zeros_like(tensor).flatten());
    gradient.reset();
  }
  return at::cat(parts);
}

/// J row by row, each from a forward pass of its own.
at::Tensor bruteJacobian(Model& model, const at::Tensor& inputs, const std::vector<char>& active) {
  const auto state = model.randomState();
  std::vector<at::Tensor> rows;
  for (size_t k = 0; k < active.size(); ++k) {
    model.restoreRandomState(state);
    if (active[k])
      lossOf(k, model.head(k, model.trunk(inputs, {true, nullptr}), {true, nullptr})).backward();
    rows.push_back(takeGradients(parametersOf(model, kTrunk)));
    takeGradients(parametersOf(model, static_cast<std::int64_t>(k)));
  }
  model.restoreRandomState(state);
  return at::stack(rows);
}

at::Tensor bruteRepresentationGramian(Model& model, const at::Tensor& inputs, size_t tasks) {
  std::vector<at::Tensor> rows;
  for (size_t k = 0; k < tasks; ++k) {
    const auto state = model.randomState();
    const auto z = model.trunk(inputs, {true, nullptr}).detach().requires_grad_();
    model.restoreRandomState(state);
    lossOf(k, model.head(k, z, {true, nullptr})).backward();
    rows.push_back(z.grad().flatten());
  }
  const auto j = at::stack(rows).to(at::kDouble);
  return j.mm(j.t());
}

double relativeError(const at::Tensor& found, const at::Tensor& expected) {
  const auto scale = expected.abs().max().item<double>();
  return (found - expected).abs().max().item<double>() / (scale > 0 ? scale : 1);
}

/// Error of each entry by √(G_ii G_jj), so that tasks of small gradients count as much.
double gramianError(const at::Tensor& found, const at::Tensor& expected) {
  const auto norms = expected.diagonal().sqrt();
  const auto scale = norms.unsqueeze(1) * norms.unsqueeze(0);
  return ((found - expected) / scale.masked_fill(scale == 0, 1)).abs().max().item<double>();
}

}  // namespace

class TestEngine : public QObject {
  Q_OBJECT

  static void addSettings() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<json>("shape");
    QTest::addColumn<int>("tasks");
    QTest::addColumn<int>("batch");
    const auto add = [](const char* name, const char* id, const json& params, const json& shape) {
      for (const int tasks : {1, 2, 5})
        for (const int batch : {1, 3, 40})
          QTest::addRow("%s K %d N %d", name, tasks, batch)
              << QString(id) << params << shape << tasks << batch;
    };
    add("mlp", "mlp", {{"hidden", {7, 5}}, {"activation", "tanh"}}, {4});
    add("wide mlp", "mlp", {{"hidden", {30}}, {"head_hidden", {6}}}, {20});
    add("dropout", "mlp", {{"hidden", {9, 8}}, {"dropout", 0.4}, {"activation", "gelu"}}, {6});
    add("cnn", "cnn", {{"channels", {3, 4}}, {"hidden", 6}}, {2, 11, 10});
    add("padded cnn", "cnn", {{"channels", {3}}, {"kernel", 5}, {"same", true}, {"hidden", 20}},
        {1, 6, 6});
  }

  struct Scene {
    std::unique_ptr<Model> model;
    at::Tensor inputs;
    size_t tasks;
    std::vector<char> all;
  };
  static Scene fetchScene(at::ScalarType type = at::kDouble) {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(json, shape);
    QFETCH(int, tasks);
    QFETCH(int, batch);
    const auto count = static_cast<size_t>(tasks);
    const auto dimensions = shape.get<std::vector<std::int64_t>>();
    auto inputShape = dimensions;
    inputShape.insert(inputShape.begin(), batch);
    return {make(qPrintable(id), params, dimensions, count, type), random(inputShape, 3).to(type),
            count, std::vector<char>(count, 1)};
  }

 private Q_SLOTS:
  void gramianIsThatOfTheJacobian_data() { addSettings(); }
  void gramianIsThatOfTheJacobian() {
    const auto [model, inputs, tasks, all] = fetchScene();
    const auto brute = bruteJacobian(*model, inputs, all);
    const Engine engine(*model);
    const auto pass = engine.forward(inputs, lossOf, all, true);
    QVERIFY(relativeError(engine.jacobian(pass), brute) < 1e-13);
    QVERIFY(brute.abs().amax(1).min().item<double>() > 0);
    const auto gramian = engine.gramian(pass, Source::exact);
    QVERIFY(gramianError(gramian, brute.mm(brute.t())) < 1e-12);
    QCOMPARE(relativeError(gramian, gramian.t()), 0.0);
  }

  /// A task of two views beside one that sees the examples alone.
  void secondViewsCountInTheGramian() {
    eq::model::Setting setting;
    setting.inputShape = {4};
    setting.tasks = tasksOf(2);
    setting.seed = 5;
    setting.type = at::kDouble;
    eq::Readout pair;
    pair.layer = eq::Readout::Layer::features;
    pair.views.prediction = "pair";
    setting.readouts = {{eq::usualReadout(setting.tasks[0])}, {pair}};
    const auto model = eq::model::catalog().create(
        "mlp", {{"hidden", {7, 5}}, {"activation", "tanh"}}, "model", setting);
    const auto inputs = random({6, 4}, 3);
    const auto ofViews = [](size_t task, const eq::model::HeadOutput& output) {
      if (task == 0) return lossOf(task, output);
      return (output.prediction - output.fields.at("pair") * 2).square().mean();
    };
    const Engine engine(*model);
    auto pass = engine.forward(inputs, ofViews, {1, 1}, true, true);
    const auto trunk = model->trunk(inputs, {});
    const auto first = trunk.narrow(0, 0, 3), second = trunk.narrow(0, 3, 3);
    QVERIFY((pass.losses[0] - lossOf(0, model->head(0, first, {}))).abs().item<double>() < 1e-14);
    const auto expected =
        (model->head(1, first, {}).prediction - model->head(1, second, {}).prediction * 2)
            .square()
            .mean();
    QVERIFY((pass.losses[1] - expected).abs().item<double>() < 1e-14);
    const auto rows = engine.jacobian(pass);
    QVERIFY(gramianError(engine.gramian(pass, Source::exact), rows.mm(rows.t())) < 1e-12);
  }

  void singlePrecisionAgrees_data() { addSettings(); }
  void singlePrecisionAgrees() {
    const auto [model, inputs, tasks, all] = fetchScene(at::kFloat);
    const auto brute = bruteJacobian(*model, inputs, all).to(at::kDouble);
    const Engine engine(*model);
    const auto pass = engine.forward(inputs, lossOf, all, true);
    const auto gramian = engine.gramian(pass, Source::exact);
    QCOMPARE(gramian.scalar_type(), at::kDouble);
    QVERIFY(gramianError(gramian, brute.mm(brute.t())) < 2e-5);
  }

  void representationGramian_data() { addSettings(); }
  void representationGramian() {
    const auto [model, inputs, tasks, all] = fetchScene();
    const auto state = model->randomState();
    const auto brute = bruteRepresentationGramian(*model, inputs, tasks);
    model->restoreRandomState(state);
    const Engine engine(*model);
    const auto pass = engine.forward(inputs, lossOf, all, false);
    QVERIFY(gramianError(engine.gramian(pass, Source::representation), brute) < 1e-12);
  }

  void inactiveTasksHaveRowsOfZeros_data() { addSettings(); }
  void inactiveTasksHaveRowsOfZeros() {
    const auto [model, inputs, tasks, all] = fetchScene();
    std::vector<char> active = all;
    for (size_t k = 0; k < tasks; k += 2) active[k] = 0;
    const auto brute = bruteJacobian(*model, inputs, active);
    const Engine engine(*model);
    std::vector<size_t> asked;
    const auto pass = engine.forward(
        inputs,
        [&](size_t k, const eq::model::HeadOutput& output) {
          asked.push_back(k);
          return lossOf(k, output);
        },
        active, true);
    for (const auto k : asked) QVERIFY(active[k]);
    QCOMPARE(relativeError(engine.jacobian(pass), brute), 0.0);
    for (const auto source : {Source::exact, Source::representation}) {
      const auto gramian = engine.gramian(pass, source);
      for (std::int64_t k = 0; k < std::ssize(active); k += 2) {
        QCOMPARE(gramian[k].abs().max().item<double>(), 0.0);
        QCOMPARE(pass.losses[static_cast<size_t>(k)].item<double>(), 0.0);
        QVERIFY(!pass.losses[static_cast<size_t>(k)].requires_grad());
      }
      for (std::int64_t k = 1; k < std::ssize(active); k += 2)
        QVERIFY(gramian[k][k].item<double>() > 0);
    }
  }

  void backwardIsThatOfTheWeightedSum_data() { addSettings(); }
  void backwardIsThatOfTheWeightedSum() {
    const auto [model, inputs, tasks, all] = fetchScene();
    std::vector<double> shared, heads;
    for (size_t k = 0; k < tasks; ++k) {
      shared.push_back(0.3 + static_cast<double>(k));
      heads.push_back(2 - 0.5 * static_cast<double>(k));
    }
    std::vector<char> some = all;
    some.back() = tasks == 1;
    for (const auto& active : {all, some})
      for (const auto& own : {shared, heads}) compareBackward(*model, inputs, active, shared, own);
  }

  void tapeIsOnlyKeptWhenAskedFor_data() { addSettings(); }
  void tapeIsOnlyKeptWhenAskedFor() {
    const auto [model, inputs, tasks, all] = fetchScene();
    const Engine engine(*model);
    const std::vector<double> shared(tasks, 0.7), heads(tasks, 1.3);
    const auto state = model->randomState();
    auto taped = engine.forward(inputs, lossOf, all, true);
    model->restoreRandomState(state);
    auto bare = engine.forward(inputs, lossOf, all, false);
    QCOMPARE(2 * taped.tape.size(), model->parameters().indices(kTrunk).size());
    QVERIFY(bare.tape.empty());
    for (size_t k = 0; k < tasks; ++k)
      QCOMPARE(bare.losses[k].item<double>(), taped.losses[k].item<double>());
    QCOMPARE(relativeError(engine.jacobian(bare), engine.jacobian(taped)), 0.0);
    const auto a = engine.backward(taped, shared, heads), b = engine.backward(bare, shared, heads);
    for (size_t i = 0; i < a.size(); ++i) QCOMPARE(relativeError(a[i], b[i]), 0.0);
    QVERIFY(taped.losses.empty() && taped.tape.empty() && !taped.representation.defined());
  }

  void noTaskIsActive() {
    const auto model = make("mlp", {{"hidden", {3}}}, {2}, 2);
    const Engine engine(*model);
    for (const double head : {1.0, 2.0}) {
      auto pass = engine.forward(random({4, 2}, 1), lossOf, {0, 0}, true);
      QCOMPARE(engine.gramian(pass, Source::exact).abs().max().item<double>(), 0.0);
      for (const auto& gradient : engine.backward(pass, {1, 1}, {head, head}))
        QVERIFY(!gradient.defined());
    }
  }

  void pointsHaveNoTape() {
    eq::model::Setting setting;
    setting.tasks = tasksOf(2);
    setting.type = at::kDouble;
    setting.start = {1, 2};
    setting.objective = [](const at::Tensor& x) {
      return at::stack({x[0] * x[0] * 3 + x[1], x[0] * x[1]});
    };
    const auto model = eq::model::catalog().create("point", json::object(), "model", setting);
    const Engine engine(*model);
    auto pass = engine.forward(
        {}, [](size_t, const eq::model::HeadOutput& output) { return output.prediction.mean(); },
        {1, 1}, true);
    for (const auto source : {Source::exact, Source::representation}) {
      const auto gramian = engine.gramian(pass, source);
      QCOMPARE(gramian[0][0].item<double>(), 37.0);
      QCOMPARE(gramian[0][1].item<double>(), 13.0);
      QCOMPARE(gramian[1][1].item<double>(), 5.0);
    }
    const auto gradients = engine.backward(pass, {0.5, 2}, {1, 1});
    QCOMPARE(gradients.size(), size_t(1));
    QCOMPARE(gradients[0][0].item<double>(), 7.0);
    QCOMPARE(gradients[0][1].item<double>(), 2.5);
  }

  void notFiniteStays() {
    const auto model = make("mlp", {{"hidden", {3}}}, {2}, 2);
    const Engine engine(*model);
    const auto pass = engine.forward(
        random({4, 2}, 1),
        [](size_t k, const eq::model::HeadOutput& output) {
          return lossOf(k, output) * (k == 0 ? NAN : 1.0);
        },
        {1, 1}, true);
    const auto gramian = engine.gramian(pass, Source::exact);
    QVERIFY(std::isnan(gramian[0][0].item<double>()));
    QVERIFY(std::isnan(gramian[0][1].item<double>()));
    QVERIFY(std::isfinite(gramian[1][1].item<double>()));
  }

  void ghostEqualsFormed_data() {
    QTest::addColumn<int>("examples");
    QTest::addColumn<int>("tasks");
    for (const int examples : {1, 4, 100})
      for (const int tasks : {1, 3, 8})
        QTest::addRow("N %d K %d", examples, tasks) << examples << tasks;
  }
  void ghostEqualsFormed() {
    QFETCH(int, examples);
    QFETCH(int, tasks);
    const auto input = random({examples, 17}, 1);
    std::vector<at::Tensor> outputs;
    at::Tensor brute = at::zeros({tasks, tasks}, input.options());
    for (int k = 0; k < tasks; ++k)
      outputs.push_back(random({examples, 11}, static_cast<std::uint64_t>(k) + 2));
    for (int i = 0; i < tasks; ++i)
      for (int k = 0; k < tasks; ++k)
        brute[i][k] = (outputs[static_cast<size_t>(i)].t().mm(input) *
                       outputs[static_cast<size_t>(k)].t().mm(input))
                          .sum();
    QVERIFY(gramianError(ghostGramian(input, outputs), brute) < 1e-13);
    QVERIFY(gramianError(formedGramian(input, outputs), brute) < 1e-13);
    // In float32 the two factors are rounded unlike each other; the Gramian is symmetric still.
    for (auto& output : outputs) output = output.to(at::kFloat);
    const auto narrow = ghostGramian(input.to(at::kFloat), outputs);
    QVERIFY(gramianError(narrow, brute) < 1e-5);
    QCOMPARE(relativeError(narrow, narrow.t()), 0.0);
  }

  void takesTheCheaperWay() {
    QVERIFY(ghostIsCheaper(4, 500, 400, 3));
    QVERIFY(!ghostIsCheaper(4000, 20, 10, 3));
    // By the count of multiplications, N = 8, in = 16, out = 8: ghost 1024 + 512 K + 64 K²,
    // formed 1024 K + 128 K².
    QVERIFY(!ghostIsCheaper(8, 16, 8, 1));
    QVERIFY(ghostIsCheaper(8, 16, 8, 2));
  }

 private:
  /// `backward` against autograd: sum_k shared[k] L_k in the trunk, own[k] L_k in head k.
  void compareBackward(Model& model, const at::Tensor& inputs, const std::vector<char>& active,
                       const std::vector<double>& shared, const std::vector<double>& own) {
    const Engine engine(model);
    const auto state = model.randomState();
    auto pass = engine.forward(inputs, lossOf, active, false);
    const auto found = engine.backward(pass, shared, own);
    model.restoreRandomState(state);
    const auto z = model.trunk(inputs, {true, nullptr});
    auto sum = at::zeros({}, z.options());
    for (size_t k = 0; k < active.size(); ++k)
      if (active[k]) sum = sum + lossOf(k, model.head(k, z, {true, nullptr})) * shared[k];
    sum.backward();
    const auto& infos = model.parameters().infos();
    for (size_t i = 0; i < infos.size(); ++i) {
      const auto k = static_cast<size_t>(infos[i].owner);
      const auto expected = takeGradients({model.parameters().tensor(i)});
      if (infos[i].owner != kTrunk && !active[k]) {
        QVERIFY(!found[i].defined());
        continue;
      }
      const double factor = infos[i].owner == kTrunk ? 1 : own[k] / shared[k];
      QVERIFY(found[i].sizes().equals(infos[i].shape));
      QVERIFY(relativeError(found[i].flatten(), expected * factor) < 1e-12);
    }
  }
};

EQUIPOISE_TEST(TestEngine)
#include "tst_engine.moc"

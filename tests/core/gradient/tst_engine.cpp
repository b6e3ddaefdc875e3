#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <QTest>

#include <cmath>
#include <map>

#include "core/gradient/engine.h"
#include "core/gradient/products.h"
#include "core/model/catalog.h"
#include "core/model/regulariser.h"
#include "core/model/residual.h"
#include "core/model/usual_parameters.h"
#include "tests/core/gradient/engine_support.h"
#include "tests/registry.h"

using namespace eq::gradient;
using namespace eq::gradient::test;

Q_DECLARE_METATYPE(json)

namespace {

at::Tensor bruteRepresentationGramian(Model& model, const at::Tensor& inputs, size_t tasks) {
  std::vector<at::Tensor> rows;
  for (size_t k = 0; k < tasks; ++k) {
    const auto state = model.randomState();
    const auto z = model.represent(inputs, {true, nullptr})[0].detach().requires_grad_();
    model.restoreRandomState(state);
    lossOf(k, model.head(k, {z}, {true, nullptr})).backward();
    rows.push_back(z.grad().flatten());
  }
  const auto j = at::stack(rows).to(at::kDouble);
  return j.mm(j.t());
}

/// A full layer used twice, one after the other, as one layer.
class TwiceLayer : public eq::model::Layer {
 public:
  explicit TwiceLayer(std::unique_ptr<Layer> inner) : inner_(std::move(inner)) {}
  at::Tensor forward(const at::Tensor& input, const eq::model::ParameterBuffer& parameters,
                     const eq::model::Pass& pass, eq::model::Trace* trace) const override {
    if (trace) trace->inner.resize(1);
    auto* tape = trace ? &trace->inner[0] : nullptr;
    const auto once = forwardTraced(*inner_, input, parameters, pass, tape);
    return forwardTraced(*inner_, once, parameters, pass, tape);
  }
  at::Tensor back(const eq::model::Trace& trace, const at::Tensor& outputs,
                  const eq::model::Descent& descent, bool further) const override {
    const auto middle = inner_->back(trace.inner[0][1], outputs, descent, true);
    return inner_->back(trace.inner[0][0], middle, descent, further);
  }
  std::vector<size_t> parameters() const override {
    auto uses = inner_->parameters();
    uses.insert(uses.end(), {uses[0], uses[1]});
    return uses;
  }

 private:
  std::unique_ptr<Layer> inner_;
};

/// Heads of one layer, without regularisers.
eq::Parameters plainHeads() {
  return {{eq::model::headHiddenSpec(), eq::model::regularisersSpec()}, json::object(), "model"};
}

eq::model::Setting settingOf(size_t tasks) {
  eq::model::Setting setting;
  setting.inputShape = {4};
  setting.tasks = tasksOf(tasks);
  setting.type = at::kDouble;
  return setting;
}

class Twice : public eq::model::SequenceModel {
 public:
  Twice(size_t tasks, bool residual) : SequenceModel(settingOf(tasks)) {
    eq::model::LayerFactory factory(parameters_, 3);
    auto twice = std::make_unique<TwiceLayer>(factory.linear("trunk.0", 4, 4, eq::model::Block()));
    eq::model::Sequence branch;
    (residual ? branch : trunk_).add(std::move(twice));
    if (residual) trunk_.add(std::make_unique<eq::model::Residual>(std::move(branch)));
    trunk_.add(factory.activation("tanh"));
    addHeads(factory, 4, plainHeads());
    parameters_.allocate(at::kDouble);
  }
};

/// A trunk that is no sequence of layers.
class Untraced : public eq::model::SequenceModel {
 public:
  explicit Untraced(size_t tasks) : SequenceModel(settingOf(tasks)) {
    eq::model::LayerFactory factory(parameters_, 3);
    parameters_.add("trunk.scale", at::full({4}, 0.5), eq::model::Block());
    parameters_.add("trunk.unused", at::full({2}, 0.5), eq::model::Block());
    addHeads(factory, 4, plainHeads());
    parameters_.allocate(at::kDouble);
  }
  std::vector<at::Tensor> represent(const at::Tensor& inputs,
                                    const eq::model::Pass&) const override {
    return {(inputs * parameters_.tensor(0)).sin()};
  }
  bool leavesTraces() const override { return false; }
};

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
    add("resnet", "resnet", {{"channels", {4, 6}}, {"groups", 2}, {"dropout", 0.2}}, {2, 5, 6});
    add("transformer", "transformer",
        {{"patch", 2}, {"width", 6}, {"attention_heads", 2}, {"dropout", 0.2}}, {1, 4, 6});
    add("columns", "transformer",
        {{"width", 6}, {"layers", 1}, {"attention_heads", 3}, {"attention", "linear"}}, {5});
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
    auto pass = engine.forward(inputs, lossOf, all, Purpose::exact);
    QVERIFY(relativeError(engine.jacobian(pass), brute) < 1e-13);
    QVERIFY(brute.abs().amax(1).min().item<double>() > 0);
    const auto gramian = engine.gramian(pass, Source::exact);
    QVERIFY(gramianError(gramian, brute.mm(brute.t())) < 1e-12);
    QCOMPARE(relativeError(gramian, gramian.t()), 0.0);
    const auto norms = engine.squaredNorms(pass);
    QVERIFY(relativeError(norms / gramian.diagonal(), at::ones_like(norms)) < 1e-12);
  }

  /// Whatever way the engine takes, it finds what autograd finds: the Gramian to 1e-10 of
  /// ‖g_i‖ ‖g_j‖, J, and the update.
  void everyWayFindsTheSame_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<json>("shape");
    QTest::addColumn<int>("tasks");
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("inactive");
    const auto add = [](const char* name, const char* id, const json& params, const json& shape) {
      for (const int tasks : {1, 2, 8, 64})
        for (const int batch : {1, 7})
          for (const int inactive : {-1, 0})
            QTest::addRow("%s K %d N %d without %d", name, tasks, batch, inactive)
                << QString(id) << params << shape << tasks << batch << inactive;
    };
    for (const char* kind : {"relu", "tanh", "gelu"})
      add(kind, "mlp", {{"hidden", {7, 5}}, {"activation", kind}, {"head_hidden", {3}}}, {4});
    add("dropout", "mlp", {{"hidden", {9, 8}}, {"dropout", 0.4}}, {6});
    add("cnn", "cnn", {{"channels", {3, 4}}, {"hidden", 6}, {"dropout", 0.3}}, {2, 11, 10});
    add("wide cnn", "cnn", {{"channels", {9, 3}}, {"kernel", 3}, {"same", true}, {"hidden", 5}},
        {1, 9, 8});
    add("resnet", "resnet", {{"channels", {4, 6}}, {"groups", 2}, {"dropout", 0.2}}, {2, 5, 6});
    for (const char* attention : {"softmax", "linear"})
      add(attention, "transformer",
          {{"patch", 2},
           {"width", 6},
           {"attention_heads", 2},
           {"attention", attention},
           {"dropout", 0.2}},
          {1, 4, 6});
    add("columns", "transformer", {{"width", 6}, {"layers", 1}, {"attention_heads", 3}}, {5});
  }
  void everyWayFindsTheSame() {
    QFETCH(int, inactive);
    const auto [model, inputs, tasks, all] = fetchScene();
    auto active = all;
    if (inactive >= 0) active[static_cast<size_t>(inactive)] = 0;
    const auto brute = bruteJacobian(*model, inputs, active);
    std::vector<double> weights, heads(tasks, 0.7);
    for (size_t k = 0; k < tasks; ++k) weights.push_back(0.5 / static_cast<double>(k + 1));
    const auto update = at::tensor(weights, at::kDouble).unsqueeze(0).mm(brute).squeeze(0);
    for (const auto& [options, way] : everyOption()) {
      const Engine engine(*model, options);
      const auto state = model->randomState();
      auto pass = engine.forward(inputs, lossOf, active, Purpose::exact);
      model->restoreRandomState(state);
      QVERIFY(gramianError(engine.gramian(pass, Source::exact), brute.mm(brute.t())) < 1e-10);
      if (tasks > 2) QCOMPARE(pass.way, way);
      const auto squares = brute.square().sum(1);
      QVERIFY(gramianError(engine.squaredNorms(pass).diag(), squares.diag()) < 1e-10);
      QVERIFY(relativeError(engine.jacobian(pass), brute) < 1e-10);
      const auto gradients = engine.backward(pass, weights, heads);
      if (tasks == 1 && inactive == 0) continue;
      std::vector<at::Tensor> found;
      for (const auto index : model->parameters().indices(kTrunk))
        found.push_back(gradients[index].flatten());
      QVERIFY((at::cat(found) - update).norm().item<double>() <=
              1e-10 * update.norm().item<double>());
    }
  }

  /// J1 J2ᵀ of batches of unlike size, held in whatever way.
  void crossGramianIsTheProductOfBothBatches_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<json>("shape");
    QTest::addColumn<int>("inactive");
    for (const int inactive : {-1, 1}) {
      QTest::addRow("mlp %d", inactive)
          << QString("mlp") << json{{"hidden", {7, 5}}} << json{4} << inactive;
      QTest::addRow("cnn %d", inactive)
          << QString("cnn") << json{{"channels", {3, 4}}, {"hidden", 6}} << json{2, 11, 10}
          << inactive;
    }
  }
  void crossGramianIsTheProductOfBothBatches() {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(json, shape);
    QFETCH(int, inactive);
    const auto dimensions = shape.get<std::vector<std::int64_t>>();
    const auto model = make(qPrintable(id), params, dimensions, 5, at::kDouble);
    std::vector<char> active(5, 1);
    if (inactive >= 0) active[static_cast<size_t>(inactive)] = 0;
    const auto batchOf = [&](std::int64_t examples, int seed) {
      auto sizes = dimensions;
      sizes.insert(sizes.begin(), examples);
      return random(sizes, seed);
    };
    const auto first = batchOf(6, 3), second = batchOf(9, 4);
    const auto one = bruteJacobian(*model, first, active);
    const auto other = bruteJacobian(*model, second, active);
    const auto lengths = one.norm(2, 1).unsqueeze(1) * other.norm(2, 1).unsqueeze(0) + 1e-30;
    for (const auto& [options, way] : everyOption()) {
      const Engine engine(*model, options);
      auto pass = engine.forward(first, lossOf, active, Purpose::exact);
      auto further = engine.forward(second, lossOf, active, Purpose::exact);
      const auto found = engine.crossGramian(pass, further);
      QVERIFY(((found - one.mm(other.t())) / lengths).abs().max().item<double>() < 1e-10);
    }
  }

  /// Each part has the Gramian and the update of its own columns of J.
  void partsAreTakenApart() {
    const auto model = make("mlp", {{"hidden", {7, 5}}}, {4}, 5);
    const auto inputs = random({6, 4}, 3);
    std::vector<char> active(5, 1);
    active[1] = 0;
    const auto brute = bruteJacobian(*model, inputs, active);
    const auto indices = model->parameters().indices(kTrunk);
    const eq::gradient::Parts parts{{indices[0], indices[1]}, {indices[2]}, {indices[3]}};
    const std::vector<std::vector<double>> weights{
        {1, 9, 2, 3, 4}, {-1, 9, 0.5, 0, 2}, {0.1, 9, 0.2, 0.3, 0.4}};
    for (const auto& [options, way] : everyOption()) {
      const Engine engine(*model, options);
      auto pass = engine.forward(inputs, lossOf, active, Purpose::exact);
      const auto gramians = engine.gramians(pass, parts);
      const auto gradients = engine.backward(pass, parts, weights, std::vector<double>(5, 1.0));
      std::int64_t begin = 0;
      for (size_t i = 0; i < parts.size(); ++i) {
        std::int64_t width = 0;
        std::vector<at::Tensor> found;
        for (const auto index : parts[i]) {
          width += model->parameters().infos()[index].count;
          found.push_back(gradients[index].flatten());
        }
        const auto columns = brute.narrow(1, begin, width);
        begin += width;
        QVERIFY(gramianError(gramians[static_cast<std::int64_t>(i)], columns.mm(columns.t())) <
                1e-10);
        const auto update = at::tensor(weights[i], at::kDouble).unsqueeze(0).mm(columns).squeeze(0);
        QVERIFY(relativeError(at::cat(found), update) < 1e-10);
      }
    }
  }

  void aDirectionIsTakenAsItIs() {
    const auto model = make("mlp", {{"hidden", {7, 5}}}, {4}, 3, at::kDouble);
    const Engine engine(*model);
    auto pass = engine.forward(random({6, 4}, 3), lossOf, {1, 1, 1}, Purpose::exact);
    const auto direction = random({model->parameters().range(kTrunk).size()}, 5);
    const auto found = engine.backward(pass, direction, {2, 2, 2});
    auto other = engine.forward(random({6, 4}, 3), lossOf, {1, 1, 1}, Purpose::exact);
    const auto expected = engine.backward(other, {1, 1, 1}, {2, 2, 2});
    std::vector<at::Tensor> trunk;
    for (size_t i = 0; i < found.size(); ++i) {
      QVERIFY(found[i].sizes().equals(model->parameters().infos()[i].shape));
      if (model->parameters().infos()[i].block.owner == kTrunk)
        trunk.push_back(found[i].flatten());
      else
        QVERIFY(found[i].equal(expected[i]));
    }
    QVERIFY(at::cat(trunk).equal(direction));
  }

  /// The smaller the limit, the fewer tasks at a time; the same gradients all along.
  void limitsOfMemoryForceTasksApart_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::newRow("cnn") << "cnn" << json{{"channels", {3, 4}}, {"hidden", 6}};
    QTest::newRow("resnet") << "resnet" << json{{"channels", {2, 4}}, {"groups", 2}};
    QTest::newRow("transformer") << "transformer" << json{{"patch", 1}, {"width", 4}};
  }
  void limitsOfMemoryForceTasksApart() {
    QFETCH(QString, id);
    QFETCH(json, params);
    const auto model = make(qPrintable(id), params, {2, 11, 10}, 8);
    const auto inputs = random({5, 2, 11, 10}, 3);
    std::vector<char> active(8, 1);
    active[3] = 0;
    const auto brute = bruteJacobian(*model, inputs, active);
    const std::vector<double> weights{1, 2, 3, 4, 5, 6, 7, 8};
    const auto update = at::tensor(weights, at::kDouble).unsqueeze(0).mm(brute).squeeze(0);
    std::vector<Way> seen;
    for (double memory = 1e-3; memory < 10; memory *= 1.1) {
      const Engine engine(*model, {memory, Form::cheaper, true});
      auto pass = engine.forward(inputs, lossOf, active, Purpose::exact);
      QVERIFY(gramianError(engine.gramian(pass, Source::exact), brute.mm(brute.t())) < 1e-12);
      QVERIFY(relativeError(engine.jacobian(pass), brute) < 1e-12);
      if (seen.empty() || seen.back() != pass.way) seen.push_back(pass.way);
      const auto gradients = engine.backward(pass, weights, weights);
      std::vector<at::Tensor> found;
      for (const auto index : model->parameters().indices(kTrunk))
        found.push_back(gradients[index].flatten());
      QVERIFY(relativeError(at::cat(found), update) < 1e-12);
    }
    QVERIFY((seen == std::vector<Way>{Way::pairs, Way::chunked, Way::stacked}));
  }

  /// One parameter in two places: the engine sums over both before it multiplies.
  void sharedWeightsAreSummedOverTheirUses() {
    for (const bool residual : {false, true}) compareUses(Twice(5, residual));
  }

  /// A model that leaves no traces goes through autograd a task at a time, and finds the same.
  void modelsWithoutTracesGoThroughAutograd() {
    const Untraced model(3);
    const auto inputs = random({6, 4}, 3);
    const Engine engine(model);
    auto pass = engine.forward(inputs, lossOf, {1, 0, 1}, Purpose::exact);
    auto sum = engine.forward(inputs, lossOf, {1, 0, 1}, Purpose::sum);
    const auto rows = engine.jacobian(pass);
    QCOMPARE(rows[1].abs().max().item<double>(), 0.0);
    QVERIFY(gramianError(engine.gramian(pass, Source::exact), rows.mm(rows.t())) < 1e-12);
    const std::vector<double> weights{0.5, 3, 2};
    const auto found = engine.backward(pass, weights, weights);
    const auto expected = engine.backward(sum, weights, weights);
    for (size_t i = 0; i < found.size(); ++i) {
      QCOMPARE(found[i].defined(), expected[i].defined());
      if (found[i].defined()) QVERIFY(relativeError(found[i], expected[i]) < 1e-13);
    }
  }

  /// A step that shows the Gramian beside takes the update of one that does not, to the bit.
  void lookingChangesNoBit_data() { addSettings(); }
  void lookingChangesNoBit() {
    const auto [model, inputs, tasks, all] = fetchScene(at::kFloat);
    const Engine engine(*model);
    for (const double head : {0.5, 1.5}) {
      const std::vector<double> shared(tasks, 0.5), heads(tasks, head);
      const auto update = [&](Purpose purpose, bool exact, bool representation) {
        const auto state = model->randomState();
        auto pass = engine.forward(inputs, lossOf, all, purpose);
        model->restoreRandomState(state);
        if (exact) engine.gramian(pass, Source::exact);
        if (representation) engine.gramian(pass, Source::representation);
        return engine.backward(pass, shared, heads);
      };
      const auto same = [](const Gradients& a, const Gradients& b) {
        for (size_t i = 0; i < a.size(); ++i)
          if (!a[i].equal(b[i])) return false;
        return true;
      };
      const auto plain = update(Purpose::sum, false, false);
      for (const bool exact : {false, true})
        QVERIFY(same(update(Purpose::sumShown, exact, true), plain));
      QVERIFY(same(update(Purpose::representation, true, true),
                   update(Purpose::representation, false, false)));
      QVERIFY(same(update(Purpose::exact, true, true), update(Purpose::exact, false, false)));
    }
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
    auto pass = engine.forward(inputs, ofViews, {1, 1}, Purpose::exact, true);
    const auto trunk = model->represent(inputs, {})[0];
    const auto first = trunk.narrow(0, 0, 3), second = trunk.narrow(0, 3, 3);
    QVERIFY((pass.losses[0] - lossOf(0, model->head(0, {first}, {}))).abs().item<double>() < 1e-14);
    const auto expected =
        (model->head(1, {first}, {}).prediction - model->head(1, {second}, {}).prediction * 2)
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
    auto pass = engine.forward(inputs, lossOf, all, Purpose::exact);
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
    for (const auto purpose : {Purpose::representation, Purpose::exact, Purpose::sumShown}) {
      model->restoreRandomState(state);
      auto pass = engine.forward(inputs, lossOf, all, purpose);
      QVERIFY(gramianError(engine.gramian(pass, Source::representation), brute) < 1e-12);
    }
  }

  void inactiveTasksHaveRowsOfZeros_data() { addSettings(); }
  void inactiveTasksHaveRowsOfZeros() {
    const auto [model, inputs, tasks, all] = fetchScene();
    std::vector<char> active = all;
    for (size_t k = 0; k < tasks; k += 2) active[k] = 0;
    const auto brute = bruteJacobian(*model, inputs, active);
    const Engine engine(*model);
    std::vector<size_t> asked;
    auto pass = engine.forward(
        inputs,
        [&](size_t k, const eq::model::HeadOutput& output) {
          asked.push_back(k);
          return lossOf(k, output);
        },
        active, Purpose::exact);
    for (const auto k : asked) QVERIFY(active[k]);
    QVERIFY(relativeError(engine.jacobian(pass), brute) < 1e-13);
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
    const std::vector<double> ones(tasks, 1);
    const auto state = model->randomState();
    auto taped = engine.forward(inputs, lossOf, all, Purpose::exact);
    model->restoreRandomState(state);
    auto bare = engine.forward(inputs, lossOf, all, Purpose::sum);
    QVERIFY(!taped.tape.empty() && !taped.representations[0].requires_grad());
    QVERIFY(bare.tape.empty() && bare.readings.empty());
    for (size_t k = 0; k < tasks; ++k)
      QVERIFY(relativeError(bare.losses[k].detach(), taped.losses[k].detach()) < 1e-14);
    engine.backward(taped, ones, ones);
    QVERIFY(taped.losses.empty() && taped.tape.empty() && taped.representations.empty());
  }

  void noTaskIsActive() {
    const auto model = make("mlp", {{"hidden", {3}}}, {2}, 2);
    const Engine engine(*model);
    for (const double head : {1.0, 2.0}) {
      auto pass = engine.forward(random({4, 2}, 1), lossOf, {0, 0}, Purpose::exact);
      QCOMPARE(engine.gramian(pass, Source::exact).abs().max().item<double>(), 0.0);
      for (const auto& gradient : engine.backward(pass, {1, 1}, {head, head}))
        QVERIFY(!gradient.defined());
    }
  }

  void pointsAreTheirOwnRepresentation() {
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
        {1, 1}, Purpose::exact);
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
    auto pass = engine.forward(
        random({4, 2}, 1),
        [](size_t k, const eq::model::HeadOutput& output) {
          return lossOf(k, output) * (k == 0 ? NAN : 1.0);
        },
        {1, 1}, Purpose::exact);
    const auto gramian = engine.gramian(pass, Source::exact);
    QVERIFY(std::isnan(gramian[0][0].item<double>()));
    QVERIFY(std::isnan(gramian[0][1].item<double>()));
    QVERIFY(std::isfinite(gramian[1][1].item<double>()));
  }

  /// In float32 the cosines are those of the float64 model to 1e-6.
  void singlePrecisionKeepsCosines_data() { addSettings(); }
  void singlePrecisionKeepsCosines() {
    const auto [narrow, inputs, tasks, all] = fetchScene(at::kFloat);
    const auto wide = fetchScene(at::kDouble).model;
    const auto exact = bruteJacobian(*wide, inputs.to(at::kDouble), all);
    for (const auto form : {Form::ghost, Form::formed}) {
      const Engine engine(*narrow, {.form = form});
      const auto state = narrow->randomState();
      auto pass = engine.forward(inputs, smoothLossOf, all, Purpose::exact);
      narrow->restoreRandomState(state);
      const auto found = engine.gramian(pass, Source::exact);
      QCOMPARE(relativeError(found, found.t()), 0.0);
      auto reference = Engine(*wide);
      const auto wideState = wide->randomState();
      auto widePass = reference.forward(inputs.to(at::kDouble), smoothLossOf, all, Purpose::exact);
      wide->restoreRandomState(wideState);
      const auto expected = reference.gramian(widePass, Source::exact);
      const auto cosines = [](const at::Tensor& gramian) {
        const auto norms = gramian.diagonal().sqrt();
        return gramian / (norms.unsqueeze(1) * norms.unsqueeze(0));
      };
      QVERIFY((cosines(found) - cosines(expected)).abs().max().item<double>() < 1e-6);
    }
  }

  /// Sums of blocks of 4,096 columns: as exact as each block.
  void productsOfBlocksAreThoseOfTheWhole() {
    for (const std::int64_t columns : {0, 1, 4095, 4096, 4097, 12288, 20000}) {
      const auto a = random({5, columns}, 1), b = random({5, columns}, 2);
      QVERIFY((blockProducts(a, b) - a.mm(b.t())).abs().max().item<double>() < 1e-10);
      QVERIFY((rowProducts(a, b) - (a * b).sum(1)).abs().max().item<double>() < 1e-10);
    }
    const auto rows = random({6, 262144}, 3);
    const auto narrow = rows.to(at::kFloat).abs();
    const auto exact = narrow.to(at::kDouble);
    QVERIFY(gramianError(blockProducts(narrow, narrow), exact.mm(exact.t())) < 2e-7);
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
  void compareUses(const Twice& model) {
    for (const auto form : {Form::cheaper, Form::ghost, Form::formed}) {
      const Engine engine(model, {.form = form});
      const auto inputs = random({6, 4}, 3);
      auto pass = engine.forward(inputs, lossOf, std::vector<char>(5, 1), Purpose::exact);
      auto copy = engine.forward(inputs, lossOf, std::vector<char>(5, 1), Purpose::sum);
      std::vector<at::Tensor> rows;
      for (size_t k = 0; k < 5; ++k) {
        copy.losses[k].backward({}, true);
        rows.push_back(takeGradients(columnsOf(model)));
        takeGradients(parametersOf(model, static_cast<std::int64_t>(k)));
      }
      const auto brute = at::stack(rows);
      QVERIFY(gramianError(engine.gramian(pass, Source::exact), brute.mm(brute.t())) < 1e-12);
      const auto found = engine.backward(pass, {1, 2, 3, 4, 5}, {1, 1, 1, 1, 1});
      const auto update = at::tensor({1., 2., 3., 4., 5.}, at::kDouble).unsqueeze(0).mm(brute);
      QVERIFY(relativeError(at::cat({found[0].flatten(), found[1].flatten()}), update[0]) < 1e-12);
    }
  }

  /// `backward` against autograd: sum_k shared[k] L_k in the trunk, own[k] L_k in head k.
  void compareBackward(Model& model, const at::Tensor& inputs, const std::vector<char>& active,
                       const std::vector<double>& shared, const std::vector<double>& own) {
    for (const auto purpose :
         {Purpose::sum, Purpose::sumShown, Purpose::representation, Purpose::exact})
      comparePurpose(model, inputs, active, shared, own, purpose);
  }
  void comparePurpose(Model& model, const at::Tensor& inputs, const std::vector<char>& active,
                      const std::vector<double>& shared, const std::vector<double>& own,
                      Purpose purpose) {
    const Engine engine(model);
    const auto state = model.randomState();
    auto pass = engine.forward(inputs, lossOf, active, purpose);
    const auto found = engine.backward(pass, shared, own);
    model.restoreRandomState(state);
    const auto z = model.represent(inputs, {true, nullptr});
    auto sum = at::zeros({}, model.parameters().values().options());
    for (size_t k = 0; k < active.size(); ++k)
      if (active[k]) sum = sum + lossOf(k, headOf(model, k, z)) * shared[k];
    sum.backward();
    const auto& infos = model.parameters().infos();
    std::vector<at::Tensor> all;
    std::map<std::int64_t, double> most;  // by owner
    for (size_t i = 0; i < infos.size(); ++i) {
      all.push_back(takeGradients({model.parameters().tensor(i)}));
      most[infos[i].block.owner] =
          std::max(most[infos[i].block.owner], all[i].abs().max().item<double>());
    }
    for (size_t i = 0; i < infos.size(); ++i) {
      const auto k = static_cast<size_t>(infos[i].block.owner);
      const auto& expected = all[i];
      if (infos[i].block.owner != kTrunk && !active[k]) {
        QVERIFY(!found[i].defined());
        continue;
      }
      const double factor = infos[i].block.owner == kTrunk ? 1 : own[k] / shared[k];
      QVERIFY(found[i].sizes().equals(infos[i].shape));
      // That of the keys' biases is 0 by its nature, beside those of all others.
      const double scale =
          std::max(expected.abs().max().item<double>(), 0.01 * most[infos[i].block.owner]);
      const auto error = (found[i].flatten() - expected * factor).abs().max().item<double>();
      QVERIFY(error <= 1e-12 * std::abs(factor) * scale);
    }
  }
};

EQUIPOISE_TEST(TestEngine)
#include "tst_engine.moc"

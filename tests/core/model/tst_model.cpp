#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>

#include <QTest>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/model/catalog.h"
#include "core/model/initial_values.h"
#include "core/model/model.h"
#include "tests/registry.h"

using namespace eq::model;
using nlohmann::json;
using Shape = std::vector<std::int64_t>;

Q_DECLARE_METATYPE(json)

namespace {

/// A task of every kind.
std::vector<eq::TaskInfo> allTasks() {
  return {{"digit", eq::TaskKind::classification, 10, {}, {}, {}},
          {"odd", eq::TaskKind::binary, 1, {}, {}, {}},
          {"labels", eq::TaskKind::multilabel, 4, {}, {}, {}},
          {"rank", eq::TaskKind::ordinal, 5, {}, {}, {}},
          {"size", eq::TaskKind::regression, 1, {}, {}, {}},
          {"place", eq::TaskKind::regression, 2, {}, {}, {}}};
}

std::unique_ptr<Model> make(const QString& id, const json& params, Shape shape,
                            std::uint64_t seed = 1, at::ScalarType type = at::kFloat) {
  Setting setting;
  setting.inputShape = std::move(shape);
  setting.tasks = allTasks();
  setting.seed = seed;
  setting.type = type;
  return catalog().create(id.toStdString(), params, "model", setting);
}

at::Tensor inputsOf(Shape shape, std::int64_t batch) {
  shape.insert(shape.begin(), batch);
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(7), {});
}

QString textOf(at::IntArrayRef shape) {
  return QString::fromStdString(json(shape.vec()).dump());
}

QStringList namesOf(const Model& model) {
  QStringList names;
  for (const auto& info : model.parameters().infos())
    names << QString::fromStdString(info.name) + textOf(info.shape);
  return names;
}

QString refusal(const QString& id, const json& params, const Shape& shape) {
  try {
    make(id, params, shape);
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

at::Tensor predictionOf(const Model& model, size_t task,
                        const std::vector<at::Tensor>& representations) {
  return model.head(task, model.readBy(task, representations), {}).prediction;
}

bool same(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes().equals(b.sizes()) && (a == b).all().item<bool>();
}

}  // namespace

class TestModel : public QObject {
  Q_OBJECT

  static void addModels() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<json>("shape");
    const auto add = [](const char* name, const char* id, const json& params, const json& shape) {
      QTest::newRow(name) << QString(id) << params << shape;
    };
    add("mlp", "mlp", {{"hidden", {6, 5}}}, {8});
    add("mlp of images", "mlp", {{"hidden", {6}}, {"activation", "gelu"}}, {2, 3, 4});
    add("mlp with deep heads", "mlp", {{"head_hidden", {7, 3}}, {"activation", "tanh"}}, {8});
    add("mlp with dropout", "mlp", {{"hidden", {20, 20}}, {"dropout", 0.5}}, {8});
    add("cnn", "cnn", json::object(), {1, 28, 28});
    add("padded cnn", "cnn", {{"channels", {3}}, {"kernel", 5}, {"same", true}, {"hidden", 9}},
        {2, 6, 8});
    add("cnn with dropout", "cnn", {{"channels", {4}}, {"hidden", 30}, {"dropout", 0.3}},
        {1, 9, 9});
    add("resnet", "resnet", json::object(), {1, 28, 28});
    add("deep resnet", "resnet",
        {{"channels", {4, 6, 8}}, {"blocks", 2}, {"groups", 2}, {"dropout", 0.3}}, {3, 5, 7});
    add("transformer", "transformer", json::object(), {1, 28, 28});
    add("transformer of columns", "transformer",
        {{"width", 6}, {"attention_heads", 3}, {"attention", "linear"}, {"dropout", 0.3}}, {8});
    add("single tasks", "single_task", {{"hidden", {6, 5}}, {"dropout", 0.3}}, {8});
    add("single tasks of images", "single_task",
        {{"base", "cnn"}, {"channels", {3}}, {"hidden", {5}}, {"head_hidden", {4}}}, {1, 8, 9});
    add("tree", "tree", {{"hidden", {6, 5}}, {"stages", twoTrees()}}, {8});
    add("mixture of experts", "mmoe", {{"hidden", {6, 5}}, {"experts", 3}, {"gate_hidden", {4}}},
        {8});
    add("hierarchical", "hierarchical",
        {{"hidden", {9, 8, 7, 6}}, {"shortcut", true}, {"activation", "gelu"}}, {8});
    add("hierarchical of images", "hierarchical",
        {{"base", "cnn"}, {"channels", {3, 4}}, {"same", true}}, {1, 8, 9});
  }
  /// Two groups at first, then a group and single tasks.
  static json twoTrees() {
    return json::parse(R"([[["digit", "odd", "labels"], ["rank", "size", "place"]],
                           [["digit", "labels"], ["odd"], ["rank"], ["size"], ["place"]]])");
  }
  /// The parameters of the outermost layers in a tape.
  static void collect(const Tape& tape, std::vector<size_t>& traced) {
    for (const auto& trace : tape) {
      if (!trace.layer)
        for (const auto& inner : trace.inner) collect(inner, traced);
      else
        for (const auto index : trace.layer->parameters()) traced.push_back(index);
    }
  }
  static std::unique_ptr<Model> fetchModel(std::uint64_t seed = 1) {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(json, shape);
    return make(id, params, shape.get<Shape>(), seed);
  }
  static at::Tensor fetchInputs(std::int64_t batch) {
    QFETCH(json, shape);
    return inputsOf(shape.get<Shape>(), batch);
  }

 private Q_SLOTS:
  /// Regression: two layers of 65,536 ended the program without a word.
  void whatHasNoRoomIsRefusedWithItsSize() {
    requireRoom("trunk.0.weight", {1000, 1000});
    try {
      requireRoom("trunk.1.weight", {1000000, 1000000}, 5000000);
      QFAIL("8 TB are free");
    } catch (const eq::Error& error) {
      const auto message = QString::fromStdString(error.what());
      QVERIFY2(message.startsWith(
                   "model: with trunk.1.weight, [1000000, 1000000], it has 1000005 million numbers "
                   "and takes 8000.0 GB while it is made, and this machine has "),
               error.what());
      QVERIFY2(message.endsWith(" GB free; take smaller widths"), error.what());
    }
  }

  void predictionsHaveTheShapeOfTheirKind_data() { addModels(); }
  void predictionsHaveTheShapeOfTheirKind() {
    const auto model = fetchModel();
    QCOMPARE(model->taskCount(), size_t(6));
    for (const std::int64_t n : {1, 5}) {
      const auto z = model->represent(fetchInputs(n), {});
      const Shape expected[] = {{n, 10}, {n}, {n, 4}, {n, 5}, {n}, {n, 2}};
      for (size_t k = 0; k < 6; ++k)
        QCOMPARE(textOf(predictionOf(*model, k, z).sizes()), textOf(expected[k]));
    }
  }

  void samplesDoNotMeet_data() { addModels(); }
  void samplesDoNotMeet() {
    const auto model = fetchModel();
    const auto inputs = fetchInputs(4);
    const auto all = predictionOf(*model, 0, model->represent(inputs, {}));
    for (std::int64_t i = 0; i < 4; ++i) {
      const auto one = predictionOf(*model, 0, model->represent(inputs.narrow(0, i, 1), {}));
      QVERIFY((one[0] - all[i]).abs().max().item<double>() < 1e-5);
    }
  }

  void parametersAreNamed() {
    QCOMPARE(namesOf(*make("mlp", {{"hidden", {6, 5}}, {"head_hidden", {3}}}, {2, 4})).mid(0, 12),
             (QStringList{"trunk.0.weight[6,8]", "trunk.0.bias[6]", "trunk.1.weight[5,6]",
                          "trunk.1.bias[5]", "head.digit.0.weight[3,5]", "head.digit.0.bias[3]",
                          "head.digit.linear-10.weight[10,3]", "head.digit.linear-10.bias[10]",
                          "head.odd.0.weight[3,5]", "head.odd.0.bias[3]",
                          "head.odd.linear-1.weight[1,3]", "head.odd.linear-1.bias[1]"}));
    QCOMPARE(namesOf(*make("cnn", {{"channels", {3, 4}}, {"hidden", 9}}, {1, 11, 12})).mid(0, 8),
             (QStringList{"trunk.0.weight[3,1,3,3]", "trunk.0.bias[3]", "trunk.1.weight[4,3,3,3]",
                          "trunk.1.bias[4]", "trunk.2.weight[9,4]", "trunk.2.bias[9]",
                          "head.digit.linear-10.weight[10,9]", "head.digit.linear-10.bias[10]"}));
  }

  /// What an initialization from another run names: "trunk.embed.*", "*.norm*", "*.mlp*".
  void blocksNameTheirParameters() {
    QCOMPARE(namesOf(*make("resnet", {{"channels", {2, 4}}, {"groups", 2}}, {1, 6, 6})).mid(0, 22),
             (QStringList{"trunk.stem.weight[2,1,3,3]",         "trunk.stem.bias[2]",
                          "trunk.0.0.norm1.weight[2]",          "trunk.0.0.norm1.bias[2]",
                          "trunk.0.0.conv1.weight[2,2,3,3]",    "trunk.0.0.conv1.bias[2]",
                          "trunk.0.0.norm2.weight[2]",          "trunk.0.0.norm2.bias[2]",
                          "trunk.0.0.conv2.weight[2,2,3,3]",    "trunk.0.0.conv2.bias[2]",
                          "trunk.1.0.norm1.weight[2]",          "trunk.1.0.norm1.bias[2]",
                          "trunk.1.0.conv1.weight[4,2,3,3]",    "trunk.1.0.conv1.bias[4]",
                          "trunk.1.0.norm2.weight[4]",          "trunk.1.0.norm2.bias[4]",
                          "trunk.1.0.conv2.weight[4,4,3,3]",    "trunk.1.0.conv2.bias[4]",
                          "trunk.1.0.shortcut.weight[4,2,1,1]", "trunk.1.0.shortcut.bias[4]",
                          "head.digit.linear-10.weight[10,4]",  "head.digit.linear-10.bias[10]"}));
    const auto params = json{{"width", 4}, {"layers", 1}, {"attention_heads", 2}, {"patch", 3}};
    const auto names = namesOf(*make("transformer", params, {2, 6, 9}));
    QCOMPARE(names.mid(0, 11),
             (QStringList{"trunk.embed.weight[4,18]", "trunk.embed.bias[4]",
                          "trunk.embed.positions[6,4]", "trunk.0.norm1.weight[4]",
                          "trunk.0.norm1.bias[4]", "trunk.0.attention.query.weight[4,4]",
                          "trunk.0.attention.query.bias[4]", "trunk.0.attention.key.weight[4,4]",
                          "trunk.0.attention.key.bias[4]", "trunk.0.attention.value.weight[4,4]",
                          "trunk.0.attention.value.bias[4]"}));
    QCOMPARE(names.mid(13, 8), (QStringList{"trunk.0.norm2.weight[4]", "trunk.0.norm2.bias[4]",
                                            "trunk.0.mlp.0.weight[8,4]", "trunk.0.mlp.0.bias[8]",
                                            "trunk.0.mlp.1.weight[4,8]", "trunk.0.mlp.1.bias[4]",
                                            "trunk.norm.weight[4]", "trunk.norm.bias[4]"}));
    QCOMPARE(namesOf(*make("transformer", {{"width", 4}}, {9})).mid(0, 2),
             (QStringList{"trunk.embed.weight[9,4]", "trunk.embed.bias[9,4]"}));
  }

  /// By the closed forms of the models: lin(i, o) = i o + o, conv(c, o, q) = o c q² + o.
  void trunksHaveTheSizeOfTheirFormula() {
    const auto lin = [](std::int64_t in, std::int64_t out) { return in * out + out; };
    const auto conv = [](std::int64_t in, std::int64_t out, std::int64_t side) {
      return out * in * side * side + out;
    };
    const auto sizeOf = [](const char* id, const json& params, Shape shape) {
      return make(id, params, std::move(shape))->parameters().range(kTrunk).size();
    };
    const std::int64_t d = 32, m = 2;
    const auto layer = 4 * lin(d, d) + lin(d, m * d) + lin(m * d, d) + 4 * d;
    QCOMPARE(sizeOf("transformer", json::object(), {3, 24, 28}),
             lin(3 * 16, d) + 42 * d + 2 * layer + 2 * d);
    QCOMPARE(sizeOf("transformer", {{"layers", 3}}, {13}), 2 * 13 * d + 3 * layer + 2 * d);
    QCOMPARE(sizeOf("resnet", {{"blocks", 2}}, {3, 24, 28}),
             conv(3, 16, 3) + 2 * (2 * conv(16, 16, 3) + 4 * 16) + conv(16, 32, 3) +
                 3 * conv(32, 32, 3) + 2 * 16 + 6 * 32 + conv(16, 32, 1));
  }

  void parametersLieOneAfterTheOther_data() { addModels(); }
  void parametersLieOneAfterTheOther() {
    const auto model = fetchModel();
    const auto& parameters = model->parameters();
    const auto lowest = kTrunk - std::ssize(model->groups());
    std::int64_t end = 0, owner = lowest;
    for (const auto index : parameters.order()) {
      const auto& info = parameters.infos()[index];
      QCOMPARE(info.offset, end);
      QVERIFY(info.block.owner >= owner);
      QVERIFY(info.name.starts_with(info.block.name + "."));
      end = info.offset + info.count;
      owner = info.block.owner;
    }
    QCOMPARE(parameters.values().numel(), end);
    end = 0;
    std::int64_t columns = 0;
    for (auto k = lowest; k < 6; ++k) {
      if (k == kTrunk && parameters.indices(k).empty()) continue;
      QCOMPARE(parameters.range(k).begin, end);
      end = parameters.range(k).end;
      std::int64_t count = 0;
      for (const auto index : parameters.indices(k)) count += parameters.infos()[index].count;
      QCOMPARE(parameters.range(k).size(), count);
      QVERIFY(count > 0);
      if (k <= kTrunk) columns = end;
    }
    QCOMPARE(parameters.columns().size(), columns);
    QCOMPARE(parameters.values().numel(), end);
  }

  void viewsShareTheBuffer_data() { addModels(); }
  void viewsShareTheBuffer() {
    const auto model = fetchModel();
    const auto& parameters = model->parameters();
    {
      const at::NoGradGuard noGradients;
      parameters.values().fill_(2);
      for (size_t i = 0; i < parameters.infos().size(); ++i) {
        QVERIFY(parameters.tensor(i).is_leaf() && parameters.tensor(i).requires_grad());
        QVERIFY((parameters.tensor(i) == 2).all().item<bool>());
        auto tensor = parameters.tensor(i);
        tensor.fill_(static_cast<double>(i));
      }
    }
    QVERIFY(!parameters.values().requires_grad());
    for (size_t i = 0; i < parameters.infos().size(); ++i) {
      const auto& info = parameters.infos()[i];
      const auto part = parameters.values().narrow(0, info.offset, info.count);
      QVERIFY((part == static_cast<double>(i)).all().item<bool>());
    }
  }

  void movingKeepsTheValues() {
    auto model = make("mlp", {{"hidden", {6}}}, {8});
    const auto before = model->parameters().values().clone();
    model->to(at::Device(at::kCPU));
    QVERIFY(same(model->parameters().values(), before));
    const at::NoGradGuard noGradients;
    model->parameters().values().zero_();
    QVERIFY((model->parameters().tensor(0) == 0).all().item<bool>());
  }

  void initialValuesComeFromTheSeed_data() { addModels(); }
  void initialValuesComeFromTheSeed() {
    const auto a = fetchModel(3), b = fetchModel(3), c = fetchModel(4);
    QVERIFY(same(a->parameters().values(), b->parameters().values()));
    QVERIFY(!same(a->parameters().values(), c->parameters().values()));
  }

  /// Uniform in ±1/√fan_in, for weights and biases; 1 and 0 in normalisations.
  void initialValuesArePyTorchs_data() { addModels(); }
  void initialValuesArePyTorchs() {
    const auto model = fetchModel();
    std::int64_t fanIn = 0;
    for (size_t i = 0; i < model->parameters().infos().size(); ++i) {
      const auto& tensor = model->parameters().tensor(i);
      const auto name = QString::fromStdString(model->parameters().infos()[i].name);
      if (name.contains(".norm")) {
        QVERIFY((tensor == (name.endsWith("weight") ? 1 : 0)).all().item<bool>());
        continue;
      }
      if (tensor.dim() > 1) fanIn = tensor.numel() / tensor.size(0);
      const double bound = 1 / std::sqrt(static_cast<double>(fanIn));
      QVERIFY(tensor.abs().max().item<double>() <= bound);
      if (tensor.numel() < 1000) continue;
      const double count = static_cast<double>(tensor.numel());
      const double deviation = bound / std::sqrt(3.0);
      QVERIFY(std::abs(tensor.mean().item<double>()) < 5 * deviation / std::sqrt(count));
      QVERIFY(std::abs(tensor.std().item<double>() / deviation - 1) < 5 / std::sqrt(count));
      QVERIFY(tensor.max().item<double>() > 0.97 * bound);
    }
  }

  void seedDoesNotReachTheGlobalStream() {
    const auto draw = [] { return at::randn({3}).sum().item<double>(); };
    at::manual_seed(1);
    const double before = draw();
    at::manual_seed(1);
    auto model = make("mlp", {{"dropout", 0.5}}, {8});
    model->represent(inputsOf({8}, 3), {true, nullptr});
    QCOMPARE(draw(), before);
  }

  void tapeHoldsTheLayersOfTheTrunk_data() { addModels(); }
  void tapeHoldsTheLayersOfTheTrunk() {
    const auto model = fetchModel();
    const auto inputs = fetchInputs(3);
    Tape tape;
    const auto taped = model->represent(inputs, {false, &tape});
    const auto plain = model->represent(inputs, {});
    for (size_t i = 0; i < taped.size(); ++i) QVERIFY(same(taped[i], plain[i]));
    auto uses = model->uses();
    std::sort(uses.begin(), uses.end());
    auto columns = model->parameters().columnIndices();
    std::sort(columns.begin(), columns.end());
    QCOMPARE(uses, columns);
    std::vector<size_t> traced;
    collect(tape, traced);
    QCOMPARE(traced, model->uses());
    QVERIFY(model->leavesTraces());
  }

  void dropoutIsForTrainingOnly() {
    const auto model = make("mlp", {{"hidden", {400}}, {"dropout", 0.4}}, {8});
    const auto inputs = inputsOf({8}, 50);
    const auto plain = model->represent(inputs, {})[0];
    QVERIFY(same(plain, model->represent(inputs, {})[0]));
    const auto dropped = model->represent(inputs, {true, nullptr})[0];
    // Each unit is 0, or divided by the share of units that stay.
    const auto kept = dropped != 0;
    QVERIFY((((dropped - plain / 0.6).abs() < 1e-6) | kept.logical_not()).all().item<bool>());
    const auto active = plain > 0;
    const double share = (kept & active).sum().item<double>() / active.sum().item<double>();
    QVERIFY2(std::abs(share - 0.6) < 0.03, qPrintable(QString::number(share)));
  }

  void dropoutGoesOnFromItsState_data() {
    QTest::addColumn<QString>("id");
    QTest::newRow("mlp") << QString("mlp");
    QTest::newRow("cnn") << QString("cnn");
    QTest::newRow("resnet") << QString("resnet");
    QTest::newRow("transformer") << QString("transformer");
  }
  void dropoutGoesOnFromItsState() {
    QFETCH(QString, id);
    const Shape shape{1, 12, 12};
    const auto inputs = inputsOf(shape, 4);
    const auto drawn = [&](const Model& model) {
      return model.represent(inputs, {true, nullptr})[0];
    };
    const auto first = make(id, {{"dropout", 0.5}}, shape);
    const auto second = make(id, {{"dropout", 0.5}}, shape);
    const auto other = make(id, {{"dropout", 0.5}}, shape);
    // The same seed draws the same masks.
    QVERIFY(same(drawn(*first), drawn(*second)));
    const auto state = first->randomState();
    for (const auto& [name, bytes] : state) QCOMPARE(bytes.scalar_type(), at::kByte);
    QVERIFY(state.contains("dropout"));
    const auto a = drawn(*first), b = drawn(*first);
    QVERIFY(!same(a, b));
    other->restoreRandomState(state);
    QVERIFY(same(drawn(*other), a));
    QVERIFY(same(drawn(*other), b));
  }

  void doublePrecisionHasTheSameValues() {
    const auto narrow = make("mlp", {{"hidden", {6}}}, {8});
    const auto wide = make("mlp", {{"hidden", {6}}}, {8}, 1, at::kDouble);
    QCOMPARE(wide->parameters().values().scalar_type(), at::kDouble);
    QVERIFY(same(wide->parameters().values(), narrow->parameters().values().to(at::kDouble)));
  }

  void pointIsItsOwnTrunk() {
    Setting setting;
    setting.tasks = {allTasks()[4], allTasks()[4]};
    setting.type = at::kDouble;
    setting.start = {3, 4};
    setting.objective = [](const at::Tensor& x) { return at::stack({x.sum(), x.prod()}); };
    const auto model = catalog().create("point", json::object(), "model", setting);
    QCOMPARE(namesOf(*model), QStringList{"trunk.x[2]"});
    QVERIFY(model->leavesTraces());
    QCOMPARE(model->parameters().range(kTrunk).size(), std::int64_t(2));
    QCOMPARE(model->parameters().range(0).size(), std::int64_t(0));
    const auto z = model->represent({}, {})[0];
    QCOMPARE(textOf(z.sizes()), QString("[1,2]"));
    QCOMPARE(textOf(model->head(1, {z}, {}).prediction.sizes()), QString("[1]"));
    QCOMPARE(model->head(0, {z}, {}).prediction.item<double>(), 7.0);
    QCOMPARE(model->head(1, {z}, {}).prediction.item<double>(), 12.0);
  }

  void refuses_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<json>("shape");
    QTest::addColumn<QString>("expected");
    const auto add = [](const char* id, const json& params, const json& shape,
                        const char* expected) {
      QTest::newRow(expected) << QString(id) << params << shape << QString(expected);
    };
    add("cnn", json::object(), {8},
        "model.id: cnn needs images [channels, height, width], found inputs [8]");
    add("cnn", json::object(), {1, 8, 28},
        "model.channels: stage 2 shrinks the image of 8 x 28 to nothing; use fewer stages or a "
        "smaller kernel");
    add("cnn", {{"channels", {1, 0}}}, {1, 28, 28}, "model.channels[1]: 0 is below 1");
    add("mlp", json::object(), {0},
        "model.id: mlp needs inputs, found [0]; an analytic problem needs the model point");
    add("mlp", {{"hidden", json::array()}}, {8},
        "model.hidden: needs at least one width, found []");
    add("mlp", {{"hidden", {4, 0}}}, {8}, "model.hidden[1]: 0 is below 1");
    add("mlp", {{"dropout", 1}}, {8}, "model.dropout: 1 is not below 1");
    add("mlp", {{"activation", "selu"}}, {8},
        "model.activation: expected one of relu, tanh, gelu, found \"selu\"");
    add("mlp", {{"widths", {4}}}, {8},
        "model.widths: unknown parameter; known: hidden, activation, dropout, head_hidden, "
        "regularisers");
    add("resnet", json::object(), {8},
        "model.id: resnet needs images [channels, height, width], found inputs [8]");
    add("resnet", {{"channels", json::array()}}, {1, 8, 8},
        "model.channels: needs at least one stage, found []");
    add("resnet", {{"channels", {8, 12}}}, {1, 8, 8},
        "model.groups: 8 does not divide the 12 channels of stage 2");
    add("resnet", {{"blocks", 0}}, {1, 8, 8}, "model.blocks: 0 is below 1");
    add("transformer", json::object(), {3, 5},
        "model.id: transformer needs images [channels, height, width] or the columns of a table, "
        "found inputs [3, 5]");
    add("transformer", {{"patch", 5}}, {1, 25, 28},
        "model.patch: 5 does not divide the height and width of the images, 25 x 28");
    add("transformer", {{"attention_heads", 3}}, {8},
        "model.attention_heads: 3 does not divide the width 32");
    add("transformer", {{"attention", "local"}}, {8},
        "model.attention: expected one of softmax, linear, found \"local\"");
    add("point", json::object(), {8},
        "model.id: point needs an analytic problem such as two_valleys; use mlp or cnn");
    add("mlpp", json::object(), {8}, "model: no model \"mlpp\"; did you mean \"mlp\"?");
  }
  void refuses() {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(json, shape);
    QFETCH(QString, expected);
    QCOMPARE(refusal(id, params, shape.get<Shape>()), expected);
  }
};

EQUIPOISE_TEST(TestModel)
#include "tst_model.moc"

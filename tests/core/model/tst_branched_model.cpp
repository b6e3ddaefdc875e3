#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/relu.h>

#include <QTest>

#include <map>

#include "core/base/error.h"
#include "core/model/catalog.h"
#include "core/model/model.h"
#include "tests/registry.h"

using namespace eq::model;
using nlohmann::json;
using Shape = std::vector<std::int64_t>;

namespace {

std::unique_ptr<Model> makeFor(const std::vector<std::string>& tasks, const char* id,
                               const json& params, Shape shape = {4}) {
  Setting setting;
  setting.inputShape = std::move(shape);
  for (const auto& name : tasks)
    setting.tasks.push_back({name, eq::TaskKind::regression, 1, {}, {}, {}});
  setting.seed = 3;
  return catalog().create(id, params, "model", setting);
}

QString refusalOf(const std::vector<std::string>& tasks, const char* id, const json& params,
                  Shape shape = {4}) {
  try {
    makeFor(tasks, id, params, std::move(shape));
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

/// "name: tasks that reach it", as they lie in the buffer.
QStringList ownersIn(const Model& model, const std::vector<std::string>& tasks) {
  QStringList lines;
  for (const auto index : model.parameters().order()) {
    const auto& info = model.parameters().infos()[index];
    if (!info.name.ends_with(".weight")) continue;
    QStringList names;
    const auto reach = model.reach(info.block.owner);
    for (size_t k = 0; k < reach.size(); ++k)
      if (reach[k]) names << QString::fromStdString(tasks[k]);
    const auto name = QString::fromStdString(info.name);
    lines << name.left(name.lastIndexOf('.')) + ": " + names.join(' ');
  }
  return lines;
}

std::map<std::string, at::Tensor> valuesOf(const Model& model) {
  std::map<std::string, at::Tensor> values;
  for (size_t i = 0; i < model.parameters().infos().size(); ++i)
    values[model.parameters().infos()[i].name] = model.parameters().tensor(i).detach();
  return values;
}

at::Tensor predicted(const Model& model, size_t task, const at::Tensor& inputs) {
  return model.head(task, model.readBy(task, model.represent(inputs, {})), {}).prediction.detach();
}

at::Tensor someInputs(std::int64_t batch = 6) {
  return at::randn({batch, 4}, at::make_generator<at::CPUGeneratorImpl>(7), {});
}

const json kTree =
    json::parse(R"([[["a", "b", "c"]], [["c", "a"], ["b"]], [["a"], ["c"], ["b"]]])");

}  // namespace

class TestBranchedModel : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void singleTasksShareNothing() {
    const auto model = makeFor({"a", "b"}, "single_task", {{"hidden", {6, 5}}});
    QCOMPARE(ownersIn(*model, {"a", "b"}),
             (QStringList{"task.a.0: a", "task.a.1: a", "head.a.linear-1: a", "task.b.0: b",
                          "task.b.1: b", "head.b.linear-1: b"}));
    QCOMPARE(model->frontier(), size_t(0));
    QCOMPARE(model->sharing(), std::vector<char>(2, 0));
    // Alone, a task still owns its network.
    QCOMPARE(makeFor({"a"}, "single_task", {})->parameters().columns().size(), std::int64_t(0));
  }

  void copiesOfATreeBelongToTheirGroups() {
    const auto model = makeFor({"a", "b", "c"}, "tree", {{"hidden", {6, 5, 4}}, {"stages", kTree}});
    QCOMPARE(ownersIn(*model, {"a", "b", "c"}),
             (QStringList{"group.a+c.1: a c", "trunk.0: a b c", "task.a.2: a", "head.a.linear-1: a",
                          "task.b.1: b", "task.b.2: b", "head.b.linear-1: b", "task.c.2: c",
                          "head.c.linear-1: c"}));
    QCOMPARE(model->groups(), (std::vector<std::vector<size_t>>{{0, 2}}));
  }

  void levelsSayWhoOwnsAStage() {
    const std::vector<std::string> tasks{"a", "b", "c"};
    const auto model = makeFor(tasks, "hierarchical", {{"hidden", {6, 5, 4}}});
    QCOMPARE(ownersIn(*model, tasks),
             (QStringList{"group.b+c.1: b c", "trunk.0: a b c", "head.a.linear-1: a",
                          "head.b.linear-1: b", "task.c.2: c", "head.c.linear-1: c"}));
    // A stage above all levels is not built.
    const json levels{{"a", 2}, {"b", 1}, {"c", 2}};
    const auto lower = makeFor(tasks, "hierarchical", {{"hidden", {6, 5, 4}}, {"levels", levels}});
    QCOMPARE(ownersIn(*lower, tasks),
             (QStringList{"group.a+c.1: a c", "trunk.0: a b c", "head.a.linear-1: a",
                          "head.b.linear-1: b", "head.c.linear-1: c"}));
    // With one task, what a second would share is shared.
    QCOMPARE(ownersIn(*makeFor({"a"}, "hierarchical", {{"hidden", {6, 5}}}), {"a"}),
             (QStringList{"trunk.0: a", "trunk.1: a", "head.a.linear-1: a"}));
  }

  /// ⌈(k + 1) S / K⌉ in the order of the tasks.
  void levelsAreSpreadEvenly() {
    const auto readAt = [](const char* task, const json& hidden) {
      const auto model = makeFor({"a", "b", "c", "d"}, "hierarchical", {{"hidden", hidden}});
      return valuesOf(*model).at(std::string("head.") + task + ".linear-1.weight").size(1);
    };
    const json two{10, 20}, six{1, 2, 3, 4, 5, 6};
    const std::int64_t ofTwo[] = {10, 10, 20, 20}, ofSix[] = {2, 3, 5, 6};
    const char* tasks[] = {"a", "b", "c", "d"};
    for (size_t k = 0; k < 4; ++k) {
      QCOMPARE(readAt(tasks[k], two), ofTwo[k]);
      QCOMPARE(readAt(tasks[k], six), ofSix[k]);
    }
  }

  /// By hand, layer by layer.
  void eachTaskGoesThroughItsCopies() {
    const auto x = someInputs();
    const auto model = makeFor({"a", "b", "c"}, "tree", {{"hidden", {6, 5, 4}}, {"stages", kTree}});
    const auto values = valuesOf(*model);
    const auto layer = [&](const at::Tensor& h, const std::string& name) {
      return at::linear(h, values.at(name + ".weight"), values.at(name + ".bias"));
    };
    const auto first = at::relu(layer(x, "trunk.0"));
    const auto c = at::relu(layer(at::relu(layer(first, "group.a+c.1")), "task.c.2"));
    QVERIFY(predicted(*model, 2, x).equal(layer(c, "head.c.linear-1").squeeze(1)));
    const auto b = at::relu(layer(at::relu(layer(first, "task.b.1")), "task.b.2"));
    QVERIFY(predicted(*model, 1, x).equal(layer(b, "head.b.linear-1").squeeze(1)));
  }

  void aShortcutAddsTheInputs() {
    const auto x = someInputs();
    const auto model =
        makeFor({"a", "b"}, "hierarchical", {{"hidden", {6, 5}}, {"shortcut", true}});
    const auto values = valuesOf(*model);
    const auto h = at::relu(at::linear(x, values.at("trunk.0.weight"), values.at("trunk.0.bias")));
    QVERIFY(predicted(*model, 0, x)
                .equal(at::linear(at::cat({h, x}, 1), values.at("head.a.linear-1.weight"),
                                  values.at("head.a.linear-1.bias"))
                           .squeeze(1)));
  }

  /// The base and the heads' hidden layers as hard sharing has them, whatever is added.
  void theFirstCopiesBeginAsHardSharing() {
    const json sizes{{"hidden", {6, 5}}, {"head_hidden", {3}}};
    auto withStages = sizes;
    withStages["stages"] = json::parse(R"([[["a", "b"]], [["a"], ["b"]]])");
    const auto plain = makeFor({"a", "b"}, "mlp", sizes);
    const auto expected = valuesOf(*plain);
    const auto tree = valuesOf(*makeFor({"a", "b"}, "tree", withStages));
    const auto single = valuesOf(*makeFor({"a", "b"}, "single_task", sizes));
    for (const char* name : {"weight", "bias"}) {
      const std::string part(name);
      QVERIFY(tree.at("trunk.0." + part).equal(expected.at("trunk.0." + part)));
      for (const char* layer : {"0.", "1."})
        QVERIFY(
            single.at("task.a." + (layer + part)).equal(expected.at("trunk." + (layer + part))));
      for (const char* head : {"head.a.0.", "head.a.linear-1.", "head.b.0.", "head.b.linear-1."})
        for (const auto* values : {&tree, &single})
          QVERIFY(values->at(head + part).equal(expected.at(head + part)));
    }
    QVERIFY(!single.at("task.b.1.weight").equal(single.at("task.a.1.weight")));
    // All levels at the top: hard sharing itself.
    auto levels = sizes;
    levels["levels"] = {{"a", 2}, {"b", 2}};
    const auto top = makeFor({"a", "b"}, "hierarchical", levels);
    QVERIFY(top->parameters().values().equal(plain->parameters().values()));
    QVERIFY(predicted(*top, 1, someInputs()).equal(predicted(*plain, 1, someInputs())));
  }

  /// A copy that only tasks go through that are not wanted is not computed.
  void onlyWhatIsWantedIsComputed() {
    const auto model = makeFor({"a", "b", "c"}, "tree", {{"hidden", {6, 5, 4}}, {"stages", kTree}});
    const std::vector<char> active{0, 1, 0};
    const auto found = model->represent(someInputs(), {false, nullptr, false, nullptr, &active});
    QCOMPARE(found.size(), size_t(3));
    QVERIFY(found[0].defined() && !found[1].defined() && found[2].equal(someInputs()));
  }

  void refuses_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("params");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* id, const char* params, const char* expected) {
      QTest::newRow(expected) << id << params << expected;
    };
    row("single_task", R"({"base": "cnn"})",
        "model.base: cnn needs images [channels, height, width], found inputs [4]");
    row("single_task", R"({"hidden": []})", "model.hidden: needs at least one width, found []");
    row("single_task", R"({"architecture_lr": 0})", "model.architecture_lr: 0 is not above 0");
    row("single_task", R"({"stages": []})",
        "model.stages: unknown parameter; known: base, hidden, activation, dropout, channels, "
        "kernel, same, head_hidden, regularisers, architecture_lr");
    row("tree", "{}",
        "model.stages: is required and missing (Groups of tasks a stage, such as [[[\"a\", \"b\", "
        "\"c\"]], [[\"a\", \"b\"], [\"c\"]]])");
    row("tree", R"({"stages": [[["a", "b", "c"]]]})",
        "model.stages: 1 stages are listed, the base has 2");
    row("tree", R"({"stages": [[["a", "b"]], [["a"], ["b"], ["c"]]]})",
        "model.stages[0]: task c is in no group");
    row("tree", R"({"stages": [[["a", "b", "c"]], [["a", "b"], ["c", "a"]]]})",
        "model.stages[1][1]: task a is there twice in this stage");
    row("tree", R"({"stages": [[["a", "b", "d"]], []]})",
        "model.stages[0][0]: there is no task \"d\"; there are a, b, c");
    row("tree", R"({"stages": [[["a"], ["b", "c"]], [["c"], ["a", "b"]]]})",
        "model.stages[1][1]: a and b were parted at a stage before and cannot join again; put them "
        "into groups of their own");
    row("tree", R"({"stages": [[["a", "b", "c"], []], []]})",
        "model.stages[0][1]: a group needs at least one task, found []");
    row("tree", R"({"stages": [["a", "b", "c"], []]})",
        "model.stages[0][0]: expected a list of tasks, found \"a\"");
    row("tree", R"({"stages": "a"})", "model.stages: expected a list of stages, found \"a\"");
    row("hierarchical", R"({"levels": {"a": 3}})",
        "model.levels.a: 3 is above 2, the number of stages");
    row("hierarchical", R"({"levels": {"a": 0}})", "model.levels.a: 0 is below 1");
    row("hierarchical", R"({"levels": {"a": 1.5}})", "model.levels.a: expected a stage, found 1.5");
    row("hierarchical", R"({"levels": {"x": 1}})",
        "model.levels: there is no task \"x\"; there are a, b, c");
    row("hierarchical", R"({"levels": [1]})",
        "model.levels: expected an object of tasks and stages, found [1]");
  }
  void refuses() {
    QFETCH(QString, id);
    QFETCH(QString, params);
    QFETCH(QString, expected);
    QCOMPARE(refusalOf({"a", "b", "c"}, qPrintable(id), json::parse(params.toStdString())),
             expected);
  }

  void anAnalyticProblemHasNoInputs() {
    QCOMPARE(
        refusalOf({"a"}, "hierarchical", json::object(), {0}),
        QString("model.id: hierarchical needs inputs, found [0]; an analytic problem needs the "
                "model point"));
  }
};

EQUIPOISE_TEST(TestBranchedModel)
#include "tst_branched_model.moc"

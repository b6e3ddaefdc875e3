#include "core/model/structure/mtsl.h"

#include <QTest>

#include <set>

#include "core/model/penalty.h"
#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

const json kSizes{{"hidden", {6, 5}}, {"task_epochs", 2}, {"transfer_steps", 3}, {"probe", 20}};

Probe someInputs() {
  return [](std::int64_t count) { return normal({count, 4}, 1); };
}

/// Two tasks that compute the same at the first stage, up to a factor, and a third that looks at
/// another input.
std::unique_ptr<Model> alikeAtFirst() {
  auto model = modelFor("mtsl", kSizes);
  const at::NoGradGuard noGradients;
  const auto values = parametersIn(*model);
  values.at("task.a.0.weight").select(1, 3).zero_();
  values.at("task.b.0.weight").zero_().select(1, 3).copy_(normal({6}, 9));
  for (const char* part : {"weight", "bias"})
    values.at(std::string("task.c.0.") + part)
        .copy_(values.at(std::string("task.a.0.") + part) * 2);
  return model;
}

std::unique_ptr<Model> next(const Model& model, const json& structure) {
  auto made = modelFor("mtsl", kSizes, settingOf(3, {4}, structure));
  made->takeOver(model);
  return made;
}

}  // namespace

class TestMtsl : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void itBeginsAsNetworksOfTasks() {
    const auto x = normal({7, 4}, 1);
    const auto model = modelFor("mtsl", kSizes);
    const auto single = modelFor("single_task", {{"hidden", {6, 5}}});
    QCOMPARE(model->parameters().columns().size(), std::int64_t(0));
    QCOMPARE(model->parameters().count(1), single->parameters().count(1));
    for (const size_t task : {0, 1, 2})
      QVERIFY(predictionOf(*model, task, x).equal(predictionOf(*single, task, x)));
    QVERIFY(model->resting().empty() && !model->hasPenalties());
  }

  /// Similarity is that of the examples, whatever their second views are.
  void similarityIsThatOfTheExamples() {
    const auto model = modelFor("mtsl", kSizes);
    const auto x = normal({7, 4}, 1);
    const auto expected = observedIn(*model, x);
    Observations seen;
    model->represent(at::cat({x, normal({7, 4}, 2)}), {.views = true, .seen = &seen});
    QCOMPARE(seen.all().size(), size_t(2));
    for (const auto& one : seen.all())
      QVERIFY(isNear(one.values, expected.at("similarity." + one.place)));
  }

  /// After its epochs those that are alike get a layer together.
  void alikeTasksShareTheFirstStage() {
    const auto model = alikeAtFirst();
    QVERIFY(!model->due({.epoch = 1.9}, someInputs()));
    const auto structure = *model->due({.step = 40, .epoch = 2}, someInputs());
    const auto expected = json::parse(R"({"phase": "transfer", "stage": 1, "from": 40,
        "stages": [[["a"], ["b"], ["c"]], [["a"], ["b"], ["c"]]], "merging": [["a", "c"]]})");
    QVERIFY2(structure == expected, structure.dump().c_str());
    const auto changed = next(*model, structure);
    const auto values = parametersIn(*changed);
    // It begins as the mean of theirs.
    QVERIFY(largest(values.at("group.a+c.0.weight") - values.at("task.a.0.weight") * 1.5) < 1e-6);
    const auto x = normal({7, 4}, 2);
    QVERIFY(predictionOf(*changed, 0, x).equal(predictionOf(*model, 0, x)));
  }

  /// Σ_k ‖h_group - h_k‖²/N, and nothing else moves.
  void aSharedLayerLearnsWhatTheirsPutOut() {
    const auto x = normal({7, 4}, 2);
    const auto model = alikeAtFirst();
    const auto changed = next(*model, *model->due({.step = 40, .epoch = 2}, someInputs()));
    const auto values = parametersIn(*changed);
    std::vector<Penalty> penalties;
    changed->represent(x, {.training = true, .penalties = &penalties});
    QCOMPARE(penalties.size(), size_t(1));
    QCOMPARE(penalties[0].name, std::string("transfer"));
    const auto at = [&](const char* name) { return at::relu(layerOf(values, name, x)); };
    const auto expected = ((at("group.a+c.0") - at("task.a.0")).square().sum() +
                           (at("group.a+c.0") - at("task.c.0")).square().sum()) /
                          7;
    QVERIFY(std::abs(penalties[0].value.item<double>() - expected.item<double>()) < 1e-4);
    penalties[0].value.backward();
    std::set<std::string> moving;
    for (const auto& info : changed->parameters().infos()) moving.insert(info.name);
    for (const auto index : changed->resting())
      moving.erase(changed->parameters().infos()[index].name);
    QCOMPARE(moving, (std::set<std::string>{"group.a+c.0.weight", "group.a+c.0.bias"}));
    for (const auto& [name, value] : values)
      QCOMPARE(value.grad().defined(), moving.contains(name));
  }

  /// Then the layer stands in the place of theirs, and the next stage is looked at.
  void aSharedLayerReplacesTheirs() {
    const auto x = normal({7, 4}, 2);
    const auto model = alikeAtFirst();
    const auto changed = next(*model, *model->due({.step = 40, .epoch = 2}, someInputs()));
    QVERIFY(!changed->due({.step = 42, .epoch = 2}, someInputs()));
    const auto structure = *changed->due({.step = 43, .epoch = 2}, someInputs());
    QVERIFY(structure.at("stages").at(0) == json::parse(R"([["a", "c"], ["b"]])"));
    const auto after = next(*changed, structure);
    const auto values = parametersIn(*after);
    QVERIFY(!values.contains("task.a.0.weight") && values.contains("task.b.0.weight"));
    const auto h = at::relu(layerOf(values, "group.a+c.0", x));
    const auto z = at::relu(layerOf(values, "task.c.1", h));
    QVERIFY(predictionOf(*after, 2, x).equal(layerOf(values, "head.c.linear-1", z).squeeze(1)));
  }

  /// Where nothing is alike it is done, with the counts of a tree.
  void itEndsWhereNothingIsAlike() {
    auto params = kSizes;
    params["threshold"] = 1;
    const auto model = modelFor("mtsl", params);
    const auto structure = *model->due({.epoch = 2}, someInputs());
    QCOMPARE(structure.at("phase").get<std::string>(), std::string("done"));
    const auto done = modelFor("mtsl", params, settingOf(3, {4}, structure));
    QVERIFY(!done->due({.epoch = 9}, someInputs()) && done->resting().empty());
    const json grown{{"phase", "done"},
                     {"stages", json::parse(R"([[["a", "c"], ["b"]], [["a"], ["b"], ["c"]]])")}};
    const auto tree = modelFor("tree", {{"hidden", {6, 5}}, {"stages", grown["stages"]}});
    const auto found = modelFor("mtsl", kSizes, settingOf(3, {4}, grown));
    for (const Owner owner : {kTrunk - 1, Owner(0), Owner(1), Owner(2)})
      QCOMPARE(found->parameters().count(owner), tree->parameters().count(owner));
  }

  void refusals() {
    QCOMPARE(refusalTo("mtsl", {{"threshold", 1.1}}), QString("model.threshold: 1.1 is above 1"));
    QCOMPARE(refusalTo("mtsl", {{"transfer_steps", 0}}),
             QString("model.transfer_steps: 0 is below 1"));
  }
};

EQUIPOISE_TEST(TestMtsl)
#include "tst_mtsl.moc"

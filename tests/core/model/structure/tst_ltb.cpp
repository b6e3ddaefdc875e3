#include "core/model/structure/ltb.h"

#include <QTest>

#include <cmath>
#include <set>

#include "core/model/observations.h"
#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

const json kSizes{{"hidden", {6, 5}}, {"nodes", 2}, {"warmup", 0.25}, {"fix_at", 0.5}};
const Progress kLater{.step = 3, .epoch = 3, .share = 0.3, .epochs = 10};

/// Tasks a and c go on from node 1 at the top, which stands on node 0; b from node 0 on node 1.
std::unique_ptr<Model> decided() {
  auto model = modelFor("ltb", kSizes);
  const at::NoGradGuard noGradients;
  const auto values = parametersIn(*model);
  values.at("trunk.branch.2")[0][1].fill_(2);
  values.at("trunk.branch.2")[1][0].fill_(2);
  values.at("task.a.branch")[1].fill_(3);
  values.at("task.b.branch")[0].fill_(3);
  values.at("task.c.branch")[1].fill_(3);
  return model;
}

/// The values of everything that is recorded in a pass, by name and place or task.
std::map<std::string, at::Tensor> recordedIn(const Model& model, const at::Tensor& inputs,
                                             const Progress& at, bool training) {
  Observations seen;
  model.represent(inputs, {.training = training, .seen = &seen, .at = at});
  std::map<std::string, at::Tensor> found;
  for (const auto& one : seen.all())
    found[one.name + "." +
          (one.task < 0 ? one.place : std::string(1, static_cast<char>('a' + one.task)))] =
        one.values;
  return found;
}

}  // namespace

class TestLtb : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void sizesAreThoseOfTheSheet() {
    const auto model = modelFor("ltb", {{"hidden", {6, 5}}});  // as many nodes as tasks
    const std::int64_t base = 4 * 6 + 6 + 6 * 5 + 5;
    QCOMPARE(model->parameters().count(kTrunk), 3 * base + 3 * 3);
    QCOMPARE(model->parameters().count(0), std::int64_t(3 + 5 + 1));
    for (const auto& info : model->parameters().infos())
      QCOMPARE(info.architecture, info.name.find("branch") != std::string::npos);
  }

  /// Without training the likeliest way, by hand; of equal ones the first.
  void evaluationGoesTheLikeliestWay() {
    const auto x = normal({7, 4}, 1);
    const auto model = decided();
    const auto values = parametersIn(*model);
    const auto by = [&](int below, int above, const char* task) {
      const auto node = [](int number, int stage) {
        return "trunk.node." + std::to_string(number) + "." + std::to_string(stage);
      };
      const auto h =
          at::relu(layerOf(values, node(above, 1), at::relu(layerOf(values, node(below, 0), x))));
      return layerOf(values, std::string("head.") + task + ".linear-1", h).squeeze(1);
    };
    QVERIFY(predictionOf(*model, 0, x).equal(by(0, 1, "a")));
    QVERIFY(predictionOf(*model, 1, x).equal(by(1, 0, "b")));
    QVERIFY(predictionOf(*modelFor("ltb", kSizes), 2, x).equal([&] {
      const auto fresh = parametersIn(*modelFor("ltb", kSizes));
      const auto h =
          at::relu(layerOf(fresh, "trunk.node.0.1", at::relu(layerOf(fresh, "trunk.node.0.0", x))));
      return layerOf(fresh, "head.c.linear-1", h).squeeze(1);
    }()));
  }

  void atFirstAllNodesAreReadAlike() {
    const auto found = recordedIn(*decided(), normal({7, 4}, 1), {.share = 0.24}, true);
    for (const char* name : {"branch.2", "branch.a", "branch.c"})
      QVERIFY((found.at(name) == 0.5).all().item<bool>());
  }

  /// One of them afterwards, as often as softmax says, and another draw at every step.
  void thenOneIsDrawn() {
    const auto x = normal({2, 4}, 1);
    const auto model = decided();
    int first = 0;
    const int draws = 2000;
    for (int i = 0; i < draws; ++i) {
      const auto branch = recordedIn(*model, x, kLater, true).at("branch.2");
      QVERIFY(((branch == 0) + (branch == 1)).all().item<bool>());
      QVERIFY((branch.sum(1) == 1).all().item<bool>());
      first += branch[0][0].item<double>() == 1;
    }
    const double p = 1 / (1 + std::exp(2.0));  // whatever the temperature
    QVERIFY(std::abs(first - draws * p) < 5 * std::sqrt(draws * p * (1 - p)));
  }

  /// The draws of a step come again from the state of before, and no other stream moves.
  void drawsAreReplayed() {
    const auto x = normal({7, 4}, 1);
    const auto model = modelFor("ltb", kSizes);
    const auto state = model->randomState();
    QVERIFY(state.contains("gumbel") && state.contains("dropout"));
    const Pass training{.training = true, .at = kLater};
    const auto once = predictionOf(*model, 0, x, training);
    QVERIFY(model->randomState().at("dropout").equal(state.at("dropout")));
    QVERIFY(!model->randomState().at("gumbel").equal(state.at("gumbel")));
    model->restoreRandomState(state);
    // Whoever else takes part.
    const std::vector<char> active{1, 0, 0};
    auto alone = training;
    alone.active = &active;
    QVERIFY(predictionOf(*model, 0, x, alone).equal(once));
  }

  /// The forward pass is that of the drawn branch, the gradient that of its softmax.
  void gradientsAreStraightThrough() {
    const auto x = normal({7, 4}, 1);
    const auto model = modelFor("ltb", {{"hidden", {5}}, {"nodes", 2}, {"warmup", 0}, {"tau", 2}});
    const auto values = parametersIn(*model);
    const auto state = model->randomState();
    Observations seen;
    const Pass pass{.training = true, .seen = &seen, .at = kLater};
    predictionOf(*model, 0, x, pass).sum().backward();
    const auto drawn = seen.all().at(0).values;
    std::vector<at::Tensor> through;
    for (const char* node : {"0", "1"}) {
      const auto h = at::relu(layerOf(values, std::string("trunk.node.") + node + ".0", x));
      through.push_back(h.mm(values.at("head.a.linear-1.weight").t()).sum());
    }
    // Which softmax it was: that of one noise at τ = 2 · 10/20/√4.
    const double difference = (through[0] - through[1]).item<double>();
    const auto found = values.at("task.a.branch").grad();
    QVERIFY(std::abs(found.sum().item<double>()) < 1e-6);
    const double slope = found[0].item<double>() / difference;  // s (1 - s)/τ
    QVERIFY(slope > 0 && slope <= 0.25 / 0.5 + 1e-6);
    QCOMPARE(drawn.sum().item<double>(), 1.0);
    // A node that nobody picks has no gradient.
    const auto unpicked =
        drawn[0].item<double>() == 1 ? "trunk.node.1.0.weight" : "trunk.node.0.0.weight";
    QVERIFY((values.at(unpicked).grad() == 0).all().item<bool>());
  }

  void entropyIsThatOfTheBranches() {
    const auto x = normal({2, 4}, 1);
    const auto even = recordedIn(*modelFor("ltb", kSizes), x, kLater, true).at("entropy.2");
    QVERIFY(std::abs(even.item<double>() - std::log(2.0)) < 1e-6);
    const double p = 1 / (1 + std::exp(2.0)), q = 1 - p;
    const auto found = recordedIn(*decided(), x, kLater, true).at("entropy.2").item<double>();
    QVERIFY(std::abs(found + p * std::log(p) + q * std::log(q)) < 1e-6);
  }

  void itSettlesAtItsShareOfTheRun() {
    const auto model = decided();
    const Probe none = [](std::int64_t) { return at::Tensor(); };
    QVERIFY(!model->due({.share = 0.49}, none));
    QVERIFY(!modelFor("ltb", {{"hidden", {6}}, {"fix_at", 1}})->due({.share = 1}, none));
    const auto structure = model->due({.share = 0.5}, none);
    QVERIFY(structure.has_value());
    const auto expected = json::parse(
        R"({"stages": [[["a", "c"], ["b"]], [["a", "c"], ["b"]]], "nodes": [[0, 1], [1, 0]]})");
    QVERIFY2(*structure == expected, structure->dump().c_str());
  }

  /// The tree has the counts of `tree`, and says what the drawn network said.
  void theTreeGoesOnFromTheNodes() {
    const auto x = normal({7, 4}, 1);
    const auto model = decided();
    const auto structure = *model->due({.share = 0.5}, {});
    const auto settled = modelFor("ltb", kSizes, settingOf(3, {4}, structure));
    settled->takeOver(*model);
    QVERIFY(settled->structure() == structure);
    QVERIFY(!settled->due({.share = 0.9}, {}));
    for (const size_t task : {0, 1, 2})
      QVERIFY(predictionOf(*settled, task, x).equal(predictionOf(*model, task, x)));
    const auto tree = modelFor("tree", {{"hidden", {6, 5}}, {"stages", structure["stages"]}});
    std::set<std::string> names, expected;
    for (const auto& info : settled->parameters().infos()) names.insert(info.name);
    for (const auto& info : tree->parameters().infos()) expected.insert(info.name);
    QCOMPARE(names, expected);
    QCOMPARE(settled->parameters().values().numel(), tree->parameters().values().numel());
    QCOMPARE(settled->groups(), (std::vector<std::vector<size_t>>{{0, 2}}));
  }

  void refusals() {
    QCOMPARE(refusalTo("ltb", {{"nodes", 0}}), QString("model.nodes: 0 is below 1"));
    QCOMPARE(refusalTo("ltb", {{"fix_at", 1.5}}), QString("model.fix_at: 1.5 is above 1"));
    QCOMPARE(refusalTo("ltb", {{"tau", 0}}), QString("model.tau: 0 is not above 0"));
  }
};

EQUIPOISE_TEST(TestLtb)
#include "tst_ltb.moc"

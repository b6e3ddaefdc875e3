#include "core/model/structure/adapted_base.h"

#include <QTest>

#include "core/model/penalty.h"
#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

const json kSizes{{"hidden", {6, 5}}};

/// Of the first task, in one of the models that stand on the base.
at::Tensor fill(const Model& model, const std::string& name, std::uint64_t seed) {
  const at::NoGradGuard noGradients;
  const auto values = parametersIn(model);
  return values.at(name).copy_(normal(values.at(name).sizes().vec(), seed));
}

}  // namespace

/// `taps` and `computation_sharing`: what a task adds to the weights of a common base.
class TestAdaptedBase : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void sizesAreThoseOfTheSheet() {
    const auto taps = modelFor("taps", kSizes);
    const std::int64_t weights = 4 * 6 + 6 * 5, base = weights + 6 + 5, head = 5 + 1;
    QCOMPARE(taps->parameters().count(kTrunk), base);
    for (const Owner task : {0, 1, 2}) QCOMPARE(taps->parameters().count(task), weights + 2 + head);
    const auto sharing = modelFor("computation_sharing", {{"hidden", {6, 5}}, {"primary", 1}});
    QCOMPARE(sharing->parameters().count(kTrunk), base);
    QCOMPARE(sharing->parameters().count(0), weights + head);
    QCOMPARE(sharing->parameters().count(1), head);
    const auto fixed = modelFor("taps", {{"hidden", {6, 5}}, {"train_base", false}});
    QCOMPARE(fixed->parameters().count(kTrunk), base);
    QCOMPARE(fixed->parameters().columns().size(), std::int64_t(0));
  }

  void theyBeginAsHardSharing() {
    const auto x = normal({7, 4}, 1);
    const auto plain = modelFor("mlp", kSizes);
    for (const char* id : {"taps", "computation_sharing"}) {
      const auto model = modelFor(id, kSizes);
      for (const size_t task : {0, 1, 2})
        QVERIFY(predictionOf(*model, task, x).equal(predictionOf(*plain, task, x)));
    }
  }

  /// By hand, with a stage that is adapted and one whose indicator lies below 0.1.
  void aTaskAddsItsDifferenceWhereItsIndicatorSaysSo() {
    const auto x = normal({7, 4}, 1);
    const auto model = modelFor("taps", kSizes);
    const auto values = parametersIn(*model);
    const auto first = fill(*model, "task.b.delta.0", 2);
    fill(*model, "task.b.delta.1", 3);
    {
      const at::NoGradGuard noGradients;
      values.at("task.b.indicator.0").fill_(0.1);
      values.at("task.b.indicator.1").fill_(0.0999);
    }
    const auto below =
        at::relu(at::linear(x, values.at("trunk.0.weight") + first, values.at("trunk.0.bias")));
    const auto h = at::relu(layerOf(values, "trunk.1", below));
    QVERIFY(largest(predictionOf(*model, 1, x) - layerOf(values, "head.b.linear-1", h).squeeze(1)) <
            1e-6);
    // The others go through the base.
    const auto plain = modelFor("mlp", kSizes);
    QVERIFY(predictionOf(*model, 0, x).equal(predictionOf(*plain, 0, x)));
  }

  /// ∂L/∂s = <∂L/∂W, δ>, also where the stage is not adapted.
  void theGradientOfAnIndicatorIsStraightThrough() {
    const auto x = normal({7, 4}, 1);
    for (const double s : {0.3, 0.02}) {
      const auto model = modelFor("taps", kSizes);
      const auto values = parametersIn(*model);
      const auto delta = fill(*model, "task.a.delta.0", 2).detach().clone();
      {
        const at::NoGradGuard noGradients;
        values.at("task.a.indicator.0").fill_(s);
      }
      predictionOf(*model, 0, x).square().sum().backward();
      const auto expected = (values.at("trunk.0.weight").grad() * delta).sum().item<double>();
      const auto found = values.at("task.a.indicator.0").grad().item<double>();
      QVERIFY(std::abs(expected) > 1e-3);
      QVERIFY(std::abs(found - expected) < 1e-5 * std::abs(expected));
      const auto ofDelta = values.at("task.a.delta.0").grad();
      QVERIFY(ofDelta.equal(values.at("trunk.0.weight").grad() * (s >= 0.1 ? 1.0 : 0.0)));
    }
  }

  void thePenaltyWaitsForItsEpoch() {
    const auto model = modelFor("taps", {{"hidden", {6, 5}}, {"sparsity", 0.5}, {"warmup", 2}});
    QVERIFY(model->hasPenalties());
    const auto penaltyAt = [&](double epoch) {
      std::vector<Penalty> penalties;
      model->penalise({.penalties = &penalties, .at = {.epoch = epoch}});
      return penalties.at(0).value.item<double>();
    };
    QCOMPARE(penaltyAt(1.99), 0.0);
    QVERIFY(std::abs(penaltyAt(2) - 0.5 * 6 * 0.15) < 1e-6);  // 3 tasks, 2 stages
    QVERIFY(!modelFor("taps", {{"hidden", {6}}, {"sparsity", 0}})->hasPenalties());
  }

  /// ⌈keep · w⌉ numbers stay, the largest; of equal ones the first.
  void theSmallestDifferencesAreCleared() {
    const auto model =
        modelFor("computation_sharing", {{"hidden", {25, 5}}, {"keep", 0.07}, {"dense_steps", 2}});
    const auto delta = fill(*model, "task.b.delta.0", 2);  // 100 numbers
    QVERIFY(model->afterStep({.step = 1}).empty());
    const auto cleared = model->afterStep({.step = 2});
    QCOMPARE(cleared.size(), size_t(4));  // of two tasks and two stages
    QCOMPARE(model->parameters().infos()[cleared[0].parameter].name, std::string("task.b.delta.0"));
    const auto stays = cleared[0].where.logical_not();
    QCOMPARE(stays.sum().item<std::int64_t>(), std::int64_t(7));
    QVERIFY(delta.masked_select(stays).abs().min().item<double>() >=
            delta.masked_select(cleared[0].where).abs().max().item<double>());
    // All of c are 0 still.
    const auto ofEqual = cleared[2].where.flatten();
    QVERIFY(!ofEqual.narrow(0, 0, 7).any().item<bool>());
    QVERIFY(ofEqual.narrow(0, 7, 93).all().item<bool>());
  }

  void refusals() {
    QCOMPARE(refusalTo("computation_sharing", {{"primary", 3}}),
             QString("model.primary: 3 is above 2, the number of the last task"));
    QCOMPARE(refusalTo("computation_sharing", {{"keep", 0}}),
             QString("model.keep: 0 is not above 0"));
    QCOMPARE(refusalTo("taps", {{"sparsity", -1}}), QString("model.sparsity: -1 is below 0"));
    QCOMPARE(refusalTo("taps", {{"base", "cnn"}}),
             QString("model.base: cnn needs images [channels, height, width], found inputs [4]"));
  }
};

EQUIPOISE_TEST(TestAdaptedBase)
#include "tst_adapted_base.moc"

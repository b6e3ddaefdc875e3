#include <cmath>

#include <QTest>

#include <ATen/ops/softplus.h>

#include "core/model/catalog.h"
#include "core/train/front/posteriors.h"
#include "core/train/front_variants.h"
#include "tests/core/train/front/front_support.h"

using namespace eq::test;
using eq::train::ofSample;
using eq::train::Posteriors;
using eq::train::Trainer;
using nlohmann::json;

namespace {

constexpr double kNear = 1e-5;

/// Two tasks of two epochs each, of one step, with two priors.
json ibcl(const json& changes = json::object()) {
  json method{{"id", "ibcl"},
              {"priors", {0.1, 1.0}},
              {"epochs_per_task", 2},
              {"front_points", 3},
              {"merge_distance", 0}};
  method.update(changes);
  return method;
}

eq::train::Experiment inTurn(const json& changes = json::object(),
                             const json& others = json::object()) {
  return frontExperiment(ibcl(changes), others);
}

/// μ or ρ of a task and prior, by the model's names. \param part 0: μ, 1: ρ.
Values posteriorOf(const eq::train::Snapshot& snapshot, int task, int prior, int part) {
  const auto prefix = "model.member." + std::to_string(2 * (2 * task + prior) + part) + ".";
  Values values;
  for (const auto& [name, tensor] : snapshot.tensors)
    if (name.starts_with(prefix)) values[name.substr(prefix.size())] = tensor.to(at::kDouble);
  return values;
}

double largest(const Values& values) {
  double most = 0;
  for (const auto& [name, value] : values) most = std::max(most, value.abs().max().item<double>());
  return most;
}

Values minus(const Values& a, const Values& b) {
  Values difference;
  for (const auto& [name, value] : a) difference[name] = value - b.at(name);
  return difference;
}

std::unique_ptr<eq::model::Model> smallNet(std::uint64_t seed) {
  eq::model::Setting setting;
  setting.inputShape = {2};
  setting.tasks = {{"a", eq::TaskKind::regression, 1, {}, {}, {}},
                   {"b", eq::TaskKind::regression, 1, {}, {}, {}}};
  setting.seed = seed;
  setting.type = at::kDouble;
  return eq::model::catalog().create("mlp", {{"hidden", {3}}}, "model", setting);
}

}  // namespace

/// Tasks one after another, as Gaussians over the parameters.
class TestIbcl : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  /// Far from the data the gradients are those of KL/N alone: a task without a weight.
  void theDivergenceHasItsGradient() {
    Trainer trainer(
        inTurn(json::object(), {{"tasks", {{{"name", "a"}, {"weight", 0}}, {{"name", "b"}}}}}),
        schemeProblem());
    const auto before = trainer.snapshot();
    trainSteps(trainer, 1);
    const auto after = trainer.snapshot();
    for (const int prior : {0, 1}) {
      const double precision = prior == 0 ? 100 : 1;
      const auto mean = posteriorOf(before, 0, prior, 0), spread = posteriorOf(before, 0, prior, 1);
      Values ofMean, ofSpread;
      for (const auto& [name, value] : mean) {
        const auto rho = spread.at(name), sigma = at::softplus(rho);
        ofMean[name] = value - kFrontRate * value * precision / kSchemeExamples;
        ofSpread[name] =
            rho - kFrontRate * (sigma * precision - 1 / sigma) * rho.sigmoid() / kSchemeExamples;
      }
      QVERIFY(largest(minus(ofMean, posteriorOf(after, 0, prior, 0))) < kNear);
      QVERIFY(largest(minus(ofSpread, posteriorOf(after, 0, prior, 1))) < kNear);
    }
  }

  /// The loss's gradient in ρ is that in μ times ε and the slope of σ.
  void theDrawIsReparametrised() {
    Trainer with(inTurn(), schemeProblem());
    Trainer without(
        inTurn(json::object(), {{"tasks", {{{"name", "a"}, {"weight", 0}}, {{"name", "b"}}}}}),
        schemeProblem());
    const auto spread = posteriorOf(with.snapshot(), 0, 0, 1);
    trainSteps(with, 1);
    trainSteps(without, 1);
    const auto a = with.snapshot(), b = without.snapshot();
    const auto inMean = minus(posteriorOf(a, 0, 0, 0), posteriorOf(b, 0, 0, 0));
    const auto inSpread = minus(posteriorOf(a, 0, 0, 1), posteriorOf(b, 0, 0, 1));
    QVERIFY(largest(inMean) > 1e-3);
    double count = 0, sum = 0, squares = 0;
    for (const auto& [name, slope] : inMean) {
      const auto moved = slope.abs() > 1e-3;
      const auto epsilon =
          (inSpread.at(name) / (slope * spread.at(name).sigmoid())).masked_select(moved);
      count += static_cast<double>(epsilon.numel());
      sum += epsilon.sum().item<double>();
      squares += epsilon.square().sum().item<double>();
    }
    QVERIFY(count > 10);
    QVERIFY(std::abs(sum / count) < 1);
    QVERIFY2(squares / count > 0.3 && squares / count < 3,
             qPrintable(QString::number(squares / count)));
  }

  void tasksComeOneAfterAnother() {
    Trainer trainer(inTurn(), schemeProblem());
    const auto records = trainSteps(trainer, 6);
    for (int i = 0; i < 6; ++i) {
      const bool first = i < 2;
      QCOMPARE(records[i].weights, (first ? std::vector<double>{1, 0} : std::vector<double>{0, 1}));
      QCOMPARE(records[i].preferences.size(), 2U);
      QCOMPARE(records[i].preferences[1].values, records[i].weights);
    }
  }

  void aTaskBeginsWithThePosteriorsOfTheOneBefore() {
    Trainer trainer(inTurn(), schemeProblem());
    trainSteps(trainer, 2);
    const auto ended = trainer.snapshot();
    trainSteps(trainer, 1);
    const auto begun = trainer.snapshot();
    QVERIFY(largest(minus(posteriorOf(begun, 0, 1, 0), posteriorOf(ended, 0, 1, 0))) == 0);
    // Its own prior's gradient is 0 in the head of the other task, which its loss does not reach.
    Values moved = minus(posteriorOf(begun, 1, 1, 0), posteriorOf(ended, 0, 1, 0));
    for (auto& [name, value] : moved)
      if (name.starts_with("head.a")) QVERIFY(value.abs().max().item<double>() == 0);
    QVERIFY(largest(moved) > 0);
  }

  void aTaskThatHasNotBegunCountsAsTheOneInTurn() {
    Trainer trainer(inTurn(), schemeProblem());
    trainSteps(trainer, 2);
    const auto split = eq::train::SplitName::validation;
    const auto front = trainer.front(split, {{1, 0}, {.3, .7}});
    QCOMPARE(front[0].tasks[0].at("loss"), front[1].tasks[0].at("loss"));
    trainSteps(trainer, 2);
    const auto later = trainer.front(split, {{1, 0}, {.3, .7}});
    QVERIFY(later[0].tasks[0].at("loss") != later[1].tasks[0].at("loss"));
  }

  void thePlainModelIsTheMixtureOfMeans() {
    Trainer trainer(inTurn(), schemeProblem());
    trainSteps(trainer, 4);
    const auto snapshot = trainer.snapshot();
    const auto plain = trainer.plainSnapshot({.3, .7});
    for (const auto& [name, value] : posteriorOf(snapshot, 0, 0, 0)) {
      auto expected = at::zeros_like(value);
      for (const int task : {0, 1})
        for (const int prior : {0, 1})
          expected += (task == 0 ? .15 : .35) * posteriorOf(snapshot, task, prior, 0).at(name);
      QVERIFY((expected - plain.tensors.at("model." + name)).abs().max().item<double>() < 1e-6);
    }
  }

  /// Of a large number of draws the widest come near to the edge of the region, none beyond.
  void samplesLieInTheBox() {
    const auto start = [](size_t prior) { return smallNet(prior + 1); };
    const Posteriors posteriors(2, {0.5, 1.5}, start, at::kDouble);
    const auto network = smallNet(3);
    posteriors.mixInto(*network, {.4, .6});
    const auto middle = network->parameters().values().clone();
    const double reach = 1.5, sigma = (0.05 + 0.15) / 2;
    double widest = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      posteriors.boxInto(*network, {.4, .6}, reach, seed);
      widest =
          std::max(widest, (network->parameters().values() - middle).abs().max().item<double>());
    }
    QVERIFY(widest <= reach * sigma + 1e-9);
    QVERIFY(widest > 0.95 * reach * sigma);
  }

  void nearPosteriorsPointToStoredOnes() {
    const auto start = [](size_t prior) { return smallNet(prior + 1); };
    Posteriors near(3, {0.5, 1.5}, start, at::kDouble);
    near.beginNext(1e9);
    QVERIFY((near.state()["places"] == json::parse("[[[0, 0], [0, 0]]]")));
    Posteriors far(3, {0.5, 1.5}, start, at::kDouble);
    far.beginNext(0);
    far.beginNext(1e-9);  // nothing was trained since: equal to those of the first task
    QVERIFY((far.state()["places"] == json::parse("[[[0, 0], [0, 1]], [[0, 0], [0, 1]]]")));
    QCOMPARE(far.begun(), 2U);
  }

  void samplesOfAFrontAreTheSameEachTime() {
    Trainer trainer(inTurn({{"samples", 3}}), schemeProblem());
    trainSteps(trainer, 3);
    const auto split = eq::train::SplitName::validation;
    const auto front = trainer.front(split, {{1, 0}, {.5, .5}});
    const auto& metrics = front[0].tasks[0];
    const auto lossOf = [&](int sample) { return metrics.at(ofSample("loss", sample)); };
    QVERIFY(lossOf(0) != lossOf(1) && lossOf(0) != metrics.at("loss"));
    QVERIFY(!metrics.contains(ofSample("loss", 3)));
    QCOMPARE(trainer.front(split, {{1, 0}})[0].tasks, front[0].tasks);
    // An evaluation draws none.
    QVERIFY(!trainer.evaluate(split).front[0].tasks[0].contains(ofSample("loss", 0)));
  }

  void resumeGoesOnToTheBit() {
    const auto experiment =
        inTurn({{"merge_distance", 1e-3}},
               {{"model", {{"dropout", 0.2}}},
                {"batch_size", 16},
                {"optimizer", {{"id", "adam"}, {"lr", 0.01}, {"momentum", nullptr}}}});
    for (const int until : {5, 6, 8})  // before, at and after the second task's turn
      QCOMPARE(whatResumeChanges(experiment, schemeProblem(), until, 5), std::string());
  }

  void aTaskThatTheRunEndsBeforeIsNamed() {
    Trainer trainer(inTurn({{"epochs_per_task", 10}}), schemeProblem());
    trainSteps(trainer, 1);
    const auto events = trainer.takeEvents();
    QCOMPARE(events.size(), 1U);
    QVERIFY2(events[0].text.starts_with("b: ibcl: its turn begins after epoch 10, and the run has "
                                        "10: it is not trained"),
             events[0].text.c_str());
    Trainer both(inTurn({{"epochs_per_task", 9}}), schemeProblem());
    trainSteps(both, 1);
    QVERIFY(both.takeEvents().empty());
  }

  void whatDoesNotFitIsRefused() {
    const auto refusal = [](const json& changes, const json& others = json::object()) {
      return errorOf([&] { Trainer(inTurn(changes, others), schemeProblem()); });
    };
    QVERIFY(refusal({{"priors", json::array()}}).starts_with("pareto.priors: needs at least one"));
    for (const auto& wrong : {json{{"priors", {0.1, 0}}}, json{{"alpha", 1}}, json{{"samples", 0}},
                              json{{"merge_distance", -1}}, json{{"interval", "other"}}})
      QVERIFY2(refusal(wrong).starts_with("pareto." + wrong.begin().key()), refusal(wrong).c_str());
  }
};

EQUIPOISE_TEST(TestIbcl)
#include "tst_ibcl.moc"

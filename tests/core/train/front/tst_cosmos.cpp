#include <QTest>

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include "core/metric/pareto/cosmos.h"
#include "core/train/command.h"
#include "tests/core/train/front/front_support.h"

using namespace eq::test;
using eq::metric::cosmosLoss;
using eq::metric::Point;
using eq::train::Trainer;
using nlohmann::json;

namespace {

constexpr double kClose = 2e-5;  ///< of float32 steps against float64, relative to the largest

json cosmos(const json& parameters = json::object()) {
  json method{{"id", "cosmos"}};
  method.update(parameters);
  return method;
}

/// The training examples with the preference behind their numbers.
eq::data::Problem withRow(eq::data::Problem problem, const Point& alpha) {
  auto& inputs = problem.train.inputs;
  const auto row = at::tensor(alpha, at::kDouble).to(inputs.scalar_type());
  inputs = at::cat({inputs, row.unsqueeze(0).expand({inputs.size(0), row.size(0)})}, 1);
  return problem;
}

/// Σ α_k L_k − λ cos(α, L) by autograd.
LossOfValues lossOfCosmos(const Point& alpha, double lambda, const eq::data::Problem& problem) {
  return [=](const Values& values) {
    const auto a = entropyOfTask("a", problem)(values), b = entropyOfTask("b", problem)(values);
    const auto dot = alpha[0] * a + alpha[1] * b;
    const double length = std::hypot(alpha[0], alpha[1]);
    return dot - lambda * dot / (length * (a * a + b * b).sqrt());
  };
}

}  // namespace

class TestCosmos : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  void theNumbersAreThoseOfTheSheet() {
    QVERIFY(std::abs(cosmosLoss({.3, .7}, {.5, 1.2}, 2).value - -1.009898) < 1e-6);
    const auto found = cosmosLoss({.3, .7}, {2, .5}, 2);
    QVERIFY(std::abs(found.cosine - 0.605083) < 1e-6);
    QVERIFY(std::abs(found.value - -0.260167) < 1e-6);
    const auto zero = cosmosLoss({.3, .7}, {0, 0}, 2);
    QCOMPARE(zero.cosine, 0.0);
    QCOMPARE(zero.gradient, (Point{.3, .7}));
  }

  void theGradientIsThatOfTheValue() {
    const Point alpha{.2, .5, .3};
    for (size_t k = 0; k < 3; ++k) {
      const auto valueAt = [&](double by) {
        Point losses{2, .5, 1};
        losses[k] += by;
        return cosmosLoss(alpha, losses, 3).value;
      };
      const double slope = (valueAt(1e-6) - valueAt(-1e-6)) / 2e-6;
      QVERIFY(std::abs(cosmosLoss(alpha, {2, .5, 1}, 3).gradient[k] - slope) < 1e-8);
    }
  }

  void aStepIsThatOfTheFormula_data() {
    QTest::addColumn<double>("lambda");
    for (const double lambda : {0.0, 2.0, 8.0})
      QTest::newRow(qPrintable(QString::number(lambda))) << lambda;
  }
  void aStepIsThatOfTheFormula() {
    QFETCH(double, lambda);
    const auto problem = schemeProblem();
    Trainer trainer(frontExperiment(cosmos({{"lambda", lambda}})), problem);
    trainSteps(trainer, 3);
    const auto before = valuesOf(trainer.snapshot());
    eq::train::StepRecord record;
    const auto update = updateOfFrontStep(trainer, record);
    QCOMPARE(record.preferences.size(), size_t{1});
    const auto alpha = record.preferences[0].values;
    const auto read = withRow(problem, alpha);
    QVERIFY(distance(gradientOf(lossOfCosmos(alpha, lambda, read), before), update) < kClose);
    const auto weights = cosmosLoss(alpha, record.losses, lambda).gradient;
    for (size_t k = 0; k < 2; ++k) QVERIFY(std::abs(record.weights[k] - weights[k]) < kClose);
  }

  /// The trunk reads a number a task more; its dropout and the run's metrics are as ever.
  void theNetworkReadsThePreference() {
    Trainer trainer(frontExperiment(cosmos({{"front_points", 3}})), schemeProblem());
    QCOMPARE(trainer.snapshot().tensors.at("model.trunk.0.weight").sizes().vec(),
             (std::vector<std::int64_t>{6, 4}));
    trainSteps(trainer, 5);
    const auto found = trainer.evaluate(eq::train::SplitName::validation);
    QCOMPARE(found.front[1].tasks, found.tasks);
    QVERIFY(found.front[0].tasks != found.tasks);
  }

  void imagesGetAChannelATask() {
    auto problem = schemeProblem();
    problem.inputShape = {1, 4, 4};
    problem.train.inputs = problem.train.inputs.repeat({1, 8}).view({-1, 1, 4, 4});
    problem.validation = problem.test = problem.train;
    const json cnn{{"id", "cnn"}, {"channels", {3}}, {"hidden", 5}};
    Trainer trainer(frontExperiment(cosmos(), {{"model", cnn}}), problem);
    QCOMPARE(trainer.snapshot().tensors.at("model.trunk.0.weight").size(1), 3);
    QVERIFY(std::isfinite(trainSteps(trainer, 2)[1].losses[0]));
    QVERIFY(errorOf([&] {
              trainer.plainSnapshot({.5, .5});
            })
                .starts_with("--preference: cosmos with the model cnn reads the preference in "
                             "trunk.0.weight"));
  }

  void thePlainModelIsThatOfTheFront() {
    const auto problem = schemeProblem();
    Trainer trainer(frontExperiment(cosmos()), problem);
    trainSteps(trainer, 5);
    const Point preference{.3, .7};
    auto experiment = trainer.experiment();
    experiment.pareto = {};
    Trainer plain(experiment, problem);
    plain.restore(trainer.plainSnapshot(preference));
    const auto split = eq::train::SplitName::validation;
    const auto ours = plain.evaluate(split).tasks;
    const auto theirs = trainer.front(split, {preference})[0].tasks;
    for (size_t k = 0; k < 2; ++k)
      QVERIFY(std::abs(ours[k].at("loss") - theirs[k].at("loss")) < 1e-6);
  }

  void theEndsOfTheFrontServeTheirTasks() {
    Trainer trainer(frontExperiment(cosmos({{"front_points", 3}, {"lambda", 0}}),
                                    {{"optimizer", {{"lr", 0.1}}}}),
                    schemeProblem());
    trainSteps(trainer, 600);
    const auto ends = trainer.front(eq::train::SplitName::train, {{1, 0}, {0, 1}});
    // Each end is better at its own preference than the other end, both together: what it is
    // trained for. A single task may still do better at the other's, where the two hardly conflict.
    const auto lossAtEnd = [&](size_t end, size_t task) {
      return ends[end].tasks[task].at("loss");
    };
    QVERIFY(lossAtEnd(0, 0) + lossAtEnd(1, 1) < lossAtEnd(1, 0) + lossAtEnd(0, 1));
  }

  void resumeGoesOnToTheBit() {
    const auto experiment = frontExperiment(
        cosmos(),
        {{"model", {{"dropout", 0.2}}}, {"batch_size", 16}, {"conflict", {{"every", 3}}}});
    QCOMPARE(whatResumeChanges(experiment, schemeProblem(), 5, 6), std::string());
  }

  void aLossIsSwappedWhileItTrains() {
    Trainer trainer(frontExperiment(cosmos()), schemeProblem());
    trainSteps(trainer, 3);
    trainer.apply(eq::train::Command::setLoss(0, {"arcface"}));
    QVERIFY(std::isfinite(trainSteps(trainer, 2)[1].losses[0]));
  }
};

EQUIPOISE_TEST(TestCosmos)
#include "tst_cosmos.moc"

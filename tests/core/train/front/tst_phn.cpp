#include <QTest>

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/gradient/engine.h"
#include "core/model/catalog.h"
#include "core/train/command.h"
#include "core/train/front/hyper_network.h"
#include "tests/core/train/front/front_support.h"

using namespace eq::test;
using eq::metric::Point;
using eq::train::Trainer;
using nlohmann::json;

namespace {

constexpr double kClose = 3e-5;  ///< of float32 steps against float64, relative to the largest

json phn(const json& parameters = json::object()) {
  json method{{"id", "phn"}, {"hidden", 7}, {"layers", 2}};
  method.update(parameters);
  return method;
}

/// θ(α) of the hyper-network's values, with a graph, in the shapes of the model's.
Values generated(const Values& hyper, const Point& alpha, const Values& shapes) {
  const auto layer = [&](const std::string& name, const at::Tensor& x) {
    return hyper.at(name + ".weight").mv(x) + hyper.at(name + ".bias");
  };
  auto x = layer("hyper.0", at::tensor(alpha, at::kDouble)).relu();
  x = layer("hyper.1", x);
  Values made;
  for (const auto& [name, value] : shapes)
    made[name] = layer("hyper." + name, x).view(value.sizes());
  return made;
}

/// Of the model that the trainer holds at one preference.
Values shapesOf(const Trainer& trainer) {
  return valuesOf(trainer.plainSnapshot({.5, .5}));
}

LossOfValues lossAt(const Point& alpha, const std::string& task, const Values& shapes,
                    const eq::data::Problem& problem) {
  return [=](const Values& hyper) {
    return entropyOfTask(task, problem)(generated(hyper, alpha, shapes));
  };
}

}  // namespace

class TestPhn : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  /// In float64, by finite differences of the loss in each of the hyper-network's numbers.
  void gradientsComeThroughTheHyperNetwork() {
    eq::model::Setting setting;
    setting.inputShape = {2};
    setting.tasks = {{"a", eq::TaskKind::regression, 1, {}, {}, {}},
                     {"b", eq::TaskKind::regression, 1, {}, {}, {}}};
    setting.type = at::kDouble;
    const auto network = eq::model::catalog().create(
        "mlp", {{"hidden", {2}}, {"activation", "tanh"}}, "model", setting);
    eq::train::HyperNetwork hyper(*network, {2, 3, 3}, 5, at::kDouble);
    const Point alpha{.3, .7};
    const auto inputs = at::linspace(-1, 1, 14, at::kDouble).view({7, 2});
    const eq::gradient::Engine engine(*network);
    const auto pass = [&] {
      hyper.generateInto(*network, alpha);
      return engine.forward(
          inputs,
          [&](size_t k, const eq::model::HeadOutput& output) {
            return (output.prediction - inputs.select(1, k).sin()).square().mean();
          },
          {1, 1}, eq::gradient::Purpose::sum);
    };
    const auto value = [&] {
      const auto found = pass();
      return alpha[0] * found.losses[0].item<double>() + alpha[1] * found.losses[1].item<double>();
    };
    auto forward = pass();
    const auto gradients = hyper.pulled(engine.backward(forward, alpha, alpha), alpha);
    const at::NoGradGuard noGradients;
    for (size_t i = 0; i < gradients.size(); ++i) {
      const auto values = hyper.parameters().tensor(i).detach().view({-1});
      const auto gradient = gradients[i].reshape({-1});
      for (std::int64_t j = 0; j < values.numel(); ++j) {
        const double before = values[j].item<double>();
        const auto valueAt = [&](double by) {
          values[j].fill_(before + by);
          const double found = value();
          values[j].fill_(before);
          return found;
        };
        const double slope = (valueAt(1e-5) - valueAt(-1e-5)) / 2e-5;
        QVERIFY2(std::abs(gradient[j].item<double>() - slope) < 1e-8,
                 hyper.parameters().infos()[i].name.c_str());
      }
    }
  }

  void theWeightedSumIsThatOfTheFormula() {
    const auto problem = schemeProblem();
    Trainer trainer(frontExperiment(phn()), problem);
    const auto shapes = shapesOf(trainer);
    trainSteps(trainer, 2);
    const auto before = valuesOf(trainer.snapshot());
    eq::train::StepRecord record;
    const auto update = updateOfFrontStep(trainer, record);
    const auto alpha = record.preferences[0].values;
    const auto loss = [&](const Values& hyper) {
      return alpha[0] * lossAt(alpha, "a", shapes, problem)(hyper) +
             alpha[1] * lossAt(alpha, "b", shapes, problem)(hyper);
    };
    QVERIFY(distance(gradientOf(loss, before), update) < kClose);
    QCOMPARE(record.weights, alpha);
    QVERIFY(std::abs(record.losses[0] -
                     lossAt(alpha, "a", shapes, problem)(before).item<double>()) < kClose);
  }

  /// K β of EPO on the tasks' gradients in the hyper-network.
  void epoIsThatOfTheFormula() {
    const auto problem = schemeProblem();
    Trainer trainer(frontExperiment(phn({{"solver", "epo"}, {"concentration", 1}})), problem);
    const auto shapes = shapesOf(trainer);
    for (int step = 0; step < 4; ++step) {
      const auto before = valuesOf(trainer.snapshot());
      eq::train::StepRecord record;
      const auto update = updateOfFrontStep(trainer, record);
      const auto alpha = record.preferences[0].values;
      const auto a = gradientOf(lossAt(alpha, "a", shapes, problem), before);
      const auto b = gradientOf(lossAt(alpha, "b", shapes, problem), before);
      const auto rows = at::stack({row(a, ""), row(b, "")});
      const auto products = rows.mm(rows.t());
      eq::balance::Inputs inputs;
      inputs.gramian.resize(2, 2);
      inputs.losses.resize(2);
      inputs.preference.resize(2);
      for (int i = 0; i < 2; ++i) {
        inputs.losses[i] = record.losses[static_cast<size_t>(i)];
        inputs.preference[i] = alpha[static_cast<size_t>(i)];
        for (int j = 0; j < 2; ++j) inputs.gramian(i, j) = products[i][j].item<double>();
      }
      const eq::balance::Setting setting{2, 0, {}, "epo"};
      const auto weights = eq::balance::gradientMethods()
                               .create("epo", json::object(), "epo", setting)
                               ->weigh(inputs);
      QVERIFY(std::abs(record.weights[0] - 2 * weights[0]) < 1e-3);
      QVERIFY2(std::abs(record.weights[0] + record.weights[1] - 2) < 1e-9,
               qPrintable(QString::number(record.weights[0] + record.weights[1] - 2)));
      Values expected;
      for (const auto& [name, value] : a)
        expected[name] = value * record.weights[0] + b.at(name) * record.weights[1];
      QVERIFY(distance(expected, update) < kClose);
    }
  }

  void checkpointsHoldTheHyperNetwork() {
    Trainer trainer(frontExperiment(phn({{"front_points", 3}})), schemeProblem());
    const auto tensors = trainer.snapshot().tensors;
    QVERIFY(!tensors.contains("model.trunk.0.weight"));
    QCOMPARE(tensors.at("model.hyper.0.weight").sizes().vec(), (std::vector<std::int64_t>{7, 2}));
    QCOMPARE(tensors.at("model.hyper.trunk.0.weight.weight").sizes().vec(),
             (std::vector<std::int64_t>{12, 7}));
    trainSteps(trainer, 3);
    const auto found = trainer.evaluate(eq::train::SplitName::validation);
    QCOMPARE(found.front[1].tasks, found.tasks);
    QVERIFY(found.front[0].tasks != found.tasks);
  }

  void thePlainModelIsThatOfTheFront() {
    const auto problem = schemeProblem();
    Trainer trainer(frontExperiment(phn()), problem);
    trainSteps(trainer, 3);
    auto experiment = trainer.experiment();
    experiment.pareto = {};
    Trainer plain(experiment, problem);
    plain.restore(trainer.plainSnapshot({.3, .7}));
    const auto split = eq::train::SplitName::validation;
    QCOMPARE(plain.evaluate(split).tasks, trainer.front(split, {{.3, .7}})[0].tasks);
  }

  void theEndsOfTheFrontServeTheirTasks() {
    Trainer trainer(frontExperiment(phn({{"front_points", 3}, {"hidden", 20}}),
                                    {{"optimizer", {{"lr", 0.05}}}}),
                    schemeProblem());
    trainSteps(trainer, 400);
    const auto front = trainer.evaluate(eq::train::SplitName::validation).front;
    QVERIFY(front[0].tasks[0].at("loss") < front[2].tasks[0].at("loss"));
    QVERIFY(front[2].tasks[1].at("loss") < front[0].tasks[1].at("loss"));
  }

  void resumeGoesOnToTheBit_data() {
    QTest::addColumn<QString>("solver");
    QTest::newRow("ls") << "ls";
    QTest::newRow("epo") << "epo";
  }
  void resumeGoesOnToTheBit() {
    QFETCH(QString, solver);
    const auto experiment =
        frontExperiment(phn({{"solver", solver.toStdString()}}),
                        {{"model", {{"dropout", 0.2}}},
                         {"batch_size", 16},
                         {"optimizer", {{"id", "adam"}, {"lr", 0.01}, {"momentum", nullptr}}},
                         {"conflict", {{"every", 3}}}});
    QCOMPARE(whatResumeChanges(experiment, schemeProblem(), 5, 6), std::string());
  }

  void aLossIsSwappedWhileItTrains() {
    Trainer trainer(frontExperiment(phn()), schemeProblem());
    trainSteps(trainer, 3);
    const auto before = trainer.snapshot().tensors.at("model.hyper.0.weight");
    trainer.apply(eq::train::Command::setLoss(0, {"arcface"}));
    QVERIFY(before.equal(trainer.snapshot().tensors.at("model.hyper.0.weight")));
    QVERIFY(std::isfinite(trainSteps(trainer, 2)[1].losses[0]));
  }
};

EQUIPOISE_TEST(TestPhn)
#include "tst_phn.moc"

#include <QTest>

#include "core/base/random.h"
#include "core/loss/catalog.h"
#include "core/loss/loss.h"
#include "core/train/attack.h"
#include "core/train/command.h"
#include "core/train/sampler.h"
#include "tests/core/train/scheme_support.h"
#include "tests/core/train/small_net.h"

using eq::test::errorOf;
using eq::test::gradientOf;
using eq::test::outputOf;
using eq::test::plus;
using eq::test::row;
using eq::test::schemeExperiment;
using eq::test::schemeProblem;
using eq::test::trainSteps;
using eq::test::Values;
using eq::test::valuesOf;
using eq::test::withScheme;
using eq::train::Command;
using eq::train::SplitName;
using eq::train::Trainer;
using nlohmann::json;

namespace {

constexpr double kRate = 0.5;
constexpr int kSteps = 3;
const eq::metric::Attack kAttack{0.3, 0.15, kSteps};

json attackScheme(const json& tasks) {
  return {{"id", "adversarial"},
          {"eps", kAttack.eps},
          {"step_size", kAttack.stepSize},
          {"steps", kSteps},
          {"tasks", tasks}};
}

/// Whole batches of the tasks a, with this loss, and b; plain steps.
eq::train::Experiment attackedExperiment(const json& loss, const json& scheme) {
  return schemeExperiment(
      withScheme(scheme, {{"batch_size", 48},
                          {"model", {{"dropout", 0}}},
                          {"optimizer", {{"id", "sgd"}, {"lr", kRate}, {"momentum", 0}}},
                          {"tasks", {{{"name", "a"}, {"loss", loss}}, {{"name", "b"}}}}}));
}

json lossOfSteps(const std::string& id) {
  json loss{{"id", id}};
  if (id == "gairat") loss["max_steps"] = kSteps;
  return loss;
}

double farthest(const Values& a, const Values& b) {
  double largest = 0, distance = 0;
  for (const auto& [name, value] : a) {
    largest = std::max(largest, value.abs().max().item<double>());
    distance = std::max(distance, (value - b.at(name)).abs().max().item<double>());
  }
  return distance / largest;
}

}  // namespace

/// The scheme `adversarial`, against its definition in float64 and by autograd alone.
class TestAdversarial : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  void trainsWhereTheAttackLeads_data() {
    QTest::addColumn<QString>("loss");
    for (const char* id : {"cross_entropy", "sovr", "mart", "gairat", "mail"})
      QTest::newRow(id) << id;
  }
  void trainsWhereTheAttackLeads() {
    QFETCH(QString, loss);
    const auto problem = schemeProblem();
    const auto spec = lossOfSteps(loss.toStdString());
    const auto experiment = attackedExperiment(spec, attackScheme({"a"}));
    Trainer trainer(experiment, problem);
    const auto before = valuesOf(trainer.snapshot());
    const auto records = trainSteps(trainer, 1);

    // The sampler's order does not matter to a whole batch, but to the attack's draws.
    const auto order = eq::train::Sampler(48, 48, experiment.seed, at::kCPU).indices();
    const auto inputs = problem.train.inputs.index_select(0, order);
    const auto target = problem.train.targets[0].index_select(0, order);
    const auto logits = [&](const at::Tensor& x) { return outputOf(before, "a", x); };
    const auto found = eq::train::attacked(inputs, target, kAttack, logits,
                                           eq::deriveSeed(experiment.seed, "attack on a", 0));
    auto params = spec;
    params.erase("id");
    const auto method = eq::loss::catalog().create(spec["id"].get<std::string>(), params, "loss");
    const auto ofA = [&](const Values& values) {
      eq::loss::Batch batch{outputOf(values, "a", found.inputs), target, {}};
      batch.fields = {{"natural", outputOf(values, "a", inputs)}, {"steps", found.steps}};
      return method->evaluate(batch).value;
    };
    const auto ofB = [&](const Values& values) {
      const auto logs = outputOf(values, "b", problem.train.inputs).log_softmax(1);
      return -logs.gather(1, problem.train.targets[1].unsqueeze(1)).mean();
    };
    const auto expected = plus(gradientOf(ofA, before), gradientOf(ofB, before), 1);
    Values update;
    for (const auto& [name, value] : valuesOf(trainer.snapshot()))
      update[name] = ((before.at(name) - value) / kRate).detach();
    const double distance = farthest(expected, update);
    QVERIFY2(distance < 5e-5, qPrintable(QString::number(distance)));
    QVERIFY(std::abs(records[0].losses[0] - ofA(before).item<double>()) < 2e-5);
    QVERIFY(std::abs(records[0].losses[1] - ofB(before).item<double>()) < 2e-5);
  }

  void refusesWhatNeedsAnAttackWithoutOne() {
    const auto train = [](const json& loss, const json& scheme) {
      return errorOf([&] { Trainer{attackedExperiment(loss, scheme), schemeProblem()}; });
    };
    const std::string without =
        "tasks[0].loss.id: mart also reads natural, which the data of this run do not bring; the "
        "scheme adversarial makes it where the task a is among those that it attacks";
    QCOMPARE(train({{"id", "mart"}}, nullptr), without);
    QCOMPARE(train({{"id", "mart"}}, attackScheme({"b"})), without);
    QCOMPARE(
        train({{"id", "gairat"}}, attackScheme({"a"})),
        std::string("tasks[0].loss.max_steps: 10, but the attack of the scheme adversarial has "
                    "3 steps; set one to the other"));
    QCOMPARE(train({{"id", "info_nce"}}, attackScheme({"a"})),
             std::string("scheme.tasks: the loss of a, info_nce, compares two views of an example, "
                         "and an attack makes one; choose another loss or leave the task out"));
    QCOMPARE(train({{"id", "dynamic_reweight"}, {"base", {{"id", "gairat"}}}}, nullptr)
                 .find("tasks[0].loss.id: dynamic_reweight also reads steps"),
             size_t{0});
  }

  void commandsKeepLossAndAttackTogether() {
    Trainer trainer(attackedExperiment({{"id", "mart"}}, attackScheme({"a"})), schemeProblem());
    trainSteps(trainer, 2);
    QVERIFY(!errorOf([&] { trainer.apply(Command::setScheme({})); }).empty());
    QVERIFY(!errorOf([&] { trainer.apply(Command::setLoss(0, {"gairat"})); }).empty());
    trainer.apply(Command::setLoss(0, {"gairat", {{"max_steps", kSteps}}}));
    trainSteps(trainer, 2);
    trainer.apply(Command::setLoss(0, {"cross_entropy"}));
    trainer.apply(Command::setScheme({}));
    QVERIFY(!errorOf([&] { trainer.apply(Command::setLoss(0, {"mart"})); }).empty());
    trainSteps(trainer, 1);
    QCOMPARE(trainer.stepsWithoutUpdate(), std::int64_t{0});
  }

  /// The metric's attack is the same at every look, harms, and is not that of another task.
  void robustAccuracyIsThatOfTheEvaluatorsAttack() {
    auto experiment = attackedExperiment({{"id", "cross_entropy"}}, nullptr);
    for (auto& task : experiment.tasks)
      task.metrics = {{"accuracy"}, {"robust_accuracy", {{"eps", 0.4}, {"step_size", 0.1}}}};
    Trainer trainer(experiment, schemeProblem());
    trainSteps(trainer, 150);
    const auto record = trainer.evaluate(SplitName::validation);
    const auto values = valuesOf(trainer.snapshot());
    const auto problem = schemeProblem();
    for (size_t k = 0; k < 2; ++k) {
      const std::string name = k == 0 ? "a" : "b";
      const auto logits = [&](const at::Tensor& x) { return outputOf(values, name, x); };
      const auto& target = problem.validation.targets[k];
      const auto found =
          eq::train::attacked(problem.validation.inputs, target, {0.4, 0.1, 20}, logits,
                              eq::deriveSeed(experiment.seed, "evaluated attack on " + name, 0));
      const double right =
          (logits(found.inputs).argmax(1) == target).to(at::kDouble).mean().item<double>();
      QVERIFY(std::abs(record.tasks[k].at("robust_accuracy") - right) < 1e-9);
      QVERIFY(right < record.tasks[k].at("accuracy"));
    }
    QVERIFY(trainer.evaluate(SplitName::validation).tasks == record.tasks);
    QVERIFY(!trainer.intervals(SplitName::validation).tasks.at(0).contains("robust_accuracy"));
  }

  /// Scheme and metric speak of the data's unit: with inputs that were divided by 2 both are those
  /// of half the size without a unit, to the bit.
  void attacksAreInTheUnitOfTheData() {
    const auto trained = [](double factor, double scale) {
      auto scheme = attackScheme({"a"});
      for (const char* size : {"eps", "step_size"})
        scheme[size] = factor * scheme[size].get<double>();
      auto experiment = attackedExperiment({{"id", "cross_entropy"}}, scheme);
      experiment.tasks[0].metrics = {
          {"accuracy"},
          {"robust_accuracy", {{"eps", factor * 0.25}, {"step_size", factor * 0.125}}}};
      auto problem = schemeProblem();
      problem.inputs = {{"x", 7, scale}, {"y", -1, scale}};
      Trainer trainer(experiment, std::move(problem));
      const auto records = trainSteps(trainer, 5);
      auto values = trainer.evaluate(SplitName::validation).tasks.at(0);
      values["trained"] = records.back().losses[0];
      return values;
    };
    const auto plain = trained(1, 1);
    QVERIFY(trained(2, 2) == plain);
    QVERIFY(trained(2, 1) != plain);
  }
};

EQUIPOISE_TEST(TestAdversarial)
#include "tst_adversarial.moc"

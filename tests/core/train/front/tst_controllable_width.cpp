#include <cmath>

#include <QTest>

#include "core/train/front/widths.h"
#include "tests/core/train/front/front_support.h"

using namespace eq::test;
using eq::train::outputsAt;
using eq::train::Trainer;
using eq::train::Widths;
using nlohmann::json;

namespace {

constexpr double kClose = 2e-5;

const json kModel{{"model", {{"hidden", {10, 6}}, {"head_hidden", {5}}, {"dropout", 0}}}};

json widthMethod(const json& changes = json::object()) {
  json method{{"id", "controllable_width"},
              {"trunk_widths", {0.3, 0.5, 1}},
              {"head_widths", {0.4, 0.7, 1}},
              {"samples", 1},
              {"front_points", 3}};
  method.update(changes);
  return method;
}

eq::train::Experiment narrowable(const json& changes = json::object(),
                                 const json& others = json::object()) {
  auto model = kModel.at("model");
  model.update(others.value("model", json::object()));
  auto all = others;
  all["model"] = model;
  return frontExperiment(widthMethod(changes), all);
}

/// What one layer gives, of its first outputs and inputs.
at::Tensor layerOf(const Values& values, const std::string& name, const at::Tensor& x,
                   std::int64_t outputs) {
  const auto weight = values.at(name + ".weight").narrow(0, 0, outputs).narrow(1, 0, x.size(1));
  return at::addmm(values.at(name + ".bias").narrow(0, 0, outputs), x, weight.t());
}

/// By slices, where the method has zeros: the representation, and the logits of the tasks.
struct Narrow {
  std::int64_t trunk, heads;

  at::Tensor representation(const Values& values, const at::Tensor& inputs) const {
    const auto first = at::relu(layerOf(values, "trunk.0", inputs.to(at::kDouble), trunk));
    return at::relu(layerOf(values, "trunk.1", first, 6));
  }
  at::Tensor logits(const Values& values, const std::string& task, const at::Tensor& z) const {
    const auto own = "head." + task;
    const auto hidden = at::relu(layerOf(values, own + ".0", z, heads));
    const auto readout = own + (task == "a" ? ".linear-3" : ".linear-2");
    return layerOf(values, readout, hidden, values.at(readout + ".bias").size(0));
  }
};

at::Tensor entropyOf(const at::Tensor& logits, const at::Tensor& target) {
  return -logits.log_softmax(1).gather(1, target.unsqueeze(1)).mean();
}

}  // namespace

/// One model with switchable widths.
class TestControllableWidth : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  void aWidthHasTheFirstOutputsRoundedUp() {
    QCOMPARE(outputsAt(0.4, 10), 4);
    QCOMPARE(outputsAt(0.3, 10), 3);  // 0.3 * 10 is a little above 3
    QCOMPARE(outputsAt(0.41, 10), 5);
    QCOMPARE(outputsAt(0.01, 10), 1);
    QCOMPARE(outputsAt(1, 7), 7);
  }

  void headsHaveTheNearestWidthTheLargerOfTwo() {
    const Widths widths({{0.5, 1}, {0.4, 0.6, 0.8, 1}});
    QCOMPARE(widths.serving({.5, .5}, 0).heads, (std::vector<size_t>{3, 3}));
    QCOMPARE(widths.serving({1, 0}, 0).heads, (std::vector<size_t>{3, 0}));
    QCOMPARE(widths.serving({.4, 1}, 1).heads, (std::vector<size_t>{0, 3}));
    QCOMPARE(widths.serving({.7, 1}, 1).heads, (std::vector<size_t>{2, 3}));  // between .6 and .8
    QCOMPARE(widths.serving({.2, .31}, 1).heads, (std::vector<size_t>{1, 3}));
    QCOMPARE(widths.serving({.5, .5}, 1).trunk, 1U);
  }

  /// The whole model's losses, those of the smallest, and the distance of the representations.
  void aStepHasTheGradientOfItsLosses() {
    const auto problem = schemeProblem();
    Trainer trainer(narrowable({{"distil", 0.7}}), problem);
    trainSteps(trainer, 2);
    const auto before = valuesOf(trainer.snapshot());
    const auto& inputs = problem.train.inputs;
    const auto loss = [&](const Values& values) {
      const Narrow whole{10, 5}, small{3, 2};
      const auto z = whole.representation(values, inputs);
      const auto narrow = small.representation(values, inputs);
      auto sum = 0.7 * (narrow - z.detach()).square().mean();
      for (const auto* task : {"a", "b"}) {
        const auto& target = problem.train.targets[task == std::string("a") ? 0 : 1];
        sum = sum + entropyOf(whole.logits(values, task, z), target) +
              entropyOf(small.logits(values, task, narrow), target);
      }
      return sum;
    };
    eq::train::StepRecord record;
    const auto update = updateOfFrontStep(trainer, record);
    QVERIFY(distance(gradientOf(loss, before), update) < kClose);
    QCOMPARE(record.weights, (std::vector<double>{2, 2}));
    QVERIFY(record.preferences.empty());
    const Narrow whole{10, 5};
    const auto z = whole.representation(before, inputs);
    QVERIFY(
        std::abs(record.losses[0] -
                 entropyOf(whole.logits(before, "a", z), problem.train.targets[0]).item<double>()) <
        1e-5);
  }

  void furtherSamplesAreDrawnByStep() {
    const auto experiment = narrowable({{"samples", 3}});
    Trainer first(experiment, schemeProblem()), second(experiment, schemeProblem());
    trainSteps(first, 4);
    trainSteps(second, 4);
    QVERIFY(isSameState(first.snapshot(), second.snapshot()));
    Trainer fewer(narrowable({{"samples", 2}}), schemeProblem());
    trainSteps(fewer, 4);
    QVERIFY(!isSameState(first.snapshot(), fewer.snapshot()));
  }

  /// Zeros beyond the widths are the slices; costs are those of models that are that narrow.
  void theFrontIsOfEachTrunkWidthWithItsCost() {
    const auto problem = schemeProblem();
    Trainer trainer(narrowable(), problem);
    trainSteps(trainer, 3);
    const auto values = valuesOf(trainer.snapshot());
    const auto front = trainer.front(eq::train::SplitName::validation, {{1, 0}, {.5, .5}});
    QCOMPARE(front.size(), 6U);
    const std::vector<std::int64_t> trunks{3, 5, 10};
    for (size_t i = 0; i < front.size(); ++i) {
      const auto trunk = trunks[i / 2];
      const std::int64_t ofB = i % 2 == 0 ? 2 : 5;
      const Narrow b{trunk, ofB};
      const auto z = b.representation(values, problem.validation.inputs);
      const auto expected =
          entropyOf(b.logits(values, "b", z), problem.validation.targets[1]).item<double>();
      QVERIFY(std::abs(front[i].tasks[1].at("loss") - expected) < 1e-5);
      const double cost = 2.0 * trunk + trunk * 6.0 + (6 * 5 + 5 * 3) + (6.0 * ofB + ofB * 2.0);
      QCOMPARE(front[i].tasks[0].at("multiply_adds"), cost);
      QCOMPARE(front[i].tasks[1].at("multiply_adds"), cost);
    }
  }

  void betweenStepsTheModelIsWhole() {
    Trainer trainer(narrowable(), schemeProblem());
    trainSteps(trainer, 3);
    const auto found = trainer.evaluate(eq::train::SplitName::validation);
    QCOMPARE(found.front.size(), 9U);
    for (size_t k = 0; k < 2; ++k)
      QCOMPARE(found.front[7].tasks[k].at("loss"), found.tasks[k].at("loss"));
  }

  void thePlainModelHasTheHeadsOfItsPreference() {
    const auto problem = schemeProblem();
    Trainer trainer(narrowable(), problem);
    trainSteps(trainer, 2);
    auto experiment = trainer.experiment();
    experiment.pareto = {};
    Trainer plain(experiment, problem);
    plain.restore(trainer.plainSnapshot({1, 0}));
    const auto split = eq::train::SplitName::validation;
    const auto front = trainer.front(split, {{1, 0}});
    for (size_t k = 0; k < 2; ++k)
      QCOMPARE(plain.evaluate(split).tasks[k].at("loss"), front[2].tasks[k].at("loss"));
  }

  void aBudgetChoosesTheTrunk() {
    const auto problem = schemeProblem();
    Trainer trainer(narrowable(), problem);
    trainSteps(trainer, 2);
    auto experiment = trainer.experiment();
    experiment.pareto = {};
    const auto split = eq::train::SplitName::validation;
    const auto front = trainer.front(split, {{1, 0}});
    const auto lossWithin = [&](double budget) {
      Trainer plain(experiment, problem);
      plain.restore(trainer.plainSnapshot({1, 0}, budget));
      return plain.evaluate(split).tasks[1].at("loss");
    };
    const double middle = front[1].tasks[0].at("multiply_adds");
    QCOMPARE(lossWithin(1e9), front[2].tasks[1].at("loss"));
    QCOMPARE(lossWithin(middle), front[1].tasks[1].at("loss"));
    QCOMPARE(lossWithin(middle - 1), front[0].tasks[1].at("loss"));
    const auto refusal = errorOf([&] { trainer.plainSnapshot({1, 0}, 10); });
    QVERIFY2(refusal.starts_with("--budget: the smallest model of this preference costs "),
             refusal.c_str());
    Trainer other(frontExperiment({{"id", "pamal"}}), problem);
    QVERIFY(errorOf([&] { other.plainSnapshot({1, 0}, 10); }).starts_with("--budget: "));
  }

  void resumeGoesOnToTheBit() {
    const auto experiment = narrowable(
        {{"samples", 3}}, {{"model", {{"dropout", 0.2}}},
                           {"batch_size", 16},
                           {"optimizer", {{"id", "adam"}, {"lr", 0.01}, {"momentum", nullptr}}},
                           {"conflict", {{"every", 3}}}});
    QCOMPARE(whatResumeChanges(experiment, schemeProblem(), 5, 6), std::string());
  }

  void whatDoesNotFitIsRefused_data() {
    QTest::addColumn<QString>("changes");
    QTest::addColumn<QString>("message");
    QTest::newRow("descending") << R"({"trunk_widths": [0.5, 0.4, 1]})"
                                << "pareto.trunk_widths: expected ascending widths, found 0.4";
    QTest::newRow("equal") << R"({"head_widths": [0.5, 0.5, 1]})"
                           << "pareto.head_widths: expected ascending widths, found 0.5";
    QTest::newRow("last") << R"({"head_widths": [0.5, 0.8]})"
                          << "pareto.head_widths: the last width is 1, the whole layer, found 0.8";
    QTest::newRow("zero") << R"({"head_widths": [0, 1]})"
                          << "pareto.head_widths";
    QTest::newRow("none") << R"({"trunk_widths": []})"
                          << "pareto.trunk_widths: needs at least one width, found []";
    QTest::newRow("samples") << R"({"samples": 0})"
                             << "pareto.samples";
    QTest::newRow("distil") << R"({"distil": -1})"
                            << "pareto.distil";
  }
  void whatDoesNotFitIsRefused() {
    QFETCH(QString, changes);
    QFETCH(QString, message);
    const auto found =
        errorOf([&] { Trainer(narrowable(json::parse(changes.toStdString())), schemeProblem()); });
    QVERIFY2(found.starts_with(message.toStdString()), found.c_str());
  }

  void otherModelsAreRefusedByName() {
    const auto found = errorOf([] {
      Trainer(narrowable(json::object(), {{"model", {{"id", "mmoe"}}}}), schemeProblem());
    });
    QVERIFY2(found.starts_with("pareto.id: controllable_width narrows layers"), found.c_str());
  }
};

EQUIPOISE_TEST(TestControllableWidth)
#include "tst_controllable_width.moc"

#include <QTest>

#include <algorithm>
#include <cmath>

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "core/train/command.h"
#include "tests/core/train/scheme_support.h"
#include "tests/core/train/small_net.h"

using eq::test::errorOf;
using eq::test::gradientOf;
using eq::test::LossOfValues;
using eq::test::outputOf;
using eq::test::plus;
using eq::test::schemeExperiment;
using eq::test::schemeProblem;
using eq::test::trainSteps;
using eq::test::Values;
using eq::test::valuesOf;
using eq::train::affinities;
using eq::train::AffinityRecord;
using eq::train::Command;
using eq::train::StepRecord;
using eq::train::Trainer;
using nlohmann::json;

namespace {

LossOfValues entropyOf(const std::string& task, const eq::data::Problem& problem) {
  const auto target = problem.train.targets[task == "a" ? 0 : 1];
  return [=](const Values& values) {
    const auto logs = at::log_softmax(outputOf(values, task, problem.train.inputs), 1);
    return -logs.gather(1, target.unsqueeze(1)).mean();
  };
}

/// The shared parameters moved by −rate ∇L, heads as they are.
Values movedTrunk(const Values& values, const Values& gradient, double rate) {
  auto shared = gradient;
  for (auto& [name, tensor] : shared)
    if (name.starts_with("head.")) tensor = tensor * 0;
  return plus(values, shared, -rate);
}

/// The three parabolas of the sheet's example: (θ − 1)², (θ − 2)², (θ + 1)², and 0.1 each; the
/// second coordinate plays no part.
eq::data::Problem parabolas(bool closedForm) {
  auto objective = std::make_shared<eq::data::Objective>();
  const std::vector<double> feet{1, 2, -1};
  objective->start = {0.5, 0};
  objective->losses = [=](const at::Tensor& x) {
    return (x[0] - at::tensor(feet, x.options().requires_grad(false))).pow(2) + 0.1 + 0 * x[1];
  };
  if (closedForm)
    objective->closedForm = [=](const std::vector<double>& x) {
      eq::data::Objective::Values found;
      for (const double foot : feet) {
        found.losses.push_back((x[0] - foot) * (x[0] - foot) + 0.1);
        found.rows.push_back({2 * (x[0] - foot), 0});
      }
      return found;
    };
  eq::data::Problem problem;
  problem.inputShape = {0};
  for (const char* name : {"one", "two", "three"})
    problem.tasks.push_back({name, eq::TaskKind::objective, 1, {}, {}, {}});
  problem.train.inputs = at::ones({1, 0});
  problem.train.targets.resize(3);
  problem.train.masks.resize(3);
  problem.validation = problem.test = problem.train;
  problem.objective = objective;
  return problem;
}

json pointChanges(double rate) {
  return {{"data", {{"id", "two_valleys"}, {"path", nullptr}, {"targets", nullptr}}},
          {"model", {{"id", "point"}, {"hidden", nullptr}, {"dropout", nullptr}}},
          {"optimizer", {{"lr", rate}}},
          {"batch_size", 1},
          {"affinity", {{"every", 1}}}};
}

bool sameNumbers(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

/// All of the training, but what was measured beside it.
bool sameTraining(const std::vector<StepRecord>& a, const std::vector<StepRecord>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    const bool sampled = x.conflict.has_value() == y.conflict.has_value() &&
                         (!x.conflict || sameNumbers(x.conflict->cosines, y.conflict->cosines));
    return sameNumbers(x.losses, y.losses) && sameNumbers(x.weights, y.weights) && sampled;
  });
}

bool sameTensors(const Trainer& a, const Trainer& b) {
  const auto left = a.snapshot().tensors, right = b.snapshot().tensors;
  return std::equal(
      left.begin(), left.end(), right.begin(), right.end(),
      [](const auto& x, const auto& y) { return x.first == y.first && x.second.equal(y.second); });
}

bool sameAffinity(const StepRecord& a, const StepRecord& b) {
  if (!a.affinity || !b.affinity) return a.affinity.has_value() == b.affinity.has_value();
  return sameNumbers(a.affinity->before, b.affinity->before) &&
         sameNumbers(a.affinity->after, b.affinity->after);
}

}  // namespace

/// What a step for one task alone would do to the losses of all.
class TestLookAhead : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  /// Against the same network in float64 by autograd alone, on a step whose rate a schedule has
  /// changed.
  void isWhatAStepForOneTaskDoes() {
    const auto problem = schemeProblem();
    Trainer trainer(schemeExperiment({{"tasks", {{{"name", "a"}}, {{"name", "b"}}}},
                                      {"batch_size", 48},
                                      {"epochs", 8},
                                      {"model", {{"dropout", 0}}},
                                      {"optimizer", {{"lr", 0.5}}},
                                      {"schedule", {{"id", "cosine"}}},
                                      {"affinity", {{"every", 2}}}}),
                    problem);
    trainSteps(trainer, 2);
    const auto values = valuesOf(trainer.snapshot());
    const auto record = trainSteps(trainer, 1)[0];
    QVERIFY(record.affinity && record.learningRate < 0.45);
    const auto found = affinities(*record.affinity);
    const std::vector<LossOfValues> losses{entropyOf("a", problem), entropyOf("b", problem)};
    for (size_t i = 0; i < 2; ++i) {
      const auto ahead = movedTrunk(values, gradientOf(losses[i], values), record.learningRate);
      for (size_t j = 0; j < 2; ++j) {
        const double before = losses[j](values).item<double>();
        const double after = losses[j](ahead).item<double>();
        QVERIFY(std::abs(record.affinity->before[j] - before) < 1e-6 * before);
        QVERIFY(std::abs(record.affinity->after[i * 2 + j] - after) < 1e-6 * before);
        QVERIFY2(std::abs(found[i * 2 + j] - (1 - after / before)) < 2e-6,
                 fmt::format("{} {}", found[i * 2 + j], 1 - after / before).c_str());
        QVERIFY(std::abs(found[i * 2 + j]) > 1e-4);  // there was something to see
      }
    }
    QVERIFY(sameNumbers(record.affinity->before, record.losses));
  }

  void isTheWorkedExampleOfTheSheet_data() {
    QTest::addColumn<bool>("closedForm");
    QTest::newRow("closed form") << true;
    QTest::newRow("by autograd") << false;
  }
  void isTheWorkedExampleOfTheSheet() {
    QFETCH(bool, closedForm);
    Trainer trainer(schemeExperiment(pointChanges(0.1)), parabolas(closedForm));
    const auto found = affinities(*trainSteps(trainer, 1)[0].affinity);
    const std::vector<double> wanted{.257143,  .123404,   -.131915, .6,     .344681,
                                     -.421277, -1.114286, -.421277, .344681};
    QCOMPARE(found.size(), wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i)
      QVERIFY2(std::abs(found[i] - wanted[i]) < 1e-6, std::to_string(found[i]).c_str());
  }

  void isUndefinedWhereTheLossIsZero() {
    const auto found = affinities({{0, 2}, {1, 1, -1, 3}});
    QVERIFY(std::isnan(found[0]) && std::isnan(found[2]));
    QCOMPARE(found[1], 0.5);
    QCOMPARE(found[3], -0.5);
  }

  /// Dropout draws, adaptive moments, what balancers learn: all as if nobody had looked.
  void changesNoBitOfTheTraining_data() {
    QTest::addColumn<QByteArray>("changes");
    const auto add = [](const char* name, const json& changes) {
      QTest::newRow(name) << QByteArray::fromStdString(changes.dump());
    };
    add("plain", json::object());
    add("unsampled", {{"conflict", {{"every", 0}}}});
    for (const char* id : {"mgda", "sdmgrad", "graddrop", "mgda_ub"})
      add(id, {{"balancer", {{"gradient", {{"id", id}}}}}});
    for (const char* id : {"famo", "gradnorm", "uncertainty", "excess_mtl"})
      add(id, {{"balancer", {{"weighting", {{"id", id}}}}}});
    for (const char* id : {"sam_mtl", "compensation", "sampled_tasks", "forum"})
      add(id, {{"scheme", {{"id", id}}}});
  }
  void changesNoBitOfTheTraining() {
    QFETCH(QByteArray, changes);
    json plain{{"conflict", {{"every", 3}}}, {"optimizer", {{"id", "adam"}, {"lr", 0.01}}}};
    plain.merge_patch(json::parse(changes.toStdString()));
    auto looking = plain;
    looking["affinity"] = {{"every", 2}};
    Trainer one(schemeExperiment(plain), schemeProblem());
    Trainer other(schemeExperiment(looking), schemeProblem());
    const auto without = trainSteps(one, 7), with = trainSteps(other, 7);
    QVERIFY(sameTraining(without, with));
    QVERIFY(sameTensors(one, other));
    for (size_t i = 0; i < with.size(); ++i) {
      QVERIFY(!without[i].affinity);
      QCOMPARE(with[i].affinity.has_value(), i % 2 == 0);
    }
  }

  /// A task that is off neither steps nor is watched.
  void leavesAbsentTasksOut() {
    Trainer trainer(schemeExperiment({{"affinity", {{"every", 1}}}}), schemeProblem());
    trainer.apply(Command::setTaskEnabled(1, false));
    const auto record = trainSteps(trainer, 1)[0];
    const auto found = affinities(*record.affinity);
    for (size_t i = 0; i < 3; ++i)
      for (size_t j = 0; j < 3; ++j) QCOMPARE(std::isnan(found[i * 3 + j]), i == 1 || j == 1);
    QVERIFY(std::isnan(record.affinity->before[1]));
  }

  void isSwitchedWhileItTrainsAndGoesOnFromASnapshot() {
    Trainer trainer(schemeExperiment(), schemeProblem());
    QVERIFY(!trainSteps(trainer, 1)[0].affinity);
    trainer.apply(Command::setAffinity({3, "exact"}));
    QCOMPARE(trainer.takeEvents()[0].text, std::string("affinity measured every 3 steps"));
    trainSteps(trainer, 4);
    const auto snapshot = trainer.snapshot();
    const auto expected = trainSteps(trainer, 4);
    Trainer resumed(trainer.experiment(), schemeProblem());
    resumed.restore(snapshot);
    const auto found = trainSteps(resumed, 4);
    QVERIFY(sameTraining(expected, found));
    for (size_t i = 0; i < found.size(); ++i) {
      QVERIFY(sameAffinity(expected[i], found[i]));
      QCOMPARE(found[i].affinity.has_value(), (found[i].step - 1) % 3 == 0);
    }
    trainer.apply(Command::setAffinity({0, "exact"}));
    QVERIFY(!trainSteps(trainer, 2)[1].affinity);
  }

  void isReadAndRefused() {
    const auto made = schemeExperiment({{"affinity", {{"every", 10}, {"form", "exact"}}}});
    QCOMPARE(made.affinity.every, std::int64_t(10));
    QVERIFY(eq::train::experimentFromJson(eq::train::toJson(made), made.folder) == made);
    QCOMPARE(schemeExperiment().affinity.every, std::int64_t(0));
    QVERIFY(errorOf([] {
              schemeExperiment({{"affinity", {{"form", "sketch"}}}});
            }).find("affinity.form") != std::string::npos);
    QVERIFY(errorOf([] {
              schemeExperiment({{"affinity", {{"every", -1}}}});
            }).find("affinity.every") != std::string::npos);
    const auto command = eq::train::commandFromJson({{"kind", "set_affinity"}, {"every", 5}}, "c");
    QVERIFY(command == Command::setAffinity({5, "exact"}));
    QVERIFY(eq::train::commandFromJson(toJson(command), "c") == command);
  }
};

EQUIPOISE_TEST(TestLookAhead)
#include "tst_look_ahead.moc"

#include <QTest>

#include <ATen/ops/exp.h>
#include <ATen/ops/stack.h>

#include "core/gradient/engine.h"
#include "core/metric/pareto/pamal.h"
#include "core/model/catalog.h"
#include "core/train/command.h"
#include "core/train/front/members.h"
#include "core/train/front/recent_losses.h"
#include "tests/core/train/front/front_support.h"

using namespace eq::test;
using eq::metric::Point;
using eq::metric::Points;
using eq::train::Command;
using eq::train::Trainer;
using nlohmann::json;

namespace {

constexpr double kClose = 2e-5;  ///< of float32 steps against float64, relative to the largest

/// θ(α) of the members' values, with a graph.
Values mixtureOf(const Values& members, const std::vector<double>& alpha) {
  Values mixture;
  for (const auto& [name, value] : members) {
    const auto k = static_cast<size_t>(name[7] - '0');  // "member.0.trunk.0.weight"
    auto& sum = mixture[name.substr(9)];
    sum = sum.defined() ? sum + alpha.at(k) * value : alpha.at(k) * value;
  }
  return mixture;
}

/// R by autograd, all pairs. \param losses [W][K] scalars.
at::Tensor regulariserOf(const Points& alphas, const std::vector<std::vector<at::Tensor>>& losses,
                         double temperature) {
  at::Tensor sum;
  for (size_t k = 0; k < alphas[0].size(); ++k) {
    std::vector<at::Tensor> terms;
    for (size_t i = 0; i < alphas.size(); ++i)
      for (size_t j = 0; j < alphas.size(); ++j)
        if (alphas[i][k] > alphas[j][k])
          terms.push_back((temperature * (losses[i][k] - losses[j][k]).clamp_min(0)).exp());
    if (terms.empty()) continue;
    const auto term = at::stack(terms).mean().log();
    sum = sum.defined() ? sum + term : term;
  }
  return sum;
}

/// The loss of a step, of the members, with a graph down to them. \param factors before L_k of each
/// sample.
LossOfValues lossOfStep(const Points& alphas, const Points& factors, double lambda,
                        const eq::data::Problem& problem) {
  return [=](const Values& members) {
    at::Tensor sum;
    std::vector<std::vector<at::Tensor>> losses(alphas.size());
    for (size_t w = 0; w < alphas.size(); ++w)
      for (size_t k = 0; k < 2; ++k) {
        const auto loss = entropyOfTask(k == 0 ? "a" : "b", problem)(mixtureOf(members, alphas[w]));
        losses[w].push_back(loss * factors[w][k]);
        const auto term = alphas[w][k] * losses[w][k];
        sum = sum.defined() ? sum + term : term;
      }
    return lambda > 0 ? sum + lambda * regulariserOf(alphas, losses, 2) : sum;
  };
}

Points preferencesOf(const eq::train::StepRecord& record) {
  Points alphas;
  for (const auto& one : record.preferences) alphas.push_back(one.values);
  return alphas;
}

json pamal(const json& parameters = json::object()) {
  json method{{"id", "pamal"}};
  method.update(parameters);
  return method;
}

/// 1/(‖∇ of the trunk‖ + 0.001) of both tasks at a mixture.
Point gradnormFactors(const Values& members, const Point& alpha, const eq::data::Problem& problem) {
  Point factors;
  Values mixture;
  for (const auto& [name, value] : mixtureOf(members, alpha))
    mixture[name] = value.detach().requires_grad_();
  for (const char* task : {"a", "b"}) {
    const auto gradient = gradientOf(entropyOfTask(task, problem), mixture);
    factors.push_back(1 / (row(gradient, "trunk.").norm().item<double>() + 1e-3));
  }
  return factors;
}

/// A regression net of two tasks in float64, without a trainer.
std::unique_ptr<eq::model::Model> doubleNet(std::uint64_t seed) {
  eq::model::Setting setting;
  setting.inputShape = {2};
  setting.tasks = {{"a", eq::TaskKind::regression, 1, {}, {}, {}},
                   {"b", eq::TaskKind::regression, 1, {}, {}, {}}};
  setting.seed = seed;
  setting.type = at::kDouble;
  return eq::model::catalog().create("mlp", {{"hidden", {3}}, {"activation", "tanh"}}, "model",
                                     setting);
}

}  // namespace

class TestPamal : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  /// The worked numbers of the method's sheet.
  void theRegulariserIsThatOfTheSheet_data() {
    QTest::addColumn<bool>("chain");
    QTest::addColumn<bool>("released");
    QTest::addColumn<double>("expected");
    QTest::newRow("all") << false << false << 0.110306;
    QTest::newRow("chain") << true << false << 0.161208;
    QTest::newRow("released, chain") << true << true << 0.219868;
    QTest::newRow("released, all") << false << true << 0.1814867;  // 0.181488 there
  }
  void theRegulariserIsThatOfTheSheet() {
    QFETCH(bool, chain);
    QFETCH(bool, released);
    QFETCH(double, expected);
    const auto found = eq::metric::pamalLoss(
        {{.2}, {.5}, {.8}}, {{1}, {1.3}, {.9}},
        {.lambda = 1, .temperature = 1, .chain = chain, .released = released});
    QVERIFY(std::abs(found.regulariser - expected) < 1e-6);
    QVERIFY(found.applied);
    QVERIFY(std::abs(found.value - (found.sum + expected)) < 1e-6);
  }

  void theSlopesAreThoseOfTheValue() {
    const Points alphas{{.2, .8}, {.5, .5}, {.9, .1}};
    Points losses{{1, .4}, {1.3, .7}, {1.1, .9}};
    for (const bool chain : {false, true})
      for (const bool released : {false, true}) {
        const eq::metric::PamalOptions options{1.5, 2, chain, released};
        const auto slopes = eq::metric::pamalLoss(alphas, losses, options).slopes;
        for (size_t w = 0; w < 3; ++w)
          for (size_t k = 0; k < 2; ++k) {
            const auto valueAt = [&](double by) {
              auto moved = losses;
              moved[w][k] += by;
              return eq::metric::pamalLoss(alphas, moved, options).value;
            };
            QVERIFY(std::abs(slopes[w][k] - (valueAt(1e-6) - valueAt(-1e-6)) / 2e-6) < 1e-8);
          }
      }
  }

  /// λR that is not below the sum of losses is left out, slopes and all.
  void aLargeRegulariserIsLeftOut() {
    const auto found = eq::metric::pamalLoss({{.2, .8}, {.8, .2}}, {{.1, .1}, {3, .1}},
                                             {.lambda = 100, .temperature = 1});
    QVERIFY(found.regulariser * 100 > found.sum);
    QVERIFY(!found.applied);
    QCOMPARE(found.value, found.sum);
    QCOMPARE(found.slopes, (Points{{.2, .8}, {.8, .2}}));
  }

  /// Gradients of the members in float64, by finite differences of the loss in each number.
  void membersGetTheGradientsOfTheirMixtures() {
    const auto network = doubleNet(1);
    eq::train::Members members(
        2, [](size_t k) { return doubleNet(k + 1); }, at::kDouble);
    const auto inputs = at::linspace(-1, 1, 14, at::kDouble).view({7, 2});
    const std::vector<at::Tensor> targets{inputs.sum(1).sin(), inputs.select(1, 0).square()};
    const eq::gradient::Engine engine(*network);
    const Points alphas{{.2, .8}, {.5, .5}, {.9, .1}};
    const eq::metric::PamalOptions options{1.5, 2, false, false};
    const auto passAt = [&](const Point& alpha) {
      members.mixInto(*network, alpha);
      return engine.forward(
          inputs,
          [&](size_t k, const eq::model::HeadOutput& output) {
            return (output.prediction - targets[k]).square().mean();
          },
          {1, 1}, eq::gradient::Purpose::sum);
    };
    const auto lossAll = [&] {
      Points losses;
      for (const auto& alpha : alphas) {
        const auto pass = passAt(alpha);
        losses.push_back({pass.losses[0].item<double>(), pass.losses[1].item<double>()});
      }
      return eq::metric::pamalLoss(alphas, losses, options);
    };
    const auto slopes = lossAll().slopes;
    eq::train::MemberGradients sum(members, *network);
    for (size_t w = 0; w < alphas.size(); ++w) {
      auto pass = passAt(alphas[w]);
      sum.add(engine.backward(pass, slopes[w], slopes[w]), alphas[w]);
    }
    const auto gradients = sum.take();
    const at::NoGradGuard noGradients;
    for (size_t i = 0; i < gradients.size(); ++i) {
      auto values = members.parameters().tensor(i).detach().view({-1});
      const auto gradient = gradients[i].reshape({-1});
      for (std::int64_t j = 0; j < values.numel(); ++j) {
        const double before = values[j].item<double>();
        const auto valueAt = [&](double by) {
          values[j].fill_(before + by);
          const double value = lossAll().value;
          values[j].fill_(before);
          return value;
        };
        const double slope = (valueAt(1e-5) - valueAt(-1e-5)) / 2e-5;
        QVERIFY2(std::abs(gradient[j].item<double>() - slope) < 1e-8,
                 members.parameters().infos()[i].name.c_str());
      }
    }
  }

  /// A step of the trainer against autograd through the mixtures, in float64.
  void aStepIsThatOfTheFormula_data() {
    QTest::addColumn<int>("samples");
    QTest::addColumn<double>("lambda");
    QTest::addColumn<QString>("losses");
    QTest::newRow("one sample") << 1 << 0.0 << "plain";
    QTest::newRow("three samples") << 3 << 0.0 << "plain";
    QTest::newRow("regularised") << 4 << 1.5 << "plain";
    QTest::newRow("gradnorm") << 2 << 0.0 << "gradnorm";
    QTest::newRow("gradnorm, regularised") << 3 << 0.5 << "gradnorm";
  }
  void aStepIsThatOfTheFormula() {
    QFETCH(int, samples);
    QFETCH(double, lambda);
    QFETCH(QString, losses);
    const auto problem = schemeProblem();
    Trainer trainer(frontExperiment(pamal({{"samples", samples},
                                           {"lambda", lambda},
                                           {"temperature", 2},
                                           {"losses", losses.toStdString()}})),
                    problem);
    trainSteps(trainer, 3);
    const auto before = valuesOf(trainer.snapshot());
    eq::train::StepRecord record;
    const auto update = updateOfFrontStep(trainer, record);
    const auto alphas = preferencesOf(record);
    QCOMPARE(std::ssize(alphas), samples);
    Points factors(alphas.size(), {1, 1});
    if (losses == "gradnorm")
      for (size_t w = 0; w < alphas.size(); ++w)
        factors[w] = gradnormFactors(before, alphas[w], problem);
    QVERIFY(distance(gradientOf(lossOfStep(alphas, factors, lambda, problem), before), update) <
            kClose);
    for (size_t k = 0; k < 2; ++k) {
      double loss = 0, weight = 0;
      for (size_t w = 0; w < alphas.size(); ++w) {
        const auto task = entropyOfTask(k == 0 ? "a" : "b", problem);
        loss += task(mixtureOf(before, alphas[w])).item<double>() / samples;
        weight += alphas[w][k] * factors[w][k];
      }
      QVERIFY(std::abs(record.losses[k] - loss) < kClose);
      QVERIFY(std::abs(record.weights[k] - weight) < kClose * weight);
    }
  }

  void recentLossesWeighOnceThereAreEnough() {
    eq::train::RecentLosses recent(2);
    for (int i = 0; i < 24; ++i) recent.add({1, 3}, {1, 1});
    QCOMPARE(recent.factors({1, 1}), (Point{1, 1}));
    recent.add({1, 3}, {1, 1});
    QCOMPARE(recent.factors({1, 1}), (Point{.75, .25}));
    recent.add({26, 3}, {1, 1});  // mean 2
    QCOMPARE(recent.factors({1, 1}), (Point{.6, .4}));
    recent.add({std::nan(""), 3}, {1, 1});  // tells nothing
    QCOMPARE(recent.factors({1, 1}), (Point{.6, .4}));
    recent.forget(0);
    QCOMPARE(recent.factors({1, 1}), (Point{1, 1}));
  }

  void relativeLossesComeIntoTheWeights() {
    Trainer trainer(frontExperiment(pamal({{"losses", "relative"}, {"samples", 2}})),
                    schemeProblem());
    const auto records = trainSteps(trainer, 26);
    Point sums{0, 0};
    for (size_t i = 0; i < 25; ++i)
      for (size_t k = 0; k < 2; ++k) sums[k] += records[i].losses[k];
    for (size_t k = 0; k < 2; ++k) {
      double alpha = 0;
      for (const auto& one : records[25].preferences) alpha += one.values[k];
      const double factor = 1 - sums[k] / (sums[0] + sums[1]);
      QVERIFY(std::abs(records[25].weights[k] - alpha * factor) < 1e-12);
      double former = 0;
      for (const auto& one : records[24].preferences) former += one.values[k];
      QVERIFY(std::abs(records[24].weights[k] - former) < 1e-12);
    }
  }

  void membersBeginApartOrAlike() {
    for (const bool same : {false, true}) {
      const Trainer trainer(frontExperiment(pamal({{"start", same ? "same" : "independent"}})),
                            schemeProblem());
      const auto tensors = trainer.snapshot().tensors;
      QCOMPARE(tensors.at("model.member.0.trunk.0.weight")
                   .equal(tensors.at("model.member.1.trunk.0.weight")),
               same);
      QVERIFY(!tensors.contains("model.trunk.0.weight"));
      QVERIFY(tensors.lower_bound("model.member.1.head.b.")
                  ->first.starts_with("model.member.1.head.b."));
    }
  }

  /// The run's own metrics are those at equal preferences, and its front has them in the middle.
  void theRunStandsAtEqualPreferences() {
    Trainer trainer(frontExperiment(pamal({{"front_points", 3}})), schemeProblem());
    trainSteps(trainer, 4);
    const auto found = trainer.evaluate(eq::train::SplitName::validation);
    QCOMPARE(found.front.size(), size_t{3});
    QCOMPARE(found.front[0].preference, (std::vector<double>{1, 0}));
    QCOMPARE(found.front[1].tasks, found.tasks);
    QVERIFY(found.front[0].tasks != found.tasks);
    QVERIFY(trainer.evaluate(eq::train::SplitName::test).front.empty());
    QCOMPARE(trainer.evaluate(eq::train::SplitName::validation).front[2].tasks,
             found.front[2].tasks);
  }

  /// Each end of the front is better in its task than the other end.
  void theEndsOfTheFrontServeTheirTasks() {
    Trainer trainer(frontExperiment(pamal({{"samples", 2}, {"front_points", 3}})), schemeProblem());
    trainSteps(trainer, 300);
    const auto front = trainer.evaluate(eq::train::SplitName::validation).front;
    QVERIFY(front[0].tasks[0].at("loss") < front[2].tasks[0].at("loss"));
    QVERIFY(front[2].tasks[1].at("loss") < front[0].tasks[1].at("loss"));
  }

  void thePlainModelIsThatOfTheFront() {
    const auto problem = schemeProblem();
    Trainer trainer(frontExperiment(pamal()), problem);
    trainSteps(trainer, 5);
    const Point preference{.3, .7};
    const auto snapshot = trainer.plainSnapshot(preference);
    auto experiment = trainer.experiment();
    experiment.pareto = {};
    Trainer plain(experiment, problem);
    plain.restore(snapshot);
    QCOMPARE(plain.stepsDone(), 5);
    const auto split = eq::train::SplitName::validation;
    QCOMPARE(plain.evaluate(split).tasks, trainer.front(split, {preference})[0].tasks);
    trainSteps(plain, 1);  // it goes on without the method
    QVERIFY(errorOf([&] { plain.plainSnapshot(preference); }).starts_with("pareto: this run"));
  }

  void resumeGoesOnToTheBit_data() {
    QTest::addColumn<QString>("method");
    QTest::newRow("plain") << R"({"samples": 2})";
    QTest::newRow("regularised") << R"({"samples": 3, "lambda": 1, "start": "same"})";
    QTest::newRow("relative") << R"({"losses": "relative"})";
    QTest::newRow("gradnorm") << R"({"losses": "gradnorm", "concentration": 0.3})";
  }
  void resumeGoesOnToTheBit() {
    QFETCH(QString, method);
    const auto experiment =
        frontExperiment(pamal(json::parse(method.toStdString())),
                        {{"model", {{"dropout", 0.2}}},
                         {"batch_size", 16},
                         {"optimizer", {{"id", "adam"}, {"lr", 0.01}, {"momentum", nullptr}}},
                         {"conflict", {{"every", 3}}}});
    QCOMPARE(whatResumeChanges(experiment, schemeProblem(), 29, 9), std::string());
  }

  /// Another loss changes the head of all members; the rest of them goes on.
  void aLossIsSwappedWhileItTrains() {
    Trainer trainer(frontExperiment(pamal({{"losses", "relative"}})), schemeProblem());
    trainSteps(trainer, 26);
    const auto before = trainer.snapshot().tensors;
    trainer.apply(Command::setLoss(1, {"focal"}));
    const auto after = trainer.snapshot();
    QVERIFY(before.at("model.member.1.trunk.0.weight")
                .equal(after.tensors.at("model.member.1.trunk.0.weight")));
    QCOMPARE(after.meta.at("pareto").at("recent_losses").at(0).size(), size_t{25});
    QVERIFY(after.meta.at("pareto").at("recent_losses").at(1).empty());
    trainer.apply(Command::setLoss(0, {"arcface"}));
    const auto records = trainSteps(trainer, 2);
    QVERIFY(std::isfinite(records[1].losses[0]) && std::isfinite(records[1].losses[1]));
  }

  void cosinesBetweenMembersAreRecorded() {
    Trainer trainer(frontExperiment(pamal(), {{"observe", {{"every", 2}}}}), schemeProblem());
    const auto before = valuesOf(trainer.snapshot());
    const auto records = trainSteps(trainer, 2);
    const auto a = row(before, "member.0."), b = row(before, "member.1.");
    const auto& seen = records[0].observations;
    QCOMPARE(seen.size(), size_t{1});
    QCOMPARE(seen[0].name, std::string("member_cosine"));
    const double cosine = (a.dot(b) / (a.norm() * b.norm())).item<double>();
    QVERIFY(std::abs(seen[0].values[1] - cosine) < 1e-6);
    QVERIFY(std::abs(seen[0].values[3] - 1) < 1e-6);
    QVERIFY(records[1].observations.empty());
  }

  void conflictIsThatAtTheFirstPreference() {
    const auto problem = schemeProblem();
    for (const double lambda : {0.0, 1.0}) {
      Trainer trainer(frontExperiment(pamal({{"samples", 2}, {"lambda", lambda}}),
                                      {{"conflict", {{"every", 1}}}}),
                      problem);
      const auto before = valuesOf(trainer.snapshot());
      const auto record = trainSteps(trainer, 1)[0];
      QVERIFY(record.conflict.has_value());
      Values mixture;
      for (const auto& [name, value] : mixtureOf(before, record.preferences[0].values))
        mixture[name] = value.detach().requires_grad_();
      const auto norm =
          row(gradientOf(entropyOfTask("a", problem), mixture), "trunk.").norm().item<double>();
      QVERIFY(std::abs(record.conflict->norms[0] - norm) < kClose * norm);
    }
  }
};

EQUIPOISE_TEST(TestPamal)
#include "tst_pamal.moc"

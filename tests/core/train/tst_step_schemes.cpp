#include <QTest>

#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include "core/train/command.h"
#include "core/train/sampler.h"
#include "core/train/scheme/interval_clustering.h"
#include "tests/core/train/scheme_support.h"
#include "tests/core/train/small_net.h"

using eq::test::distance;
using eq::test::gradientOf;
using eq::test::LossOfValues;
using eq::test::only;
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
using eq::train::Trainer;
using nlohmann::json;

namespace {

constexpr double kRate = 0.5;
constexpr double kClose = 2e-5;  ///< of float32 steps against float64, relative to the largest

/// Whole batches of the tasks a and b; plain steps.
json plainSteps(const json& scheme, json changes = json::object()) {
  json base{{"batch_size", 48},
            {"model", {{"dropout", 0}}},
            {"optimizer", {{"id", "sgd"}, {"lr", kRate}, {"momentum", 0}}},
            {"tasks", {{{"name", "a"}}, {{"name", "b"}}}}};
  base.merge_patch(changes);
  return withScheme(scheme, base);
}

/// Mean cross-entropy of one task on some examples of the problem.
LossOfValues entropyOf(const std::string& task, const eq::data::Problem& problem,
                       const at::Tensor& rows = {}) {
  const size_t index = task == "a" ? 0 : 1;
  auto inputs = problem.train.inputs;
  auto target = problem.train.targets[index];
  if (rows.defined()) {
    inputs = inputs.index_select(0, rows);
    target = target.index_select(0, rows);
  }
  return [=](const Values& values) {
    const auto logs = at::log_softmax(outputOf(values, task, inputs), 1);
    return -logs.gather(1, target.unsqueeze(1)).mean();
  };
}

/// (θ before − θ after)/rate of a step.
Values updateOfStep(Trainer& trainer, double rate = kRate) {
  const auto before = valuesOf(trainer.snapshot());
  trainSteps(trainer, 1);
  Values update;
  for (const auto& [name, value] : valuesOf(trainer.snapshot()))
    update[name] = ((before.at(name) - value) / rate).detach();
  return update;
}

Values added(const Values& a, const Values& b, double factor = 1) {
  return plus(a, b, factor);
}

/// The minimum of ‖w g + (1 − w) h‖.
std::vector<double> minimumNorm(const at::Tensor& g, const at::Tensor& h) {
  const auto dot = [](const at::Tensor& a, const at::Tensor& b) {
    return at::dot(a, b).item<double>();
  };
  const double gap = dot(g, g) + dot(h, h) - 2 * dot(g, h);
  const double w = std::clamp((dot(h, h) - dot(g, h)) / gap, 0.0, 1.0);
  return {w, 1 - w};
}

at::Tensor unit(const at::Tensor& v) {
  return v / v.norm();
}

/// ConFIG of two gradients by its two-task form.
at::Tensor configOfTwo(const at::Tensor& g, const at::Tensor& h) {
  const auto u = unit(g), v = unit(h);
  const auto along = unit(unit(h - at::dot(h, u) * u) + unit(g - at::dot(g, v) * v));
  return along * (at::dot(g, along) + at::dot(h, along));
}

}  // namespace

/// How a step is made, scheme by scheme: each against its formula, computed anew in float64.
class TestStepSchemes : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  /// d = Agg({g_k}) + Agg({g_k(θ + ε_k) − g_k}), heads from θ + ε_k.
  void samTakesTheGradientsWhereTheLossesRise_data() {
    QTest::addColumn<bool>("mgda");
    QTest::newRow("sum") << false;
    QTest::newRow("mgda") << true;
  }
  void samTakesTheGradientsWhereTheLossesRise() {
    QFETCH(bool, mgda);
    json changes = json::object();
    if (mgda) changes["balancer"] = {{"gradient", {{"id", "mgda"}}}};
    const auto problem = schemeProblem();
    Trainer trainer(schemeExperiment(
                        plainSteps({{"id", "sam_mtl"}, {"rho", 0.3}, {"rho_heads", 0.2}}, changes)),
                    problem);
    const auto values = valuesOf(trainer.snapshot());
    std::vector<Values> here, change, sharp;
    for (const std::string task : {"a", "b"}) {
      const auto loss = entropyOf(task, problem);
      const auto g = gradientOf(loss, values);
      const auto head = "head." + task;
      const auto length = [&](const std::string& part) {
        return row(g, part).norm().item<double>();
      };
      const auto offset =
          added(only(g, "trunk", 0.3 / length("trunk")), only(g, head, 0.2 / length(head)));
      sharp.push_back(gradientOf(loss, plus(values, offset, 1)));
      here.push_back(g);
      change.push_back(plus(sharp.back(), g, -1));
    }
    std::vector<double> w{1, 1}, flat{1, 1};
    if (mgda) {
      w = minimumNorm(row(here[0], "trunk"), row(here[1], "trunk"));
      flat = minimumNorm(row(change[0], "trunk"), row(change[1], "trunk"));
    }
    auto expected = added(only(sharp[0], "head.a"), only(sharp[1], "head.b"));
    for (size_t k = 0; k < 2; ++k) {
      expected = added(expected, only(here[k], "trunk", w[k]));
      expected = added(expected, only(change[k], "trunk", flat[k]));
    }
    const double found = distance(expected, updateOfStep(trainer));
    QVERIFY2(found < kClose, std::to_string(found).c_str());
  }

  /// g_k at θ − η ∇L_k(θ; the first 80 %), on the rest; second: (1 − η ∇²L_k) times it.
  void mamlStepsOnThePartOfTheBatchBefore_data() {
    QTest::addColumn<QString>("order");
    QTest::newRow("first") << "first";
    QTest::newRow("second") << "second";
  }
  void mamlStepsOnThePartOfTheBatchBefore() {
    QFETCH(QString, order);
    const auto problem = schemeProblem();
    const auto experiment =
        schemeExperiment(plainSteps({{"id", "maml_mtl"}, {"order", order.toStdString()}}));
    Trainer trainer(experiment, problem);
    const auto dealt = eq::train::Sampler(48, 48, experiment.seed, at::kCPU).indices();
    const auto inner = dealt.narrow(0, 0, 38), outer = dealt.narrow(0, 38, 10);
    const auto values = valuesOf(trainer.snapshot());
    Values expected = only(values, "none");
    for (const std::string task : {"a", "b"}) {
      const auto inside = entropyOf(task, problem, inner);
      const auto moved = plus(values, gradientOf(inside, values), -kRate);
      auto g = gradientOf(entropyOf(task, problem, outer), moved);
      if (order == "second") {
        const LossOfValues along = [&](const Values& at) {
          at::Tensor sum;
          for (const auto& [name, slope] : gradientOf(inside, at, true)) {
            const auto part = (slope * g.at(name).detach()).sum();
            sum = sum.defined() ? sum + part : part;
          }
          return sum;
        };
        g = plus(g, gradientOf(along, values), -kRate);
      }
      expected = added(expected, g);
    }
    const double found = distance(expected, updateOfStep(trainer));
    QVERIFY2(found < (order == "second" ? 1e-3 : kClose), std::to_string(found).c_str());
  }

  /// The losses in the record are those of the whole batch before the step.
  void recordsHoldTheLossesBeforeTheStep_data() {
    QTest::addColumn<QString>("id");
    for (const char* id : {"sam_mtl", "maml_mtl", "m_config", "sparse_training", "compensation",
                           "interval_clustering"})
      QTest::newRow(id) << id;
  }
  void recordsHoldTheLossesBeforeTheStep() {
    QFETCH(QString, id);
    const auto problem = schemeProblem();
    Trainer with(schemeExperiment(plainSteps({{"id", id.toStdString()}})), problem);
    Trainer without(schemeExperiment(plainSteps(json())), problem);
    QCOMPARE(trainSteps(with, 1)[0].losses, trainSteps(without, 1)[0].losses);
  }

  /// Of 6 units with 2 inputs each the larger weight alone, at a share of a half; biases and heads
  /// are trained; Adam with decay moves nothing else.
  void sparseTrainingLeavesSmallWeightsAlone() {
    const json optimizer{
        {"id", "adam"}, {"lr", 0.01}, {"weight_decay", 0.1}, {"momentum", nullptr}};
    Trainer trainer(schemeExperiment(plainSteps({{"id", "sparse_training"}, {"share", 0.5}},
                                                {{"optimizer", optimizer}})),
                    schemeProblem());
    trainSteps(trainer, 1);
    trainer.apply(Command::setScheme({}));
    trainSteps(trainer, 5);
    trainer.apply(Command::setScheme(
        eq::train::schemesFromJson({{"id", "sparse_training"}, {"share", 0.5}})));
    const auto before = trainer.snapshot().tensors;
    trainSteps(trainer, 5);
    const auto after = trainer.snapshot().tensors;
    const auto w = before.at("model.trunk.0.weight"), moved = after.at("model.trunk.0.weight");
    for (std::int64_t unit = 0; unit < 6; ++unit) {
      const auto large = w[unit].abs().argmax().item<std::int64_t>();
      QVERIFY((w[unit] != moved[unit])[large].item<bool>());
      QVERIFY((w[unit] == moved[unit])[1 - large].item<bool>());
      QCOMPARE(after.at("optimizer.mean")[unit * 2 + 1 - large].item<float>(), 0.0F);
    }
    QVERIFY(!before.at("model.trunk.0.bias").equal(after.at("model.trunk.0.bias")));
    QVERIFY((before.at("model.head.a.linear-3.weight") != after.at("model.head.a.linear-3.weight"))
                .all()
                .item<bool>());
  }

  /// G = J M Jᵀ, for the balancer and the conflict.
  void sparseTrainingMasksTheRows() {
    const auto problem = schemeProblem();
    Trainer trainer(schemeExperiment(plainSteps({{"id", "sparse_training"}, {"share", 0.5}},
                                                {{"balancer", {{"gradient", {{"id", "mgda"}}}}},
                                                 {"conflict", {{"every", 1}}}})),
                    problem);
    const auto values = valuesOf(trainer.snapshot());
    const auto w = values.at("trunk.0.weight").detach();
    const auto mask = (w.abs() == w.abs().amax(1, true)).to(at::kDouble);
    std::vector<at::Tensor> rows;
    for (const std::string task : {"a", "b"}) {
      auto g = gradientOf(entropyOf(task, problem), values);
      g["trunk.0.weight"] = g["trunk.0.weight"] * mask;
      rows.push_back(row(g, "trunk"));
    }
    const auto record = trainSteps(trainer, 1)[0];
    const auto weights = minimumNorm(rows[0], rows[1]);
    for (size_t k = 0; k < 2; ++k) {
      QVERIFY(std::abs(record.conflict->norms[k] - rows[k].norm().item<double>()) < 1e-5);
      QVERIFY(std::abs(record.weights[k] - weights[k]) < 1e-4);
    }
  }

  /// Momenta μ + Δ of the distillation and μ − Δ of the rest where both flow, μ elsewhere; decay in
  /// the task's part.
  void dotKeepsTwoMomenta() {
    auto problem = schemeProblem();
    problem.tasks[0].fields = {"teacher"};
    const auto teacher = (at::arange(48 * 3).view({48, 3}).remainder(7) - 3).to(at::kFloat);
    for (auto* split : {&problem.train, &problem.validation, &problem.test})
      split->fields = {{{"teacher", teacher}}, {}, {}};
    const json distillation{
        {"id", "distillation"}, {"temperature", 2}, {"ce_weight", 0.7}, {"kd_weight", 0.4}};
    const json changes{{"tasks", {{{"name", "a"}, {"loss", distillation}}, {{"name", "b"}}}},
                       {"optimizer", {{"momentum", 0.8}, {"weight_decay", 0.01}, {"lr", 0.1}}}};
    Trainer trainer(schemeExperiment(plainSteps({{"id", "dot"}, {"delta", 0.1}}, changes)),
                    problem);
    const LossOfValues followed = [&](const Values& values) {
      const auto of = [](const at::Tensor& logits) { return at::log_softmax(logits / 2, 1); };
      const auto p = of(teacher.to(at::kDouble)),
                 q = of(outputOf(values, "a", problem.train.inputs));
      return (p.exp() * (p - q)).sum(1).mean() * (0.4 * 4);
    };
    const auto own = entropyOf("a", problem), other = entropyOf("b", problem);
    const LossOfValues tasks = [&](const Values& values) {
      return own(values) * 0.7 + other(values);
    };
    auto values = valuesOf(trainer.snapshot());
    Values v = only(values, "none"), u = v;
    for (int i = 0; i < 3; ++i) {
      const auto g = gradientOf(tasks, values), h = gradientOf(followed, values);
      for (auto& [name, value] : values) {
        const bool both = !name.starts_with("head.b");
        const double delta = both ? 0.1 : 0;
        v[name] = (v[name] * (0.8 - delta) + g.at(name) + value * 0.01).detach();
        u[name] = (u[name] * (0.8 + delta) + h.at(name)).detach();
        value = (value - (v[name] + u[name]) * 0.1).detach().requires_grad_();
      }
      trainSteps(trainer, 1);
    }
    const double found = distance(values, valuesOf(trainer.snapshot()));
    QVERIFY2(found < kClose, std::to_string(found).c_str());
  }

  void mConfigStepsAlongItsMomenta() {
    const auto problem = schemeProblem();
    Trainer trainer(
        schemeExperiment(plainSteps({{"id", "m_config"}, {"beta1", 0.6}, {"beta2", 0.9}},
                                    {{"optimizer", {{"lr", 0.01}}}})),
        problem);
    auto values = valuesOf(trainer.snapshot());
    const Values nothing = only(values, "none");
    std::vector<Values> m{nothing, nothing};
    Values former = nothing, square = nothing;
    for (int t = 1; t <= 4; ++t) {
      const double first = 1 - std::pow(0.6, t), second = 1 - std::pow(0.9, t);
      for (size_t k = 0; k < 2; ++k)
        m[k] = plus(only(m[k], "", 0.6), gradientOf(entropyOf(k == 0 ? "a" : "b", problem), values),
                    0.4);
      const auto d = configOfTwo(row(m[0], "trunk") / first, row(m[1], "trunk") / first);
      std::int64_t at = 0;
      for (auto& [name, value] : values) {
        at::Tensor direction = name.starts_with("head.a")   ? m[0].at(name) / first
                               : name.starts_with("head.b") ? m[1].at(name) / first
                                                            : at::Tensor();
        if (!direction.defined()) {
          direction = d.narrow(0, at, value.numel()).view(value.sizes());
          at += value.numel();
        }
        const auto moment = direction * first;
        const auto f = (moment - former[name] * 0.6) / 0.4;
        square[name] = (square[name] * 0.9 + f * f * 0.1).detach();
        former[name] = moment.detach();
        value = (value - direction / ((square[name] / second).sqrt() + 1e-8) * 0.01)
                    .detach()
                    .requires_grad_();
      }
      trainSteps(trainer, 1);
    }
    const double found = distance(values, valuesOf(trainer.snapshot()));
    QVERIFY2(found < 1e-4, std::to_string(found).c_str());
  }

  /// One gradient a step: nothing shared moves until every task was seen.
  void mConfigWaitsForEveryTask() {
    const json both{{{"id", "m_config"}}, {{"id", "sequential"}}};
    Trainer trainer(schemeExperiment(plainSteps(both, {{"epochs", 10}})), schemeProblem());
    const auto before = trainer.snapshot().tensors;
    trainSteps(trainer, 5);
    auto after = trainer.snapshot().tensors;
    QVERIFY(before.at("model.trunk.0.weight").equal(after.at("model.trunk.0.weight")));
    QVERIFY(
        !before.at("model.head.a.linear-3.weight").equal(after.at("model.head.a.linear-3.weight")));
    trainSteps(trainer, 1);
    after = trainer.snapshot().tensors;
    QVERIFY(!before.at("model.trunk.0.weight").equal(after.at("model.trunk.0.weight")));
  }

  /// Against all partitions of up to six tasks.
  void clustersAreTheBestOfAllPartitions() {
    const auto gainOf = [](const Eigen::MatrixXd& affinity,
                           const std::vector<Eigen::Index>& starts) {
      double gain = 0;
      for (size_t c = 0; c < starts.size(); ++c) {
        const auto end = c + 1 < starts.size() ? starts[c + 1] : affinity.rows();
        for (auto j = starts[c]; j < end; ++j) gain += affinity((starts[c] + end - 1) / 2, j);
      }
      return gain;
    };
    for (int trial = 0; trial < 40; ++trial) {
      std::srand(static_cast<unsigned>(trial));
      const Eigen::Index tasks = 2 + trial % 5;
      const Eigen::MatrixXd affinity = Eigen::MatrixXd::Random(tasks, tasks);
      for (Eigen::Index clusters = 1; clusters <= tasks; ++clusters) {
        double best = -1e9;
        for (unsigned cuts = 0; cuts < (1U << (tasks - 1)); ++cuts) {
          std::vector<Eigen::Index> starts{0};
          for (Eigen::Index k = 1; k < tasks; ++k)
            if (cuts & (1U << (k - 1))) starts.push_back(k);
          if (std::ssize(starts) == clusters) best = std::max(best, gainOf(affinity, starts));
        }
        const auto found = eq::train::intervalClusters(affinity, clusters);
        QCOMPARE(std::ssize(found), clusters);
        QVERIFY(std::abs(gainOf(affinity, found) - best) < 1e-12);
      }
    }
  }

  /// Of three tasks in two clusters the first is alone at the beginning; MGDA sees two rows.
  void theBalancerSeesClusters() {
    const auto changes = plainSteps({{"id", "interval_clustering"}, {"every", 3}},
                                    {{"tasks", nullptr},
                                     {"balancer", {{"gradient", {{"id", "mgda"}}}}},
                                     {"conflict", {{"every", 1}}}});
    Trainer trainer(schemeExperiment(changes), schemeProblem());
    Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(3, 3);
    const auto records = trainSteps(trainer, 3);
    for (const auto& record : records) {
      const auto cosine = [&](size_t i, size_t j) { return record.conflict->cosines[i * 3 + j]; };
      const auto product = [&](size_t i, size_t j) {
        return record.conflict->norms[i] * record.conflict->norms[j] * cosine(i, j);
      };
      const double one = product(0, 0), two = product(1, 1) + product(2, 2) + 2 * product(1, 2);
      const double across = product(0, 1) + product(0, 2);
      const double w = std::clamp((two - across) / (one + two - 2 * across), 0.0, 1.0);
      QVERIFY(std::abs(record.weights[0] - w) < 1e-6);
      QVERIFY(std::abs(record.weights[1] - (1 - w)) < 1e-6);
      QCOMPARE(record.weights[1], record.weights[2]);
      for (size_t i = 0; i < 3; ++i)
        for (size_t j = 0; j < 3; ++j)
          sums(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) += cosine(i, j);
    }
    const auto record = trainSteps(trainer, 1)[0];
    const auto second = eq::train::intervalClusters(sums, 2)[1];
    QCOMPARE(record.weights[1] == record.weights[2], second == 1);
    QCOMPARE(record.weights[1] == record.weights[0], second == 2);
  }

  /// w_i = m_{y_i}/mean m, m_c the mean of 1 − p over the examples of c.
  void compensationWeighsClassesByTheirGradients() {
    const auto problem = schemeProblem();
    Trainer trainer(schemeExperiment(plainSteps({{"id", "compensation"}})), problem);
    const auto values = valuesOf(trainer.snapshot());
    const LossOfValues weighted = [&](const Values& at) {
      at::Tensor sum;
      for (const std::string task : {"a", "b"}) {
        const auto target = problem.train.targets[task == "a" ? 0 : 1];
        const auto logs = at::log_softmax(outputOf(at, task, problem.train.inputs), 1)
                              .gather(1, target.unsqueeze(1))
                              .squeeze(1);
        const auto sizes = (1 - logs.exp()).detach();
        const std::int64_t classes = task == "a" ? 3 : 2;
        std::vector<double> means;
        for (std::int64_t c = 0; c < classes; ++c)
          means.push_back(sizes.masked_select(target == c).mean().item<double>());
        const auto m = at::tensor(means, at::kDouble);
        const auto loss = -(logs * (m / m.mean()).index_select(0, target)).mean();
        sum = sum.defined() ? sum + loss : loss;
      }
      return sum;
    };
    const double found = distance(gradientOf(weighted, values), updateOfStep(trainer));
    QVERIFY2(found < kClose, std::to_string(found).c_str());
  }

  /// Dropout and views are drawn once a step: with an offset of nothing the step is the plain one.
  void passesOfAStepSeeTheSameDropout() {
    const json dropout{{"model", {{"dropout", 0.5}}}};
    Trainer sharp(
        schemeExperiment(plainSteps({{"id", "sam_mtl"}, {"rho", 0}, {"rho_heads", 0}}, dropout)),
        schemeProblem());
    Trainer plain(schemeExperiment(plainSteps(json(), dropout)), schemeProblem());
    trainSteps(sharp, 3);
    trainSteps(plain, 3);
    QVERIFY(distance(valuesOf(plain.snapshot()), valuesOf(sharp.snapshot())) < kClose);
    QVERIFY(sharp.snapshot()
                .tensors.at("random.dropout")
                .equal(plain.snapshot().tensors.at("random.dropout")));
  }

  void whatDoesNotFitIsRefusedWithTheReason_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<QString>("changes");
    QTest::addColumn<QString>("problem");
    const auto row = [](const char* name, const char* scheme, const char* changes,
                        const char* problem) {
      QTest::newRow(name) << scheme << changes << problem;
    };
    const char* adam = R"({"optimizer": {"id": "adam", "momentum": null}})";
    row("dot with adam", "dot", adam, "works with the optimizer sgd alone, found adam");
    row("m_config with adam", "m_config", adam, "works with the optimizer sgd alone, found adam");
    row("dot without a teacher", "dot", R"({"optimizer": {"momentum": 0.9}})", "no loss distils");
    row("dot and its momenta", "dot", R"({"optimizer": {"momentum": 0.95}})", "scheme.delta");
    row("m_config and another", "m_config", R"({"balancer": {"gradient": {"id": "pcgrad"}}})",
        "m_config is a gradient method itself");
    row("three batches", "sam_mtl", R"({"balancer": {"gradient": {"id": "modo"}}})",
        "modo reads three");
    row("representation", "maml_mtl", R"({"balancer": {"gradient": {"id": "mgda_ub"}}})",
        "mgda_ub reads those in the trunk's output");
    row("a batch of one", "maml_mtl", R"({"batch_size": 1})", "set batch_size to 2 or more");
    row("what clusters have not", "interval_clustering",
        R"({"balancer": {"weighting": {"id": "famo"}}})", "famo reads more");
    row("losses after", "sam_mtl",
        R"({"balancer": {"weighting": {"id": "famo"}, "gradient": {"id": "mgda"}}})",
        "famo learns from the losses after it");
  }
  void whatDoesNotFitIsRefusedWithTheReason() {
    QFETCH(QString, scheme);
    QFETCH(QString, changes);
    QFETCH(QString, problem);
    const auto text = eq::test::errorOf([&] {
      Trainer trainer(schemeExperiment(plainSteps({{"id", scheme.toStdString()}},
                                                  json::parse(changes.toStdString()))),
                      schemeProblem());
    });
    QVERIFY2(text.find("scheme.") == 0 && text.find(problem.toStdString()) != std::string::npos,
             text.c_str());
  }

  /// A method that does not go with the scheme in force is refused, and nothing changes.
  void methodsThatDoNotFitTheSchemeAreRefused() {
    Trainer trainer(schemeExperiment(plainSteps({{"id", "m_config"}})), schemeProblem());
    const auto text = eq::test::errorOf([&] { trainer.apply(Command::setGradient({"pcgrad"})); });
    QVERIFY2(text.find("m_config is a gradient method itself") != std::string::npos, text.c_str());
    QVERIFY(trainer.experiment().balancer.gradient.id.empty());
    trainSteps(trainer, 2);
  }
};

EQUIPOISE_TEST(TestStepSchemes)
#include "tst_step_schemes.moc"

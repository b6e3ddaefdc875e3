#include <QTest>

#include <algorithm>
#include <cmath>

#include <ATen/ops/dot.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>

#include "core/train/command.h"
#include "core/train/scheme/fork_merge.h"
#include "core/train/scheme/forum.h"
#include "tests/core/train/scheme_support.h"
#include "tests/core/train/small_net.h"

using eq::test::distance;
using eq::test::gradientOf;
using eq::test::LossOfValues;
using eq::test::outputOf;
using eq::test::plus;
using eq::test::row;
using eq::test::schemeExperiment;
using eq::test::schemeProblem;
using eq::test::trainSteps;
using eq::test::Values;
using eq::test::valuesOf;
using eq::test::withScheme;
using eq::train::SplitName;
using eq::train::Trainer;
using nlohmann::json;

namespace {

constexpr double kStep = 0.5;  ///< the learning rate

/// Whole batches, so that the second one holds the same examples; plain steps.
json wholeBatches(const json& scheme, json changes = json::object()) {
  json base{{"batch_size", 48},
            {"model", {{"dropout", 0}}},
            {"optimizer", {{"id", "sgd"}, {"lr", kStep}, {"momentum", 0}}}};
  base.merge_patch(changes);
  return withScheme(scheme, base);
}

json twoTasks() {
  return {{"tasks", {{{"name", "a"}}, {{"name", "b"}}}}};
}

LossOfValues meanEntropy(const std::string& task, const eq::data::Problem& problem) {
  const auto target = problem.train.targets[task == "a" ? 0 : 1];
  return [=](const Values& values) {
    const auto logs = at::log_softmax(outputOf(values, task, problem.train.inputs), 1);
    return -logs.gather(1, target.unsqueeze(1)).mean();
  };
}

double product(const Values& a, const Values& b) {
  return at::dot(row(a, ""), row(b, "")).item<double>();
}

json stateOfScheme(const Trainer& trainer, const std::string& id) {
  return trainer.snapshot().meta.at("schemes").at(id);
}

}  // namespace

/// Schemes that look where a step leads: virtual steps and branches.
class TestLookAheadSchemes : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  /// ∂λ_k = −η g_k · v, v the primary tasks' gradient at θ − η Σ λ_k g_k; a step of Adam is η at
  /// first.
  void lambdaFollowsWhatHelpsThePrimaryTasks_data() {
    QTest::addColumn<QString>("primary");
    QTest::newRow("all") << R"("all")";
    QTest::newRow("one") << R"("b")";
    QTest::newRow("list") << R"(["a"])";
  }
  void lambdaFollowsWhatHelpsThePrimaryTasks() {
    QFETCH(QString, primary);
    const auto wanted = json::parse(primary.toStdString());
    const auto problem = schemeProblem();
    const json scheme{{"id", "auto_lambda"}, {"init", 0.6}, {"lr", 0.01}, {"primary", wanted}};
    Trainer trainer(schemeExperiment(wholeBatches(scheme, twoTasks())), problem);
    const auto values = valuesOf(trainer.snapshot());
    std::vector<Values> g;
    for (const char* task : {"a", "b"}) g.push_back(gradientOf(meanEntropy(task, problem), values));
    const auto ahead = plus(plus(values, g[0], -kStep * 0.6), g[1], -kStep * 0.6);
    Values v = plus(values, values, -1);
    for (const char* task : {"a", "b"})
      if (wanted == "all" || wanted == task || wanted == json::array({task}))
        v = plus(v, gradientOf(meanEntropy(task, problem), ahead), 1);
    const auto record = trainSteps(trainer, 1)[0];
    const auto state = stateOfScheme(trainer, "auto_lambda");
    for (size_t k = 0; k < 2; ++k) {
      const double expected = -kStep * product(g[k], v);
      const double found = state.at("adam").at("first")[k].get<double>() / 0.1;
      QVERIFY2(std::abs(found - expected) < 2e-3 * std::abs(expected),
               std::to_string(found).c_str());
      QVERIFY(std::abs(record.weights[k] - (0.6 - std::copysign(0.01, expected))) < 1e-6);
    }
  }

  /// The momentum and the decay of SGD are part of the virtual step: without a gradient of their
  /// own they would not matter.
  void theVirtualStepIsThatOfSgd() {
    const json scheme{{"id", "auto_lambda"}, {"init", 0.6}};
    const auto changes = [&](double decay) {
      auto all = twoTasks();
      all["optimizer"] = {{"weight_decay", decay}};
      return wholeBatches(scheme, all);
    };
    const auto problem = schemeProblem();
    Trainer trainer(schemeExperiment(changes(0.5)), problem);
    const auto values = valuesOf(trainer.snapshot());
    std::vector<Values> g;
    for (const char* task : {"a", "b"}) g.push_back(gradientOf(meanEntropy(task, problem), values));
    auto ahead = plus(plus(values, g[0], -kStep * 0.6), g[1], -kStep * 0.6);
    ahead = plus(ahead, values, -kStep * 0.5);
    const auto v = plus(gradientOf(meanEntropy("a", problem), ahead),
                        gradientOf(meanEntropy("b", problem), ahead), 1);
    trainSteps(trainer, 1);
    const double expected = -kStep * product(g[0], v);
    const double found =
        stateOfScheme(trainer, "auto_lambda").at("adam").at("first")[0].get<double>() / 0.1;
    QVERIFY(std::abs(found - expected) < 2e-3 * std::abs(expected));
  }

  void lambdaStaysAboveNothing() {
    const json scheme{{"id", "auto_lambda"}, {"init", 0.001}, {"lr", 10}, {"primary", {"a"}}};
    Trainer trainer(schemeExperiment(wholeBatches(scheme)), schemeProblem());
    for (const auto& record : trainSteps(trainer, 20))
      for (const double weight : record.weights) QVERIFY(weight >= 0);
  }

  /// Rows −η (g_t(θ') · g_j)_j ∂softmax, of length 1; the shortest of their convex combinations.
  void momlMovesTheWeightsForAllTasks() {
    const auto problem = schemeProblem();
    Trainer trainer(
        schemeExperiment(wholeBatches({{"id", "moml"}, {"outer_lr", 0.01}}, twoTasks())), problem);
    const auto values = valuesOf(trainer.snapshot());
    std::vector<Values> g, after;
    for (const char* task : {"a", "b"}) g.push_back(gradientOf(meanEntropy(task, problem), values));
    const auto ahead = plus(plus(values, g[0], -kStep * 0.5), g[1], -kStep * 0.5);
    for (const char* task : {"a", "b"})
      after.push_back(gradientOf(meanEntropy(task, problem), ahead));
    // Through the softmax at (½, ½) a row (x, y) becomes (x − y)/4 (1, −1).
    std::vector<double> signs;
    for (size_t t = 0; t < 2; ++t)
      signs.push_back(
          std::copysign(std::sqrt(0.5), -(product(after[t], g[0]) - product(after[t], g[1]))));
    const double common = signs[0] == signs[1] ? signs[0] : 0;
    const auto record = trainSteps(trainer, 1)[0];
    const auto mean = stateOfScheme(trainer, "moml").at("adam").at("first");
    QVERIFY(std::abs(mean[0].get<double>() / 0.1 - common) < 1e-5);
    QVERIFY(std::abs(mean[1].get<double>() / 0.1 + common) < 1e-5);
    QVERIFY(std::abs(record.weights[0] + record.weights[1] - 1) < 1e-12);
    const double moved = 1 / (1 + std::exp(common == 0 ? 0 : std::copysign(0.02, common)));
    QVERIFY(std::abs(record.weights[0] - moved) < 1e-6);
  }

  /// Against all weights of a fine grid.
  void forumTakesTheShortestDirection() {
    for (int trial = 0; trial < 30; ++trial) {
      std::srand(static_cast<unsigned>(trial));
      const Eigen::MatrixXd rows = Eigen::MatrixXd::Random(3, 4);
      const Eigen::MatrixXd products = rows * rows.transpose();
      const auto costOf = [&](double first) {
        const Eigen::Vector2d lambda(first, 1 - first);
        const double nu = eq::train::forumNu(products, lambda, 0.1);
        const Eigen::VectorXd d = rows.transpose() * Eigen::Vector3d(first, 1 - first, nu);
        return d.squaredNorm() / 2 - nu * 0.1 * products(2, 2);
      };
      double best = 1e9;
      for (int i = 0; i <= 2000; ++i) best = std::min(best, costOf(i / 2000.0));
      const auto found = eq::train::forumWeights(products, 0.1);
      QVERIFY(std::abs(found.lambda.sum() - 1) < 1e-9 && found.lambda.minCoeff() >= 0);
      QVERIFY(costOf(found.lambda[0]) < best + 1e-6);
      // Where ν is above 0 the direction lowers q as fast as is asked.
      const Eigen::VectorXd d =
          rows.transpose() * Eigen::Vector3d(found.lambda[0], found.lambda[1], found.nu);
      QVERIFY(rows.row(2).dot(d) > 0.1 * products(2, 2) - 1e-6);
    }
  }

  /// One inner step of a tenth, in float64 and by the grid.
  void forumLowersTheTasksAndTheValueFunction() {
    const auto problem = schemeProblem();
    const json scheme{{"id", "forum"}, {"inner_steps", 2}, {"inner_lr", 0.2}, {"outer_lr", 0.01}};
    Trainer trainer(schemeExperiment(wholeBatches(scheme, twoTasks())), problem);
    const auto values = valuesOf(trainer.snapshot());
    std::vector<LossOfValues> losses{meanEntropy("a", problem), meanEntropy("b", problem)};
    std::vector<Values> g{gradientOf(losses[0], values), gradientOf(losses[1], values)};
    const auto half = [&](const Values& at) {
      return plus(plus(at, gradientOf(losses[0], at), -0.1), gradientOf(losses[1], at), -0.1);
    };
    const auto end = half(half(values));
    std::vector<double> gap;
    for (const auto& loss : losses) gap.push_back((loss(values) - loss(end)).item<double>());
    const auto q = plus(plus(plus(values, values, -1), g[0], 0.5), g[1], 0.5);
    // Through the softmax at (½, ½): (x, y) becomes (x − y)/4 (1, −1).
    const double ofLogits = (gap[0] - gap[1]) / 4;
    Eigen::Matrix3d products;
    const std::vector<Values> rows{g[0], g[1], q};
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j)
        products(i, j) = product(rows[static_cast<size_t>(i)], rows[static_cast<size_t>(j)]);
    products(2, 2) += 2 * ofLogits * ofLogits;
    const auto best = eq::train::forumWeights(products, 0.1);  // the first step takes it whole
    auto expected = plus(plus(values, values, -1), q, best.nu);
    for (size_t k = 0; k < 2; ++k)
      expected = plus(expected, g[k], best.lambda[static_cast<Eigen::Index>(k)]);
    trainSteps(trainer, 1);
    Values update;
    for (const auto& [name, value] : valuesOf(trainer.snapshot()))
      update[name] = ((values.at(name) - value) / kStep).detach();
    const double found = distance(expected, update);
    QVERIFY2(found < 1e-4, std::to_string(found).c_str());
    const auto mean = stateOfScheme(trainer, "forum").at("adam").at("first");
    QVERIFY(std::abs(mean[0].get<double>() / 0.1 - best.nu * ofLogits) < 1e-5);
  }

  /// The sheet: a = 0.2 gives (0.833, 0.167), a = 1 gives halves.
  void branchesMergeAsTheirScoreSays() {
    const auto one = at::tensor({0.0}, at::kDouble), two = at::tensor({1.0}, at::kDouble);
    const auto merged = [&](double target) {
      const auto scoreOf = [&](const at::Tensor& values) {
        return -std::abs(values.item<double>() - target);
      };
      return eq::train::greedyMerge({one, two}, {scoreOf(one), scoreOf(two)},
                                    {0, 0.2, 0.4, 0.6, 0.8, 1}, scoreOf);
    };
    QVERIFY(std::abs(merged(0.16).shares[1] - 1.0 / 6) < 1e-12);
    QVERIFY(std::abs(merged(0.5).shares[1] - 0.5) < 1e-12);
    QCOMPARE(merged(-1).shares, (std::vector<double>{1, 0}));
    QCOMPARE(merged(2).shares, (std::vector<double>{0, 1}));  // the better one comes first
    QVERIFY(std::abs(merged(0.16).values.item<double>() - 1.0 / 6) < 1e-12);
  }

  /// A third branch joins with shares of the mean of those before: λ = 1, 1, then up to 1.
  void laterBranchesJoinByTheMeanOfThoseBefore() {
    std::vector<at::Tensor> branches;
    for (const double value : {0.0, 1.0, 4.0}) branches.push_back(at::tensor({value}, at::kDouble));
    const auto scoreOf = [](const at::Tensor& values) {
      return -std::abs(values.item<double>() - 1);
    };
    std::vector<double> asked;
    const auto watched = [&](const at::Tensor& values) {
      asked.push_back(values.item<double>());
      return values.item<double>() > 3 ? 1.0 : -10.0;
    };
    eq::train::greedyMerge(branches, {0, -1, -2}, {1}, watched);
    // (0 + 1)/2 does not raise it, so 4 joins the first alone, by the mean (1 + 0)/2.
    QCOMPARE(asked, (std::vector<double>{0.5, 4 * 0.5 / 1.5}));
    QCOMPARE(scoreOf(branches[1]), 0.0);
  }

  /// Two epochs of a step rank b and c, then a alone and a with the better one go on; the second
  /// branch is a run of its own with those weights.
  void branchesAreRunsWithTheirOwnHelpers() {
    const json scheme{{"id", "fork_merge"}, {"every", 5}};
    const auto problem = schemeProblem();
    Trainer trainer(schemeExperiment(wholeBatches(scheme, {{"epochs", 20}})), problem);
    const auto begin = valuesOf(trainer.snapshot());
    const auto ranking = trainSteps(trainer, 2);
    for (const auto& record : ranking) QCOMPARE(record.weights, (std::vector<double>{1, 1, 0}));
    const auto alone = trainSteps(trainer, 3);
    for (const auto& record : alone) QCOMPARE(record.weights, (std::vector<double>{1, 0, 0}));
    const auto text = trainer.takeEvents().back().text;
    const bool first = text.find("a gains most from b") != std::string::npos;
    QVERIFY2(first || text.find("a gains most from c") != std::string::npos, text.c_str());
    const auto plain = [&](double b, double c) {
      json tasks{{{"name", "a"}}, {{"name", "b"}, {"weight", b}}, {{"name", "c"}, {"weight", c}}};
      Trainer other(schemeExperiment(wholeBatches(json(), {{"tasks", tasks}})), problem);
      trainSteps(other, 3);
      return valuesOf(other.snapshot());
    };
    const auto own = valuesOf(trainer.snapshot());
    QVERIFY(distance(plain(0, 0), own) < 1e-5);
    const auto expected = plain(first, !first);
    std::vector<at::Tensor> inOrder;
    const auto flat = trainer.snapshot().tensors.at("scheme.fork_merge.branch.0.values");
    // The trunk stands first in the buffer: bias and weight by their place there.
    const auto trunk = at::cat(
        {expected.at("trunk.0.weight").reshape({-1}), expected.at("trunk.0.bias").reshape({-1})});
    QVERIFY((flat.narrow(0, 0, trunk.numel()) - trunk).abs().max().item<double>() < 1e-5);
    QVERIFY(distance(begin, own) > 1e-3);
  }

  void branchesMergeEverySoManyEpochs() {
    const json scheme{{"id", "fork_merge"}, {"every", 2}, {"topk", {0, 2}}};
    Trainer trainer(schemeExperiment(wholeBatches(scheme, {{"epochs", 20}})), schemeProblem());
    trainSteps(trainer, 7);  // nothing to rank; merged before the third, fifth and seventh step
    int merges = 0;
    for (const auto& event : trainer.takeEvents())
      merges += event.text.find("ForkMerge: the branches merge by") == 0;
    QCOMPARE(merges, 3);
  }

  /// Slow copies decide, and go a hundredth of the way to the networks that learn.
  void tasksAreSelectedAndWeighedBySlowCopies() {
    Trainer trainer(schemeExperiment(wholeBatches({{"id", "weigh_and_select"}})), schemeProblem());
    int left = 0;
    for (int i = 0; i < 40; ++i) {
      const auto before = stateOfScheme(trainer, "weigh_and_select");
      const auto record = trainSteps(trainer, 1)[0];
      double sum = 0;
      for (size_t k = 0; k < 3; ++k) {
        left += std::isnan(record.losses[k]);
        QCOMPARE(record.weights[k] > 0, !std::isnan(record.losses[k]));
        sum += record.weights[k];
      }
      QVERIFY(std::abs(sum - 1) < 1e-12);
      const auto after = stateOfScheme(trainer, "weigh_and_select");
      for (const char* part : {"select", "weigh"}) {
        QVERIFY(before.at(part).at("net") != after.at(part).at("net") || i == 0 ||
                std::string(part) == "weigh");
        const double slow = before.at(part).at("slow")[0], net = after.at(part).at("net")[0];
        QVERIFY(std::abs(after.at(part).at("slow")[0].get<double>() -
                         (slow + 0.01 * (net - slow))) < 1e-12);
      }
    }
    QVERIFY(left > 10);
  }

  void whatTheyNeedIsSaid() {
    const auto refused = [](const json& scheme, const json& changes, eq::data::Problem problem) {
      return eq::test::errorOf(
          [&] { Trainer trainer(schemeExperiment(wholeBatches(scheme, changes)), problem); });
    };
    auto text = refused({{"id", "fork_merge"}}, {{"tasks", {{{"name", "a"}}}}}, schemeProblem());
    QVERIFY2(text.find("there is no other") != std::string::npos, text.c_str());
    text = refused({{"id", "fork_merge"}}, {{"balancer", {{"weighting", {{"id", "famo"}}}}}},
                   schemeProblem());
    QVERIFY2(text.find("famo reads more than a batch") != std::string::npos, text.c_str());
    auto problem = schemeProblem();
    problem.validation.inputs = problem.validation.inputs.narrow(0, 0, 0);
    for (auto& target : problem.validation.targets) target = target.narrow(0, 0, 0);
    for (auto& fields : problem.validation.fields)
      for (auto& [name, values] : fields) values = values.narrow(0, 0, 0);
    text = refused({{"id", "fork_merge"}}, json::object(), problem);
    QVERIFY2(text.find("it is empty") != std::string::npos, text.c_str());
    text = refused({{"id", "auto_lambda"}, {"primary", {"x"}}}, json::object(), schemeProblem());
    QVERIFY2(text.find("scheme.primary[0]: there is no task \"x\"") != std::string::npos,
             text.c_str());
  }
};

EQUIPOISE_TEST(TestLookAheadSchemes)
#include "tst_look_ahead_schemes.moc"

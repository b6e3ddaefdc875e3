#include <QTest>

#include <cmath>

#include <ATen/ops/addmm.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/train/command.h"
#include "core/train/scheme/curriculum_camrl.h"
#include "core/train/scheme/maxl.h"
#include "tests/core/train/scheme_support.h"
#include "tests/core/train/small_net.h"

using eq::test::distance;
using eq::test::outputOf;
using eq::test::partsTaken;
using eq::test::schemeExperiment;
using eq::test::schemeProblem;
using eq::test::trainSteps;
using eq::test::valueAt;
using eq::test::Values;
using eq::test::valuesOf;
using eq::test::withScheme;
using eq::train::CamrlTask;
using eq::train::Trainer;
using nlohmann::json;
using torch::autograd::variable_list;

namespace {

constexpr double kMaxlRate = 0.2;

json maxlSteps(double generatorRate) {
  return withScheme({{"id", "maxl"}, {"lr", generatorRate}},
                    {{"batch_size", 48},
                     {"model", {{"dropout", 0}}},
                     {"optimizer", {{"id", "sgd"}, {"lr", kMaxlRate}, {"momentum", 0}}},
                     {"tasks", {{{"name", "a"}}}}});
}

/// What the scheme has beside the model, in float64.
at::Tensor maxlTensor(const eq::train::Snapshot& snapshot, const char* name) {
  return snapshot.tensors.at(std::string("scheme.maxl.") + name)
      .to(at::kDouble)
      .detach()
      .clone()
      .requires_grad_();
}

at::Tensor layerOn(const at::Tensor& layer, const at::Tensor& rows) {
  const auto inputs = layer.size(1) - 1;
  return at::addmm(layer.select(1, inputs), rows, layer.narrow(1, 0, inputs).t());
}

/// L_a and L_aux of the problem's whole batch, by their formulas.
struct MaxlLosses {
  eq::data::Problem problem = schemeProblem();
  at::Tensor inputs = problem.train.inputs.to(at::kDouble);
  at::Tensor classes = problem.train.targets[0];

  at::Tensor primary(const Values& values) const {
    return -at::log_softmax(outputOf(values, "a", inputs), 1)
                .gather(1, classes.unsqueeze(1))
                .mean();
  }
  at::Tensor labels(const at::Tensor& first, const at::Tensor& second) const {
    return eq::train::finerLabels(layerOn(second, at::relu(layerOn(first, inputs))), classes);
  }
  at::Tensor auxiliary(const Values& values, const at::Tensor& head, const at::Tensor& t) const {
    const auto h = at::relu(at::addmm(valueAt(values, "trunk.0.", "bias"), inputs,
                                      valueAt(values, "trunk.0.", "weight").t()));
    return eq::train::finerLoss(layerOn(head, h), t, at::ones({48}, at::kDouble));
  }
};

/// θ − η ∇L, with the graph.
Values stepped(const Values& values, const at::Tensor& loss) {
  variable_list inputs;
  for (const auto& entry : values) inputs.push_back(entry.second);
  const auto slopes = torch::autograd::grad({loss}, inputs, {}, true, true, true);
  Values after;
  size_t i = 0;
  for (const auto& [name, value] : values) {
    after[name] = slopes[i].defined() ? value - slopes[i] * kMaxlRate : value;
    ++i;
  }
  return after;
}

}  // namespace

/// Schemes with networks or matrices of their own.
class TestFurtherSchemes : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  /// Each class has five slots of its own; the sheet's entropy.
  void finerLabelsLieInTheirClass() {
    const auto logits = at::zeros({2, 10}, at::kDouble);
    const auto labels =
        eq::train::finerLabels(logits, at::tensor(std::vector<std::int64_t>{0, 1}, at::kLong));
    QVERIFY((labels[0].narrow(0, 0, 5) - 0.2).abs().max().item<double>() < 1e-6);
    QVERIFY((labels[1].narrow(0, 5, 5) - 0.2).abs().max().item<double>() < 1e-6);
    QVERIFY(labels[0].narrow(0, 5, 5).max().item<double>() < 1e-6);
    const auto mean = at::tensor({0.6, 0.3, 0.1}, at::kDouble).unsqueeze(0);
    const auto found = eq::train::negativeEntropy(mean, at::ones({1}, at::kDouble));
    QVERIFY(std::abs(found.item<double>() + 0.8979) < 5e-5);
    // −t (1 − p)² log p at p = ½: 0.25 log 2.
    const auto loss = eq::train::finerLoss(at::zeros({1, 2}, at::kDouble),
                                           at::tensor({1.0, 0.0}, at::kDouble).unsqueeze(0),
                                           at::ones({1}, at::kDouble));
    QVERIFY(std::abs(loss.item<double>() - 0.25 * std::log(2)) < 1e-12);
  }

  void theFinerClassesAreOneMoreTask() {
    Trainer trainer(schemeExperiment(maxlSteps(1e-30)), schemeProblem());
    trainSteps(trainer, 1);
    const auto before = trainer.snapshot();
    const auto values = valuesOf(before);
    const auto head = maxlTensor(before, "head");
    const MaxlLosses losses;
    const auto labels =
        losses.labels(maxlTensor(before, "generator.0"), maxlTensor(before, "generator.1"))
            .detach();
    const auto whole = losses.primary(values) + losses.auxiliary(values, head, labels);
    const auto expected = stepped(values, whole);
    const auto ofHead = torch::autograd::grad({whole}, {head})[0];
    const auto record = trainSteps(trainer, 1)[0];
    const auto after = trainer.snapshot();
    QVERIFY(distance(expected, valuesOf(after)) < 1e-5);
    const auto gap = maxlTensor(after, "head") - (head - ofHead * kMaxlRate);
    QVERIFY(gap.abs().max().item<double>() < 1e-5);
    QVERIFY(std::abs(record.losses[0] - losses.primary(values).item<double>()) < 1e-5);
  }

  /// Through the virtual step by autograd twice, in float64.
  void labelsAreTaughtThroughTheVirtualStep() {
    constexpr double kLabelRate = 10;
    Trainer trainer(schemeExperiment(maxlSteps(kLabelRate)), schemeProblem());
    trainSteps(trainer, 1);
    const auto before = trainer.snapshot();
    const auto values = valuesOf(before);
    const auto head = maxlTensor(before, "head").detach();
    const auto first = maxlTensor(before, "generator.0");
    const auto second = maxlTensor(before, "generator.1");
    const MaxlLosses losses;
    const auto labels = losses.labels(first, second);
    const auto ahead =
        stepped(values, losses.primary(values) + losses.auxiliary(values, head, labels));
    const auto entropy = eq::train::negativeEntropy(labels, at::ones({48}, at::kDouble)) * 0.2;
    const auto exact =
        torch::autograd::grad({losses.primary(ahead) + entropy}, {first, second}, {}, true);
    const auto alone = torch::autograd::grad({entropy}, {first, second});
    trainSteps(trainer, 1);
    const auto after = trainer.snapshot();
    const auto slopeOf = [&](const char* name, const at::Tensor& was) {
      return (was - maxlTensor(after, name)) / kLabelRate - was * 5e-4;
    };
    const std::vector<at::Tensor> found{slopeOf("generator.0", first),
                                        slopeOf("generator.1", second)};
    for (size_t i = 0; i < 2; ++i) {
      const double size = (exact[i] - alone[i]).norm().item<double>();
      QVERIFY(size > 0);
      const double gap = (found[i] - exact[i]).norm().item<double>();
      QVERIFY2(gap < 0.05 * size + 1e-6, qPrintable(QString("%1 of %2").arg(gap).arg(size)));
    }
  }

  void maxlNeedsClassesFirst() {
    auto problem = schemeProblem();
    const auto text = eq::test::errorOf([&] {
      Trainer trainer(schemeExperiment(withScheme({{"id", "maxl"}},
                                                  {{"tasks", {{{"name", "c"}}, {{"name", "a"}}}}})),
                      problem);
    });
    QVERIFY2(text.find("scheme.id: maxl") == 0 && text.find("c is binary") != std::string::npos,
             text.c_str());
  }

  /// By hand: nothing is two deviations apart, the first round, losses at their first values.
  void theIndexOfACurriculum() {
    const Eigen::Vector3d losses(1, 2, 3);
    QVERIFY(std::abs(eq::train::camrlIndex(losses, losses, 0) - (1 + std::exp(-1.0 / 40)) / 3) <
            1e-12);
    QVERIFY(std::abs(eq::train::camrlIndex(losses, losses / 2, 1000) -
                     (std::exp(-1.0) + std::exp(-2.0 / 40)) / 3) < 1e-12);
    Eigen::VectorXd apart = Eigen::VectorXd::Ones(10);
    apart[3] = 9;  // mean 1.8, deviation 2.4: 7.2 away
    QVERIFY(std::abs(eq::train::camrlIndex(apart, apart, 0) - (0.1 + 1 + std::exp(-1.0 / 40)) / 3) <
            1e-12);
  }

  /// (1 + 0.1|B_t|) L_t, and what the heads leave unexplained.
  void theCostOfATask() {
    CamrlTask task;
    task.task = 0;
    task.losses = Eigen::Vector3d(2, 1, 1);
    task.heads = Eigen::MatrixXd(3, 2);
    task.heads << 1, 0, 1, 1, 0, 2;
    task.transfer = Eigen::MatrixXd::Zero(3, 3);
    task.transfer(2, 1) = 0.5;
    task.untrained = {0, 1};
    const Eigen::Vector3d row(0, 0.25, 0.25);
    const auto terms = task.terms(row);
    QVERIFY(std::abs(terms[0] - (1 + 0.1 * 0.5) * 2) < 1e-12);
    // w_1 − B_21 w_2 − B_01 w_0 = (1, 1) − (0, 1) − (0.25, 0).
    QVERIFY(std::abs(terms[1] - 0.01 * 0.75 * 0.75) < 1e-12);
    // Equal losses have the ranks 0, 0; equal transfers half a rank each.
    QVERIFY(std::abs(terms[2] - 0.5) < 1e-12);
  }

  void transfersStayInTheirBallAndLowerTheCost() {
    for (int trial = 0; trial < 20; ++trial) {
      std::srand(static_cast<unsigned>(trial));
      CamrlTask task;
      task.task = trial % 4;
      task.losses = Eigen::VectorXd::Random(4).cwiseAbs();
      task.heads = Eigen::MatrixXd::Random(4, 3);
      task.transfer = Eigen::MatrixXd::Random(4, 4).cwiseAbs() * 0.1;
      task.transfer.diagonal().setZero();
      task.untrained = {0, 1, 2, 3};
      const auto row = task.improved();
      const Eigen::VectorXd before = task.transfer.row(task.task);
      QVERIFY(row.minCoeff() >= 0 && (row - before).cwiseAbs().maxCoeff() <= 0.05 + 1e-12);
      QCOMPARE(row[task.task], 0.0);
    }
  }

  void everyRoundTrainsEachTaskOnce() {
    Trainer trainer(schemeExperiment(withScheme({{"id", "curriculum_camrl"}}, {{"epochs", 30}})),
                    schemeProblem());
    bool reordered = false;
    for (int round = 0; round < 25; ++round) {
      const auto records = trainSteps(trainer, 3);
      QCOMPARE(partsTaken(records), (std::vector<int>{1, 1, 1}));
      for (size_t i = 0; i < 3; ++i) reordered = reordered || std::isnan(records[i].losses[i]);
    }
    QVERIFY(reordered);  // by a curriculum
  }
};

EQUIPOISE_TEST(TestFurtherSchemes)
#include "tst_further_schemes.moc"

#include <ATen/ops/cat.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <QTest>

#include <cmath>

#include "core/model/observations.h"
#include "core/model/penalty.h"
#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

const std::string kTasks[] = {"a", "b", "c"};

at::Tensor stageOf(const Values& values, const std::string& name, const at::Tensor& h) {
  return at::relu(layerOf(values, name, h));
}

std::string expertAt(std::int64_t e, int stage) {
  return "trunk.expert." + std::to_string(e) + "." + std::to_string(stage);
}

/// Softmax of the largest logits by sorting; of a single one its probability among all.
at::Tensor gateOf(const at::Tensor& logits, std::int64_t kept) {
  const auto least = std::get<0>(logits.sort(1, true)).narrow(1, kept - 1, 1);
  const auto powers = logits.exp() * (logits >= least);
  return powers / (kept == 1 ? logits.exp() : powers).sum(1, true);
}

/// Logits of a task's gate at a stage.
at::Tensor logitsOf(const Values& values, const std::string& task, int stage, const at::Tensor& h) {
  const auto& vector = values.at("task." + task + ".vector");
  return layerOf(values, "trunk." + std::to_string(stage) + ".gate",
                 at::cat({h, vector.expand({h.size(0), -1})}, 1));
}

}  // namespace

class TestRouted : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// A shared stage, then experts, then a shared stage that each task goes through by itself.
  void examplesAreSentToFewExperts_data() {
    QTest::addColumn<int>("kept");
    QTest::newRow("one") << 1;
    QTest::newRow("two") << 2;
  }
  void examplesAreSentToFewExperts() {
    QFETCH(int, kept);
    const auto model = modelFor("task_moe", {{"hidden", {6, 5, 4}},
                                             {"experts", 3},
                                             {"moe_stages", {2}},
                                             {"task_dim", 2},
                                             {"top_k", kept}});
    const auto values = valuesIn(*model);
    const auto x = normal({7, 4});
    const auto h = stageOf(values, "trunk.0", x);
    for (size_t k = 0; k < 3; ++k) {
      const auto gate = gateOf(logitsOf(values, kTasks[k], 1, h), kept);
      auto mixed = at::zeros({7, 5});
      for (std::int64_t e = 0; e < 3; ++e)
        mixed = mixed + gate.narrow(1, e, 1) * stageOf(values, expertAt(e, 1), h);
      const auto z = stageOf(values, "trunk.2", mixed);
      QVERIFY(isNear(predictionOf(*model, k, x),
                     layerOf(values, "head." + kTasks[k] + ".linear-1", z).squeeze(1)));
    }
    QCOMPARE(model->frontier(), size_t(0));
  }

  /// Of all tasks that are there together, stage by stage, without second views.
  void imbalanceIsPenalisedOverAllTasks() {
    const auto model =
        modelFor("task_moe", {{"hidden", {6, 5}}, {"moe_stages", {1, 2}}, {"balance", 0.3}});
    const auto values = valuesIn(*model);
    const auto x = normal({7, 4});
    const std::vector<char> active{1, 0, 1};
    at::Tensor logits[2];
    for (const auto* task : {"a", "c"}) {
      const auto first = logitsOf(values, task, 0, x), gate = gateOf(first, 1);
      auto mixed = at::zeros({7, 6});
      for (std::int64_t e = 0; e < 4; ++e)
        mixed = mixed + gate.narrow(1, e, 1) * stageOf(values, expertAt(e, 0), x);
      const auto second = logitsOf(values, task, 1, mixed);
      logits[0] = logits[0].defined() ? at::cat({logits[0], first}) : first;
      logits[1] = logits[1].defined() ? at::cat({logits[1], second}) : second;
    }
    double expected = 0;
    for (const auto& one : logits)
      for (std::int64_t e = 0; e < 4; ++e)
        expected += 0.3 * 4 * (one.argmax(1) == e).to(at::kFloat).mean().item<double>() *
                    one.softmax(1).select(1, e).mean().item<double>();
    for (const bool views : {false, true}) {
      std::vector<Penalty> penalties;
      model->represent(
          views ? at::cat({x, x * 5}) : x,
          {.training = true, .views = views, .active = &active, .penalties = &penalties});
      QCOMPARE(penalties.size(), size_t(1));
      QCOMPARE(penalties[0].name, std::string("balance"));
      QVERIFY(std::abs(penalties[0].value.item<double>() - expected) < 1e-6);
    }
  }

  /// Evaluated, each task goes through the expert of its largest logit at every stage.
  void tasksPickAnExpertAStage() {
    const auto model =
        modelFor("task_level_moe", {{"hidden", {6, 5}}, {"experts", 3}, {"task_dim", 2}});
    const auto values = valuesIn(*model);
    const auto x = normal({7, 4});
    Observations seen;
    model->represent(x, {.seen = &seen});
    for (size_t k = 0; k < 3; ++k) {
      auto h = x;
      for (int stage = 0; stage < 2; ++stage) {
        const auto logits = layerOf(values, "trunk." + std::to_string(stage) + ".router",
                                    values.at("task." + kTasks[k] + ".vector").unsqueeze(0));
        const auto chosen = logits.argmax(1).item<std::int64_t>();
        h = stageOf(values, expertAt(chosen, stage), h);
        int found = 0;
        for (const auto& one : seen.all()) {
          if (one.task != static_cast<std::int64_t>(k) || one.place != std::to_string(stage + 1))
            continue;
          ++found;
          if (one.name == "route") QCOMPARE(one.values[chosen].item<float>(), 1.0F);
          if (one.name == "route") QCOMPARE(one.values.sum().item<float>(), 1.0F);
          if (one.name == "gate") QVERIFY(isNear(one.values, logits.softmax(1)[0]));
        }
        QCOMPARE(found, 2);
      }
      QVERIFY(isNear(predictionOf(*model, k, x),
                     layerOf(values, "head." + kTasks[k] + ".linear-1", h).squeeze(1)));
    }
  }

  /// In training an expert is drawn with the probability of its logit, whatever the temperature,
  /// and its output is not scaled.
  void expertsAreDrawnByTheirProbability() {
    const auto model = modelFor("task_level_moe", {{"hidden", {5}}, {"experts", 3}}, settingOf(1));
    const auto values = valuesIn(*model);
    const auto x = normal({3, 4});
    const auto probability =
        layerOf(values, "trunk.0.router", values.at("task.a.vector").unsqueeze(0)).softmax(1)[0];
    const int draws = 3000;
    int counts[3] = {};
    for (int i = 0; i < draws; ++i) {
      const auto z = model->represent(x, {.training = true, .at = {.share = 0.5}})[0];
      for (std::int64_t e = 0; e < 3; ++e) counts[e] += z.equal(stageOf(values, expertAt(e, 0), x));
    }
    QCOMPARE(counts[0] + counts[1] + counts[2], draws);
    for (std::int64_t e = 0; e < 3; ++e)
      QVERIFY(std::abs(counts[e] / double(draws) - probability[e].item<double>()) < 0.04);
  }

  /// The gradient of the router is that of softmax((ℓ + noise) / τ), τ from 5 to 0.5 geometrically.
  void theWayDownIsSoft() {
    const auto model = modelFor("task_level_moe", {{"hidden", {5}}, {"experts", 3}}, settingOf(1));
    const auto values = valuesIn(*model);
    const auto x = normal({3, 4});
    at::Tensor bias;
    for (size_t i = 0; i < model->parameters().infos().size(); ++i)
      if (model->parameters().infos()[i].name == "trunk.0.router.bias")
        bias = model->parameters().tensor(i);
    const auto gradientAt = [&](double share, const RandomState& state) {
      model->restoreRandomState(state);
      const auto z = model->represent(x, {.training = true, .at = {.share = share}})[0];
      z.sum().backward();
      const auto found = bias.grad().clone();
      bias.mutable_grad().reset();
      return found;
    };
    const auto state = model->randomState();
    // The same draws: y = softmax(a / τ), dL/da = (diag y - y yᵀ) c / τ with c_e = Σ f_e.
    std::vector<double> sums;
    for (std::int64_t e = 0; e < 3; ++e)
      sums.push_back(stageOf(values, expertAt(e, 0), x).sum().item<double>());
    const auto c = at::tensor(sums, at::kDouble);
    auto stream = generatorOn(at::Device(at::kCPU), 0);
    stream.set_state(state.at("gumbel.task.a"));
    const auto u = at::zeros({1, 3}, at::kDouble).uniform_(0, 1, stream);
    const auto logits = layerOf(values, "trunk.0.router", values.at("task.a.vector").unsqueeze(0));
    const auto noisy = (logits.to(at::kDouble) - (-u.log()).log())[0];
    for (const double share : {0.0, 0.5, 1.0}) {
      const double tau = 5 * std::pow(0.1, share);
      const auto y = (noisy / tau).softmax(0);
      const auto expected = (y * (c - (y * c).sum())) / tau;
      QVERIFY((gradientAt(share, state).to(at::kDouble) - expected).abs().max().item<double>() <
              1e-5);
    }
  }

  void refuses() {
    QCOMPARE(refusalTo("task_moe", {{"hidden", {6, 5}}, {"moe_stages", {3}}}),
             QString("model.moe_stages: 3 is above 2, the number of stages"));
    QCOMPARE(refusalTo("task_moe", {{"hidden", {6, 5}}, {"moe_stages", {2, 2}}}),
             QString("model.moe_stages: stage 2 is there twice"));
    QCOMPARE(refusalTo("task_moe", {{"top_k", 5}}),
             QString("model.top_k: 5 is above 4, the number of experts"));
    QCOMPARE(refusalTo("task_moe", {{"experts", 65}}), QString("model.experts: 65 is above 64"));
    QCOMPARE(refusalTo("task_level_moe", {{"experts", 0}}), QString("model.experts: 0 is below 1"));
    QVERIFY(refusalTo("task_level_moe", {{"tau", 0}}).startsWith("model.tau: 0 "));
  }
};

EQUIPOISE_TEST(TestRouted)
#include "tst_routed.moc"

#include <ATen/ops/cat.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/full.h>
#include <ATen/ops/kron.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <QTest>

#include "core/model/low_rank/centroids.h"
#include "core/model/observations.h"
#include "core/model/penalty.h"
#include "core/model/routing.h"
#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

const std::string kTasks[] = {"a", "b", "c"};

/// The stages of a base with what is added to each, then the head of a task.
template <typename Addition>
at::Tensor byHand(const Values& values, const std::string& task, at::Tensor h,
                  const Addition& addition) {
  for (int stage = 0; stage < 2; ++stage) {
    const auto number = std::to_string(stage);
    h = at::relu(layerOf(values, "trunk." + number, h) + addition(number, h));
  }
  return layerOf(values, "head." + task + ".linear-1", h).squeeze(1);
}

/// m over its sum, by a row.
at::Tensor shares(const at::Tensor& logits) {
  const auto m = at::sigmoid(logits);
  return m / m.sum(1, true);
}

/// \param values undefined: random ones.
void fill(const Model& model, const std::string& ending, const at::Tensor& values) {
  const at::NoGradGuard noGradients;
  for (size_t i = 0; i < model.parameters().infos().size(); ++i) {
    if (!model.parameters().infos()[i].name.ends_with(ending)) continue;
    const auto& tensor = model.parameters().tensor(i);
    tensor.copy_(values.defined() ? values : normal(tensor.sizes().vec(), 21 + i));
  }
}

const char* const kIds[] = {"task_lora", "poly", "c_poly", "tensor_poly", "mor1e", "lora_experts"};
const json kSmall{{"hidden", {6, 4}}, {"rank", 2}};

json with(json params, const json& more) {
  params.merge_patch(more);
  return params;
}

}  // namespace

class TestLowRank : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void eachTaskAddsItsOwn() {
    const auto model = modelFor("task_lora", with(kSmall, {{"alpha", 3}}));
    wakeZeros(*model);
    const auto values = valuesIn(*model);
    const auto x = normal({5, 4});
    for (size_t k = 0; k < 3; ++k) {
      const auto expected =
          byHand(values, kTasks[k], x, [&](const std::string& stage, const at::Tensor& h) {
            const auto name = "task." + kTasks[k] + "." + stage + ".lora.";
            return h.mm(values.at(name + "a")).mm(values.at(name + "b")) * 1.5;
          });
      QVERIFY(isNear(predictionOf(*model, k, x), expected));
    }
    QCOMPARE(model->frontier(), size_t(0));
  }

  /// Rows of A and columns of B part by part, then the product of the mixtures.
  void skillsAreMixedPartByPart_data() {
    QTest::addColumn<int>("parts");
    QTest::newRow("whole") << 1;
    QTest::newRow("in two parts") << 2;
  }
  void skillsAreMixedPartByPart() {
    QFETCH(int, parts);
    const auto model = modelFor("poly", with(kSmall, {{"splits", parts}, {"skills", 3}}));
    wakeZeros(*model);
    const auto values = valuesIn(*model);
    const auto x = normal({5, 4});
    for (size_t k = 0; k < 3; ++k) {
      const auto expected =
          byHand(values, kTasks[k], x, [&](const std::string& stage, const at::Tensor& h) {
            const auto m = shares(values.at("task." + kTasks[k] + "." + stage + ".route"));
            std::vector<at::Tensor> down, up;
            for (std::int64_t part = 0; part < parts; ++part) {
              const auto a = values.at("trunk." + stage + ".skills.a")[part];
              const auto b = values.at("trunk." + stage + ".skills.b")[part];
              down.push_back(m[part][0] * a[0] + m[part][1] * a[1] + m[part][2] * a[2]);
              up.push_back(m[part][0] * b[0] + m[part][1] * b[1] + m[part][2] * b[2]);
            }
            return h.mm(at::cat(down, 0)).mm(at::cat(up, 1)) / 2;
          });
      QVERIFY(isNear(predictionOf(*model, k, x), expected));
    }
  }

  void ownSkillsAreAddedToCommonOnes() {
    const auto model = modelFor("c_poly", with(kSmall, {{"skills", 2}, {"task_skills", 3}}));
    wakeZeros(*model);
    const auto values = valuesIn(*model);
    const auto x = normal({5, 4});
    for (size_t k = 0; k < 3; ++k) {
      const auto expected =
          byHand(values, kTasks[k], x, [&](const std::string& stage, const at::Tensor& h) {
            const auto own = "task." + kTasks[k] + "." + stage;
            const auto added = [&](const std::string& skills, const at::Tensor& m) {
              const auto mixed = [&](const at::Tensor& terms) {
                return (m.view({-1, 1, 1}) * terms[0]).sum(0);
              };
              return h.mm(mixed(values.at(skills + ".a"))).mm(mixed(values.at(skills + ".b"))) / 2;
            };
            return added("trunk." + stage + ".skills", shares(values.at(own + ".route"))[0]) +
                   added(own + ".skills", shares(values.at(own + ".skills.route"))[0]);
          });
      QVERIFY(isNear(predictionOf(*model, k, x), expected));
    }
  }

  /// Sums of Kronecker products cut to the layer, weighed term by term or order by order.
  void tensorsAreSumsOfProducts_data() {
    QTest::addColumn<QString>("routing");
    QTest::addColumn<int>("order");
    for (const char* routing : {"rank", "order"})
      for (const int order : {1, 2, 3})
        QTest::addRow("%s %d", routing, order) << QString(routing) << order;
  }
  void tensorsAreSumsOfProducts() {
    QFETCH(QString, routing);
    QFETCH(int, order);
    const auto model = modelFor("tensor_poly", {{"hidden", {6, 5}},
                                                {"tensor_rank", 3},
                                                {"order", order},
                                                {"factor_rank", 2},
                                                {"routing", routing.toStdString()}});
    fill(*model, "factors.b", {});
    const auto values = valuesIn(*model);
    const std::int64_t sides[][3] = {{4, 6, 5}, {2, 3, 3}, {2, 2, 2}};  // q of 4, 6 and 5
    QCOMPARE(values.at("trunk.0.factors.a").size(2), sides[order - 1][0]);
    QCOMPARE(values.at("trunk.0.factors.b").size(2), sides[order - 1][1]);
    QCOMPARE(values.at("trunk.1.factors.b").size(2), sides[order - 1][2]);
    const auto x = normal({5, 4});
    const auto matrixOf = [&](const at::Tensor& factors, const at::Tensor& weights,
                              std::int64_t rows) {
      const auto m = [&](std::int64_t i, std::int64_t term) {
        return weights[routing == "order" ? i : 0][term];
      };
      at::Tensor sum;
      if (routing == "rank") {
        for (std::int64_t term = 0; term < 3; ++term) {
          auto product = factors[0][term];
          for (std::int64_t i = 1; i < order; ++i) product = at::kron(product, factors[i][term]);
          sum = sum.defined() ? sum + m(0, term) * product : m(0, term) * product;
        }
      } else {
        for (std::int64_t i = 0; i < order; ++i) {
          const auto mixed =
              m(i, 0) * factors[i][0] + m(i, 1) * factors[i][1] + m(i, 2) * factors[i][2];
          sum = sum.defined() ? at::kron(sum, mixed) : mixed;
        }
      }
      return sum.narrow(0, 0, rows);
    };
    for (size_t k = 0; k < 3; ++k) {
      const auto expected =
          byHand(values, kTasks[k], x, [&](const std::string& stage, const at::Tensor& h) {
            const auto weights = values.at("task." + kTasks[k] + "." + stage + ".route").softmax(1);
            const auto name = "trunk." + stage + ".factors.";
            const auto a = matrixOf(values.at(name + "a"), weights, h.size(1));
            const auto b = matrixOf(values.at(name + "b"), weights, stage == "0" ? 6 : 5);
            return h.mm(a).mm(b.t());
          });
      QVERIFY(isNear(predictionOf(*model, k, x), expected));
    }
  }

  /// g by what the layer reads and by where the network's input lies among the clusters.
  void expertsOfRankOneAreGatedByClusters() {
    const auto model = modelFor("mor1e", {{"hidden", {6, 5}}, {"experts", 3}, {"clusters", 4}});
    wakeZeros(*model);
    const auto values = valuesIn(*model);
    const auto& centroids = model->buffers().at("trunk.centroids");
    const auto x = normal({5, 4});
    const auto cosines = at::cosine_similarity(x.unsqueeze(1), centroids.unsqueeze(0), 2);
    const auto expected =
        byHand(values, "b", x, [&](const std::string& stage, const at::Tensor& h) {
          const auto name = "trunk." + stage;
          const auto gate = (layerOf(values, name + ".gate", h) +
                             cosines.mm(values.at(name + ".gate.clusters").t()))
                                .softmax(1);
          auto sum = at::zeros_like(layerOf(values, name, h));
          for (std::int64_t e = 0; e < 3; ++e) {
            const auto along = h.mv(values.at(name + ".experts.u")[e]) * gate.select(1, e);
            sum = sum + along.outer(values.at(name + ".experts.v")[e]);
          }
          return sum;
        });
    QVERIFY(isNear(predictionOf(*model, 1, x), expected));
    QCOMPARE(model->frontier(), size_t(1));
  }

  void centroidsAreInTheMiddleOfTheirExamples() {
    // Three heaps far apart: whatever the beginning, none of 40 is a mean of two heaps that an
    // example of a third is nearer to.
    auto inputs = normal({3000, 2, 3}, 5) * 0.01;
    for (std::int64_t i = 0; i < 3000; ++i) inputs[i][0][i % 3].add_(10);
    const auto found = centroidsOf(inputs, 40, 9);
    QCOMPARE(found.sizes().vec(), (std::vector<std::int64_t>{40, 6}));
    QVERIFY(found.equal(centroidsOf(inputs, 40, 9)));
    QVERIFY(!found.equal(centroidsOf(inputs, 40, 10)));
    int heaps = 0;
    for (std::int64_t heap = 0; heap < 3; ++heap)
      heaps += (found.select(1, heap) - 10).abs().min().item<double>() < 0.1;
    QCOMPARE(heaps, 3);
    // As many as examples: each is its own.
    const auto few = normal({5, 4});
    const auto own = centroidsOf(few, 5, 1);
    QVERIFY(std::abs(own.sum().item<double>() - few.sum().item<double>()) < 1e-5);
    // One cluster: the mean of all.
    QVERIFY(isNear(centroidsOf(few, 1, 1), few.mean(0, true)));
  }

  void expertsAreAddedToWhatIsAlwaysOn_data() {
    QTest::addColumn<int>("kept");
    for (const int kept : {1, 2, 3}) QTest::addRow("%d", kept) << kept;
  }
  void expertsAreAddedToWhatIsAlwaysOn() {
    QFETCH(int, kept);
    const auto model = modelFor("lora_experts", with(kSmall, {{"experts", 3}, {"top_k", kept}}));
    wakeZeros(*model);
    const auto values = valuesIn(*model);
    const auto x = normal({5, 4});
    const auto expected =
        byHand(values, "c", x, [&](const std::string& stage, const at::Tensor& h) {
          const auto name = "trunk." + stage;
          const auto logits = layerOf(values, name + ".gate", h);
          const auto least = std::get<0>(logits.sort(1, true)).narrow(1, kept - 1, 1);
          const auto powers = logits.exp() * (logits >= least);
          // Of one alone its probability among all.
          const auto gate = powers / (kept == 1 ? logits.exp() : powers).sum(1, true);
          const auto added = [&](const std::string& part, std::int64_t e) {
            return h.mm(values.at(name + part + ".a")[e]).mm(values.at(name + part + ".b")[e]);
          };
          auto sum = added(".lora", 0);
          for (std::int64_t e = 0; e < 3; ++e)
            sum = sum + gate.narrow(1, e, 1) * added(".experts", e);
          return sum;
        });
    QVERIFY(isNear(predictionOf(*model, 2, x), expected));
  }

  /// λ E Σ_e F_e P_e of each layer, of the examples themselves.
  void sendingAllToOneExpertIsPenalised() {
    const auto model =
        modelFor("lora_experts", {{"hidden", {6}}, {"experts", 3}, {"balance", 0.5}});
    const auto values = valuesIn(*model);
    const auto x = normal({8, 4});
    const auto penaltyOf = [&](const at::Tensor& inputs, bool views) {
      std::vector<Penalty> penalties;
      model->represent(inputs, {.training = true, .views = views, .penalties = &penalties});
      return penalties.at(0).value.item<double>();
    };
    const auto logits = layerOf(values, "trunk.0.gate", x);
    const auto largest = logits.argmax(1);
    double expected = 0;
    for (std::int64_t e = 0; e < 3; ++e)
      expected += 0.5 * 3 * (largest == e).to(at::kFloat).mean().item<double>() *
                  logits.softmax(1).select(1, e).mean().item<double>();
    QVERIFY(std::abs(penaltyOf(x, false) - expected) < 1e-6);
    QVERIFY(std::abs(penaltyOf(at::cat({x, x * 9}), true) - expected) < 1e-6);
    QVERIFY(!modelFor("lora_experts", {{"balance", 0}})->hasPenalties());
  }

  /// The first of equal ones.
  void tiesTakeTheLowestIndex() {
    const auto logits = at::tensor({1.0, 3.0, 3.0, 3.0, 0.0, 0.0, 0.0, 0.0}).view({2, 4});
    const auto one = at::tensor({0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0}).view({2, 4});
    const auto two = at::tensor({0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0}).view({2, 4});
    QVERIFY(largestOf(logits, 1).equal(one));
    QVERIFY(largestOf(logits, 2).equal(two));
    QVERIFY(isNear(sparseGate(logits, 2), two / 2));
    QVERIFY(isNear(sparseGate(logits, 4), logits.softmax(1)));
  }

  /// Sure logits leave nothing to the draw: training then is evaluation.
  void drawsFollowTheLogits() {
    const auto model = modelFor("poly", with(kSmall, {{"skills", 3}}));
    wakeZeros(*model);
    const auto x = normal({5, 4});
    const auto drawn = [&] { return predictionOf(*model, 1, x, {.training = true}); };
    const auto state = model->randomState();
    const auto first = drawn();
    QVERIFY(!isNear(first, drawn()));
    model->restoreRandomState(state);
    QVERIFY(drawn().equal(first));
    auto sure = at::full({1, 3}, -40.0);
    sure[0][2] = 40;
    fill(*model, ".route", sure);
    QVERIFY(isNear(drawn(), predictionOf(*model, 1, x)));
    fill(*model, ".route", at::full({1, 3}, 40.0));
    QVERIFY(isNear(drawn(), predictionOf(*model, 1, x)));
  }

  /// σ(logit u + z) is above ½ as often as σ(z) says.
  void drawsAreRelaxedBernoulliVariables() {
    const auto model =
        modelFor("poly", {{"hidden", {4}}, {"skills", 2}, {"rank", 1}}, settingOf(1));
    {
      const at::NoGradGuard noGradients;
      for (size_t i = 0; i < model->parameters().infos().size(); ++i) {
        const auto& name = model->parameters().infos()[i].name;
        const auto& values = model->parameters().tensor(i);
        // The sum over units is the share of the first skill.
        if (name.starts_with("trunk.0.") || name.ends_with("bias")) values.zero_();
        if (name.ends_with("skills.a")) values.fill_(0.25);
        if (name.ends_with("skills.b")) values[0][0].fill_(1);
        if (name.ends_with("linear-1.weight")) values.fill_(0.25);
        if (name.ends_with("route")) {
          values[0][0].fill_(-0.8472979);  // σ = 0.3
          values[0][1].fill_(40);          // always taken
        }
      }
    }
    const auto x = at::ones({1, 4});
    int taken = 0;
    const int draws = 4000;
    for (int i = 0; i < draws; ++i)  // m / (m + 1)
      taken += predictionOf(*model, 0, x, {.training = true}).item<double>() > 1.0 / 3;
    QVERIFY(std::abs(taken / static_cast<double>(draws) - 0.3) < 0.03);
  }

  /// As evaluation has it, in the shape of the logits.
  void recordsRoutes() {
    const auto model = modelFor("poly", with(kSmall, {{"splits", 2}, {"skills", 3}}));
    const auto values = valuesIn(*model);
    Observations seen;
    const std::vector<char> active{1, 0, 1};
    const auto found =
        model->represent(normal({5, 4}), {.training = true, .active = &active, .seen = &seen});
    QVERIFY(found[0].defined() && !found[1].defined() && found[2].defined());
    QCOMPARE(seen.all().size(), size_t(4));
    for (const auto& one : seen.all()) {
      const auto task = kTasks[static_cast<size_t>(one.task)];
      QVERIFY(task != "b");
      const auto stage = std::to_string(std::stoi(one.place) - 1);
      QVERIFY(isNear(one.values, shares(values.at("task." + task + "." + stage + ".route"))));
    }
    const auto further = modelFor("c_poly", with(kSmall, {{"skills", 2}, {"task_skills", 3}}));
    Observations own;
    further->represent(normal({5, 4}), {.seen = &own});
    for (const auto& one : own.all()) {
      QCOMPARE(one.values.sizes().vec(), std::vector<std::int64_t>{5});
      QVERIFY(std::abs(one.values.sum().item<double>() - 2) < 1e-5);
    }
  }

  /// A layer leaves out the same units of all streams, those that hard sharing leaves out.
  void streamsHaveTheirMasksInCommon() {
    const json drop{{"hidden", {16, 8}}, {"dropout", 0.5}};
    const auto plain = modelFor("mlp", drop);
    const auto x = normal({5, 4});
    const auto expected = plain->represent(x, {.training = true})[0];
    for (const char* id : kIds) {
      const auto model = modelFor(id, drop);
      for (const auto& stream : model->represent(x, {.training = true}))
        QVERIFY(isNear(stream, expected));
    }
  }

  /// The base is that of hard sharing to the bit, whatever is added, and stays where it is told to.
  void theBaseIsThatOfHardSharing() {
    const json sizes{{"hidden", {6, 4}}, {"head_hidden", {3}}};
    const auto plain = valuesIn(*modelFor("mlp", sizes));
    for (const char* id : kIds)
      for (const bool trained : {true, false}) {
        const auto model = modelFor(id, with(sizes, {{"train_base", trained}}));
        const auto values = valuesIn(*model);
        for (const auto& [name, expected] : plain) QVERIFY(values.at(name).equal(expected));
        for (const auto& info : model->parameters().infos())
          QCOMPARE(info.block.trainable,
                   trained || !plain.contains(info.name) || info.name.starts_with("head."));
      }
  }

  void refuses() {
    QCOMPARE(refusalTo("poly", {{"hidden", {30}}, {"splits", 4}}),
             QString("model.splits: 4 does not divide the 30 units of stage 1"));
    QCOMPARE(refusalTo("poly", {{"hidden", {6, 4}}, {"splits", 3}}),
             QString("model.splits: 3 does not divide the 4 inputs of stage 1"));
    QCOMPARE(refusalTo("poly", {{"skills", 0}}), QString("model.skills: 0 is below 1"));
    QCOMPARE(refusalTo("task_lora", {{"rank", 0}}), QString("model.rank: 0 is below 1"));
    QVERIFY(refusalTo("task_lora", {{"alpha", 0}}).startsWith("model.alpha: 0 "));
    QCOMPARE(refusalTo("c_poly", {{"task_skills", 0}}), QString("model.task_skills: 0 is below 1"));
    QCOMPARE(refusalTo("tensor_poly", {{"order", 5}}), QString("model.order: 5 is above 4"));
    QCOMPARE(refusalTo("tensor_poly", {{"order", 4}, {"factor_rank", 17}}),
             QString("model.factor_rank: 17 to the power 4 is a rank above 65536"));
    QCOMPARE(refusalTo("mor1e", {{"experts", 65}}), QString("model.experts: 65 is above 64"));
    QCOMPARE(refusalTo("mor1e", {{"clusters", 41}}),
             QString("model.clusters: 41 is above 40, the number of training inputs that they are "
                     "found in"));
    auto many = settingOf();
    many.trainingInputs = normal({1100, 4}, 5);  // 1,024 of them are taken
    QVERIFY(refusalTo("mor1e", {{"clusters", 1024}}, many).isEmpty());
    QVERIFY(refusalTo("mor1e", {{"clusters", 1025}}, many)
                .startsWith("model.clusters: 1025 is above 1024, "));
    QCOMPARE(refusalTo("lora_experts", {{"top_k", 5}}),
             QString("model.top_k: 5 is above 4, the number of experts"));
    QVERIFY(refusalTo("c_poly", {{"base", "cnn"}}).startsWith("model.base: cnn needs images"));
    QCOMPARE(
        refusalTo("task_lora", {{"base", "cnn"}, {"hidden", json::array()}},
                  settingOf(3, {1, 12, 12})),
        QString("model.hidden: task_lora adds to full layers and needs at least one width, found "
                "[]"));
  }
};

EQUIPOISE_TEST(TestLowRank)
#include "tst_low_rank.moc"

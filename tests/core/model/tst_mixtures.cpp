#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <QTest>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/model/penalty.h"
#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

class TestMixtures : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void eachTaskMixesAllExperts() {
    const auto model = modelFor("mmoe", {{"hidden", {6, 5}}, {"experts", 3}, {"gate_hidden", {7}}});
    const auto values = valuesIn(*model);
    const auto x = normal({6, 4});
    for (size_t k = 0; k < 3; ++k) {
      const std::string task(1, static_cast<char>('a' + k));
      const auto gate = layerOf(values, "task." + task + ".gate.1",
                                at::relu(layerOf(values, "task." + task + ".gate.0", x)))
                            .softmax(1);
      auto z = at::zeros_like(
          layerOf(values, "trunk.expert.0.1", at::relu(layerOf(values, "trunk.expert.0.0", x))));
      for (std::int64_t e = 0; e < 3; ++e) {
        const auto name = "trunk.expert." + std::to_string(e);
        const auto f =
            at::relu(layerOf(values, name + ".1", at::relu(layerOf(values, name + ".0", x))));
        z = z + gate.narrow(1, e, 1) * f;
      }
      const auto expected = layerOf(values, "head." + task + ".linear-1", z).squeeze(1);
      QVERIFY(isNear(predictionOf(*model, k, x), expected));
    }
    QCOMPARE(model->frontier(), size_t(3));
  }

  /// The first expert is the trunk of hard sharing, whatever is beside it; alone it is all there
  /// is.
  void oneExpertIsHardSharing() {
    const auto plain = modelFor("mlp", {{"hidden", {6, 5}}});
    const auto one = modelFor("mmoe", {{"hidden", {6, 5}}, {"experts", 1}});
    const auto several = valuesIn(*modelFor("mmoe", {{"hidden", {6, 5}}, {"experts", 4}}));
    QVERIFY(isNear(predictionOf(*one, 1, normal({5, 4})), predictionOf(*plain, 1, normal({5, 4}))));
    for (const auto& [name, values] : valuesIn(*one))
      if (!name.starts_with("task.")) QVERIFY(several.at(name).equal(values));
    QVERIFY(!several.at("trunk.expert.1.0.weight").equal(several.at("trunk.expert.0.0.weight")));
  }

  /// In training an expert is left out of a task's whole batch, and the others take its part.
  void droppedExpertsLeaveTheirPartToTheOthers() {
    const auto sure = modelFor("mmoe", {{"hidden", {5}}, {"gate_dropout", 0.999}}, settingOf(1));
    const auto x = normal({6, 4});
    // All four drawn: then all stay.
    QVERIFY(isNear(predictionOf(*sure, 0, x, {true}), predictionOf(*sure, 0, x)));
    const auto half = modelFor("mmoe", {{"hidden", {5}}, {"gate_dropout", 0.5}}, settingOf(1));
    std::vector<at::Tensor> seen;
    for (int i = 0; i < 20; ++i) seen.push_back(predictionOf(*half, 0, x, {true}));
    QVERIFY(!std::all_of(seen.begin(), seen.end(),
                         [&](const at::Tensor& one) { return isNear(one, seen[0]); }));
    QVERIFY(isNear(predictionOf(*half, 0, x), predictionOf(*half, 0, x)));
  }

  void towersAreMixedBetweenStages_data() {
    QTest::addColumn<QString>("unit");
    QTest::newRow("layer") << "layer";
    QTest::newRow("channel") << "channel";
  }
  void towersAreMixedBetweenStages() {
    QFETCH(QString, unit);
    const auto model =
        modelFor("cross_stitch", {{"hidden", {6, 5, 5}}, {"unit", unit.toStdString()}});
    {
      const at::NoGradGuard noGradients;
      for (size_t i = 0; i < model->parameters().infos().size(); ++i)
        if (model->parameters().infos()[i].architecture)
          model->parameters().tensor(i).uniform_(-1, 1,
                                                 at::make_generator<at::CPUGeneratorImpl>(5 + i));
    }
    const auto values = valuesIn(*model);
    const auto x = normal({6, 4});
    const std::string tasks[] = {"a", "b", "c"};
    std::vector<at::Tensor> h(3, x);
    for (int stage = 0; stage < 2; ++stage) {
      for (size_t k = 0; k < 3; ++k)
        h[k] = at::relu(
            layerOf(values, "trunk.tower." + tasks[k] + "." + std::to_string(stage), h[k]));
      const auto& stitch = values.at("trunk.stitch." + std::to_string(stage + 1));
      std::vector<at::Tensor> mixed;
      for (std::int64_t k = 0; k < 3; ++k)
        mixed.push_back(h[0] * stitch[k][0] + h[1] * stitch[k][1] + h[2] * stitch[k][2]);
      h = mixed;
    }
    for (size_t k = 0; k < 3; ++k) {
      const auto z = at::relu(layerOf(values, "task." + tasks[k] + ".2", h[k]));
      QVERIFY(isNear(predictionOf(*model, k, x),
                     layerOf(values, "head." + tasks[k] + ".linear-1", z).squeeze(1)));
    }
  }

  /// What is recorded are means over the batch of what the pass computed.
  void recordsGatesAndExperts() {
    const auto model = modelFor("mmoe", {{"hidden", {5}}, {"experts", 3}});
    const auto values = valuesIn(*model);
    const auto x = normal({8, 4});
    Observations seen;
    const Pass pass{.seen = &seen};
    for (size_t k = 0; k < 3; ++k) predictionOf(*model, k, x, pass);
    std::map<std::string, at::Tensor> found;
    for (const auto& one : seen.all())
      found[one.name + (one.task < 0 ? "" : std::to_string(one.task))] = one.values;
    auto shares = at::zeros_like(found.at("utilisation"));
    for (size_t k = 0; k < 3; ++k) {
      const std::string task(1, static_cast<char>('a' + k));
      const auto gate = layerOf(values, "task." + task + ".gate.0", x).softmax(1);
      QVERIFY(isNear(found.at("gate" + std::to_string(k)), gate.mean(0)));
      for (std::int64_t n = 0; n < 8; ++n)
        shares[gate[n].argmax().item<std::int64_t>()].add_(1.0 / 24);
    }
    QVERIFY(isNear(found.at("utilisation"), shares));
    const auto outputOf = [&](int e) {
      return at::relu(layerOf(values, "trunk.expert." + std::to_string(e) + ".0", x));
    };
    const double gaps[] = {(outputOf(0) - outputOf(1)).norm().item<double>(),
                           (outputOf(0) - outputOf(2)).norm().item<double>(),
                           (outputOf(1) - outputOf(2)).norm().item<double>()};
    const double mean = (gaps[0] + gaps[1] + gaps[2]) / 3;
    const double diversity = mean / *std::max_element(gaps, gaps + 3);
    QVERIFY(std::abs(found.at("diversity").item<double>() - diversity) < 1e-5);
  }

  /// Of 5 experts 2 are assigned: to a and to b. A task's gate is a softmax over what it may use
  /// and exactly 0 elsewhere.
  void someExpertsAreOfOneTaskOrOfTheOthers_data() {
    QTest::addColumn<QString>("mode");
    QTest::newRow("exclusivity") << "exclusivity";
    QTest::newRow("exclusion") << "exclusion";
  }
  void someExpertsAreOfOneTaskOrOfTheOthers() {
    QFETCH(QString, mode);
    const bool alone = mode == "exclusivity";
    const auto model =
        modelFor("mmoeex", {{"hidden", {5}}, {"experts", 5}, {"mode", mode.toStdString()}});
    drawAll(*model);
    const auto values = valuesIn(*model);
    const std::string tasks[] = {"a", "b", "c"};
    const std::string blocks[] = {alone ? "task.a" : "group.b+c", alone ? "task.b" : "group.a+c",
                                  "trunk", "trunk", "trunk"};
    const auto x = normal({8, 4});
    const auto observed = observedIn(*model, x);
    for (size_t k = 0; k < 3; ++k) {
      const auto logits = layerOf(values, "task." + tasks[k] + ".gate.0", x);
      QCOMPARE(logits.size(1), std::int64_t(5));
      std::vector<at::Tensor> outputs;
      std::vector<std::int64_t> usable;
      for (size_t e = 0; e < 5; ++e) {
        if (e < 2 && (e == k) != alone) continue;
        usable.push_back(static_cast<std::int64_t>(e));
        outputs.push_back(
            at::relu(layerOf(values, blocks[e] + ".expert." + std::to_string(e) + ".0", x)));
      }
      const auto gate = logits.index_select(1, at::tensor(usable)).softmax(1);
      auto z = at::zeros_like(outputs[0]);
      auto expected = at::zeros_like(logits[0]);
      for (size_t i = 0; i < usable.size(); ++i) {
        z = z + gate.narrow(1, static_cast<std::int64_t>(i), 1) * outputs[i];
        expected[usable[i]] = gate.select(1, static_cast<std::int64_t>(i)).mean();
      }
      QVERIFY(isNear(predictionOf(*model, k, x),
                     layerOf(values, "head." + tasks[k] + ".linear-1", z).squeeze(1)));
      const auto& recorded = observed.at("gate." + tasks[k]);
      QVERIFY(isNear(recorded, expected));
      QVERIFY(((recorded == 0) == (expected == 0)).all().item<bool>());
      QVERIFY(std::abs(recorded.sum().item<double>() - 1) < 1e-6);
    }
    QCOMPARE(model->frontier(), size_t(alone ? 3 : 5));
    const std::int64_t p = 4 * 5 + 5, own = 4 * 5 + 5 + 5 + 1;
    QCOMPARE(model->parameters().count(kTrunk), 3 * p);
    for (const std::int64_t k : {0, 1, 2})
      QCOMPARE(model->parameters().count(k), own + (alone && k < 2 ? p : 0));
    if (!alone) QCOMPARE(model->groups(), (std::vector<std::vector<size_t>>{{1, 2}, {0, 2}}));
    QVERIFY(std::abs(observed.at("utilisation").sum().item<double>() - 1) < 1e-6);
  }

  /// D over all experts, those of one task too.
  void diversityComparesExclusiveExperts() {
    const auto model =
        modelFor("mmoeex", {{"hidden", {5}}, {"experts", 3}, {"dropout", 0.5}}, settingOf(2));
    const auto values = valuesIn(*model);
    const auto x = normal({8, 4});
    const auto outputOf = [&](const char* name) { return at::relu(layerOf(values, name, x)); };
    const at::Tensor f[] = {outputOf("task.a.expert.0.0"), outputOf("trunk.expert.1.0"),
                            outputOf("trunk.expert.2.0")};
    const double gaps[] = {(f[0] - f[1]).norm().item<double>(), (f[0] - f[2]).norm().item<double>(),
                           (f[1] - f[2]).norm().item<double>()};
    const double expected = (gaps[0] + gaps[1] + gaps[2]) / 3 / *std::max_element(gaps, gaps + 3);
    QVERIFY(std::abs(observedIn(*model, x).at("diversity").item<double>() - expected) < 1e-5);
  }

  /// The assigned tasks come from the seed, and nothing assigned is `mmoe` to the bit.
  void assignmentIsInTurnOrDrawn() {
    const json many{{"hidden", {5}}, {"experts", 40}, {"assignment", "random"}};
    const auto one = modelFor("mmoeex", many), again = modelFor("mmoeex", many);
    std::int64_t all = 0;
    for (const std::int64_t k : {0, 1, 2}) {
      QCOMPARE(one->parameters().count(k), again->parameters().count(k));
      all += one->parameters().count(k);
    }
    const std::int64_t p = 4 * 5 + 5, own = 4 * 40 + 40 + 5 + 1;
    QCOMPARE(all, 20 * p + 3 * own);
    QVERIFY(one->parameters().count(0) != one->parameters().count(1) ||
            one->parameters().count(1) != one->parameters().count(2));
    const auto none = modelFor("mmoeex", {{"hidden", {5}}, {"exclusivity", 0.2}});
    const auto plain = modelFor("mmoe", {{"hidden", {5}}});
    QVERIFY(none->parameters().values().equal(plain->parameters().values()));
    QVERIFY(predictionOf(*none, 1, normal({4, 4})).equal(predictionOf(*plain, 1, normal({4, 4}))));
    // Alone, a task still owns what is exclusive.
    QCOMPARE(modelFor("mmoeex", {{"hidden", {5}}}, settingOf(1))->parameters().count(kTrunk),
             2 * p);
  }

  /// Regression: a second view of a batch drew experts of its own, so that what was to be alike was
  /// not of one network.
  void secondViewsGoThroughTheSameExperts() {
    auto setting = settingOf(1);
    setting.readouts = {{eq::usualReadout(setting.tasks[0])}};
    setting.readouts[0][0].views = {"", "first", "second"};
    const auto model = modelFor("mmoe", {{"hidden", {5}}, {"gate_dropout", 0.5}}, setting);
    const auto x = normal({6, 4});
    std::set<double> seen;
    for (int i = 0; i < 20; ++i) {
      Pass pass;
      pass.training = pass.views = true;
      const auto output =
          model->head(0, model->readBy(0, model->represent(at::cat({x, x}), pass)), pass);
      QVERIFY(output.fields.at("first").equal(output.fields.at("second")));
      seen.insert(output.prediction.sum().item<double>());
    }
    QVERIFY(seen.size() > 2);  // something was dropped
  }

  /// Regression: a code of no expert made the penalty infinite, and every step was skipped.
  void aCodeOfNoExpertIsPenalisedFinitely() {
    const auto model = modelFor(
        "dselect_k", {{"hidden", {5}}, {"experts", 3}, {"nonzeros", 1}, {"selector", "task"}});
    {
      const at::NoGradGuard noGradients;
      for (size_t i = 0; i < model->parameters().infos().size(); ++i)
        if (model->parameters().infos()[i].name.ends_with("codes"))
          model->parameters().tensor(i).fill_(9);  // bits 1 1: expert 3 of 0 to 2
    }
    std::vector<Penalty> penalties;
    Pass pass;
    pass.training = true;
    pass.penalties = &penalties;
    const auto prediction = predictionOf(*model, 0, normal({6, 4}), pass);
    QVERIFY(prediction.isfinite().all().item<bool>());
    const auto unused = std::find_if(penalties.begin(), penalties.end(),
                                     [](const Penalty& one) { return one.name == "unused_codes"; });
    QVERIFY(unused != penalties.end());
    QVERIFY(unused->value.isfinite().item<bool>());
    QVERIFY(unused->value.item<double>() > 1e3);
  }

  /// Dropped experts are those that a task may use: it is never left without one.
  void droppedExpertsAreAmongTheUsable() {
    const json params{
        {"hidden", {5}}, {"experts", 4}, {"exclusivity", 0.8}, {"gate_dropout", 0.999}};
    const auto model = modelFor("mmoeex", params);
    const auto x = normal({6, 4});
    for (int i = 0; i < 20; ++i)
      QVERIFY(predictionOf(*model, 2, x, {true}).isfinite().all().item<bool>());
    QVERIFY(isNear(predictionOf(*model, 2, x, {true}), predictionOf(*model, 2, x)));
  }

  /// g = Σ_i softmax(w)_i r_i, and a sharp code picks the expert of its number.
  void selectorsPickTheExpertOfTheirCode() {
    const auto model = modelFor(
        "dselect_k",
        {{"hidden", {5}}, {"experts", 4}, {"nonzeros", 2}, {"gamma", 0.5}, {"selector", "task"}});
    {
      const at::NoGradGuard noGradients;
      // Selector 0: bits 1 0, expert 2; selector 1: bits 0 1, expert 1.
      const auto codes = at::tensor({3.0, -3.0, -3.0, 3.0}).to(at::kFloat);
      for (size_t i = 0; i < model->parameters().infos().size(); ++i) {
        const auto& name = model->parameters().infos()[i].name;
        if (name.ends_with("codes")) model->parameters().tensor(i).copy_(codes);
      }
    }
    const auto values = valuesIn(*model);
    Observations seen;
    const auto x = normal({6, 4});
    const auto prediction = predictionOf(*model, 1, x, {.seen = &seen});
    const auto w = values.at("task.b.selector.weights").softmax(0);
    const auto outputOf = [&](int e) {
      return at::relu(layerOf(values, "trunk.expert." + std::to_string(e) + ".0", x));
    };
    const auto z = outputOf(2) * w[0] + outputOf(1) * w[1];
    QVERIFY(isNear(prediction, layerOf(values, "head.b.linear-1", z).squeeze(1)));
    for (const auto& one : seen.all())
      if (one.name == "gate") {
        QCOMPARE(one.values[0].item<float>() + one.values[3].item<float>(), 0.0F);
        QVERIFY(std::abs(one.values[2].item<float>() - w[0].item<float>()) < 1e-6F);
      }
  }

  /// A task weighs shared experts and its own, and nobody else's.
  void aTaskMixesSharedExpertsAndItsOwn() {
    const auto model =
        modelFor("cgc", {{"hidden", {6, 5}}, {"shared_experts", 2}, {"task_experts", 1}});
    const auto values = valuesIn(*model);
    const auto x = normal({6, 4});
    const auto outputOf = [&](const std::string& name) {
      return at::relu(layerOf(values, name + ".1", at::relu(layerOf(values, name + ".0", x))));
    };
    for (size_t k = 0; k < 3; ++k) {
      const std::string task(1, static_cast<char>('a' + k));
      const auto gate = layerOf(values, "task." + task + ".gate", x).softmax(1);
      const auto z = gate.narrow(1, 0, 1) * outputOf("trunk.expert.0") +
                     gate.narrow(1, 1, 1) * outputOf("trunk.expert.1") +
                     gate.narrow(1, 2, 1) * outputOf("task." + task + ".expert.0");
      QVERIFY(isNear(predictionOf(*model, k, x),
                     layerOf(values, "head." + task + ".linear-1", z).squeeze(1)));
    }
    QCOMPARE(model->frontier(), size_t(2));
    // Shared (m_s p), of a task m_t p + lin(n0, m_s + m_t) + H.
    const std::int64_t p = 4 * 6 + 6 + 6 * 5 + 5;
    QCOMPARE(model->parameters().count(kTrunk), 2 * p);
    QCOMPARE(model->parameters().count(1), p + 4 * 3 + 3 + 5 + 1);
  }

  /// Two levels: the streams of the tasks and the shared one, by hand.
  void levelsMixStreams() {
    const auto model = modelFor("ple", {{"hidden", {6, 5}}, {"task_experts", 2}});
    const auto values = valuesIn(*model);
    const auto x = normal({6, 4});
    const auto f = [&](const std::string& name, const at::Tensor& h) {
      return at::relu(layerOf(values, name, h));
    };
    const auto mix = [&](const std::string& gate, const at::Tensor& stream,
                         const std::vector<at::Tensor>& experts) {
      const auto weights = layerOf(values, gate, stream).softmax(1);
      auto sum = at::zeros_like(experts[0]);
      for (size_t e = 0; e < experts.size(); ++e)
        sum = sum + weights.narrow(1, static_cast<std::int64_t>(e), 1) * experts[e];
      return sum;
    };
    const std::string tasks[] = {"a", "b", "c"};
    std::vector<at::Tensor> all{f("trunk.level1.shared.0.0", x)};
    for (const auto& task : tasks)
      for (const char* number : {"0", "1"})
        all.push_back(f("trunk.level1." + task + ".expert." + number + ".0", x));
    const auto shared = mix("trunk.level1.gate", x, all);
    for (size_t k = 0; k < 3; ++k) {
      const auto own = "task." + tasks[k];
      const auto stream = mix(own + ".level1.gate", x, {all[0], all[1 + 2 * k], all[2 + 2 * k]});
      const auto z =
          mix(own + ".level2.gate", stream,
              {f("trunk.level2.shared.0.1", shared), f(own + ".level2.expert.0.1", stream),
               f(own + ".level2.expert.1.1", stream)});
      QVERIFY(isNear(predictionOf(*model, k, x),
                     layerOf(values, "head." + tasks[k] + ".linear-1", z).squeeze(1)));
    }
    QCOMPARE(model->frontier(), size_t(0));
    QCOMPARE(modelFor("ple", {{"levels", 1}, {"shared_experts", 2}})->frontier(), size_t(2));
  }

  /// The form of LibMTL: no shared stream, and shared experts that read every task's in turn.
  void sharedExpertsReadEveryStream() {
    const auto model = modelFor(
        "ple", {{"hidden", {6, 5, 4}}, {"form", "libmtl"}, {"levels", 2}, {"shared_experts", 2}});
    drawAll(*model);
    const auto values = valuesIn(*model);
    const auto x = normal({6, 4});
    const auto f = [&](const std::string& name, const at::Tensor& h) {
      return at::relu(layerOf(values, name, h));
    };
    const std::string tasks[] = {"a", "b", "c"};
    for (size_t k = 0; k < 3; ++k) {
      const auto own = "task." + tasks[k];
      auto stream = x;
      for (const std::string level : {"level1", "level2"}) {
        const auto through = [&](const std::string& name) {
          return level == "level1" ? f(name + ".0", stream)
                                   : f(name + ".2", f(name + ".1", stream));
        };
        const auto gate = layerOf(values, own + "." + level + ".gate", stream).softmax(1);
        stream = gate.narrow(1, 0, 1) * through("trunk." + level + ".shared.0") +
                 gate.narrow(1, 1, 1) * through("trunk." + level + ".shared.1") +
                 gate.narrow(1, 2, 1) * through(own + "." + level + ".expert.0");
      }
      QVERIFY(isNear(predictionOf(*model, k, x),
                     layerOf(values, "head." + tasks[k] + ".linear-1", stream).squeeze(1)));
    }
    QCOMPARE(model->frontier(), size_t(0));
    // m_s p shared; of a task m_t p, a gate of m_s + m_t entries a level and its head.
    const std::int64_t first = 4 * 6 + 6, second = 6 * 5 + 5 + 5 * 4 + 4;
    QCOMPARE(model->parameters().count(kTrunk), 2 * (first + second));
    QCOMPARE(model->parameters().count(1), first + second + (4 * 3 + 3) + (6 * 3 + 3) + 4 + 1);
    const auto observed = observedIn(*model, x);
    for (const char* name : {"gate.a.1", "gate.c.2"})
      QVERIFY(std::abs(observed.at(name).sum().item<double>() - 1) < 1e-6);
    QCOMPARE(observed.at("utilisation").size(0), std::int64_t(5));
  }

  /// With one level there is no stream to share, and both forms are one.
  void oneLevelIsTheSameInBothForms() {
    const json params{{"hidden", {6, 5}}, {"levels", 1}, {"shared_experts", 2}};
    auto libmtl = params;
    libmtl["form"] = "libmtl";
    const auto one = modelFor("ple", params), other = modelFor("ple", libmtl);
    QVERIFY(one->parameters().values().equal(other->parameters().values()));
    QCOMPARE(other->frontier(), size_t(2));
  }

  /// Two levels of units: v is added to the gate of a unit's own experts, learned where one has
  /// several, else 1; the shared unit has no gate in the last level.
  void unitsKeepTheirOwnExpertsBeside_data() {
    QTest::addColumn<int>("own");
    QTest::newRow("one expert") << 1;
    QTest::newRow("two experts") << 2;
  }
  void unitsKeepTheirOwnExpertsBeside() {
    QFETCH(int, own);
    const auto model = modelFor("adatt", {{"hidden", {6, 5}}, {"task_experts", own}});
    const auto values = valuesIn(*model);
    const auto x = normal({6, 4});
    const std::string names[] = {"unit.a", "unit.b", "unit.c", "shared"};
    std::vector<at::Tensor> streams(4, x);
    for (int level = 1; level <= 2; ++level) {
      const auto place = "level" + std::to_string(level);
      std::vector<at::Tensor> experts;
      std::vector<size_t> native;
      for (size_t u = 0; u < 4; ++u)
        for (int e = 0; e < (u < 3 ? own : 1); ++e) {
          const auto name = "trunk." + place + "." + names[u] + ".expert." + std::to_string(e) +
                            "." + std::to_string(level - 1);
          experts.push_back(at::relu(layerOf(values, name, streams[u])));
          native.push_back(u);
        }
      std::vector<at::Tensor> next;
      for (size_t u = 0; u < (level == 1 ? 4 : 3); ++u) {
        const auto name = level == 1 ? "trunk." + place + "." + names[u]
                                     : "task." + names[u].substr(5) + "." + place;
        const auto gate = layerOf(values, name + ".gate", streams[u]).softmax(1);
        auto sum = at::zeros_like(experts[0]);
        std::int64_t mine = 0;
        for (size_t e = 0; e < experts.size(); ++e) {
          auto weight = gate.narrow(1, static_cast<std::int64_t>(e), 1);
          if (native[e] == u && own == 1) weight = weight + 1;
          if (native[e] == u && own > 1) weight = weight + values.at(name + ".residual")[mine++];
          sum = sum + weight * experts[e];
        }
        next.push_back(sum);
      }
      next.resize(4);
      streams = next;
    }
    QCOMPARE(values.count("trunk.level1.shared.residual"), size_t(own > 1));
    const auto observed = observedIn(*model, x);
    if (own == 1)
      QVERIFY((observed.at("residual.a.1") == 1).all().item<bool>());
    else
      QVERIFY(observed.at("residual.b.2").equal(values.at("task.b.level2.residual")));
    for (size_t k = 0; k < 3; ++k) {
      const auto head = "head." + names[k].substr(5) + ".linear-1";
      QVERIFY(isNear(predictionOf(*model, k, x), layerOf(values, head, streams[k]).squeeze(1)));
    }
  }

  /// Tuned stages are a task's own, the others everybody's, before and after them.
  void subtuningTrainsSomeStages() {
    const auto model = modelFor("subtuning", {{"hidden", {6, 5, 5}}, {"tuned", {2}}});
    const auto values = valuesIn(*model);
    const auto x = normal({6, 4});
    const auto below = at::relu(layerOf(values, "trunk.0", x));
    const auto own = at::relu(layerOf(values, "task.c.1", below));
    const auto z = at::relu(layerOf(values, "trunk.2", own));
    QVERIFY(isNear(predictionOf(*model, 2, x), layerOf(values, "head.c.linear-1", z).squeeze(1)));
    // From scratch it begins as hard sharing does.
    const auto plain = modelFor("mlp", {{"hidden", {6, 5, 5}}});
    QVERIFY(isNear(predictionOf(*plain, 2, x), predictionOf(*model, 2, x)));
    QCOMPARE(model->parameters().columns().size(), std::int64_t(0));
  }

  void stitchesBeginAtTheirOwnStream() {
    const auto values = valuesIn(*modelFor("cross_stitch", {{"self", 0.8}}));
    const auto& stitch = values.at("trunk.stitch.1");
    for (std::int64_t k = 0; k < 3; ++k)
      for (std::int64_t j = 0; j < 3; ++j)
        QCOMPARE(stitch[k][j].item<float>(), k == j ? 0.8F : 0.1F);
    QCOMPARE(values.count("trunk.stitch.2"), size_t(0));
  }

  void refuses() {
    QCOMPARE(refusalTo("cross_stitch", {{"hidden", {5}}}),
             QString("model.hidden: cross_stitch mixes between stages and needs at least 2, the "
                     "base has 1"));
    QCOMPARE(refusalTo("cross_stitch", {{"self", 1.5}}), QString("model.self: 1.5 is above 1"));
    QCOMPARE(refusalTo("dselect_k", {{"experts", 1}}), QString("model.experts: 1 is below 2"));
    QCOMPARE(refusalTo("dselect_k", {{"experts", 3}, {"nonzeros", 4}}),
             QString("model.nonzeros: 4 is above 3, the number of experts"));
    QCOMPARE(refusalTo("cgc", {{"task_experts", 0}}), QString("model.task_experts: 0 is below 1"));
    QCOMPARE(refusalTo("ple", {{"levels", 3}}),
             QString("model.levels: 3 levels need 3 stages, hidden has 2"));
    QCOMPARE(refusalTo("subtuning", {{"tuned", json::array()}}),
             QString("model.tuned: needs at least one stage, found []"));
    QCOMPARE(refusalTo("subtuning", {{"tuned", {3}}}),
             QString("model.tuned: 3 is above 2, the number of stages"));
    QCOMPARE(refusalTo("subtuning", {{"tuned", {1, 1}}}),
             QString("model.tuned: stage 1 is there twice"));
    QCOMPARE(refusalTo("mmoe", {{"experts", 0}}), QString("model.experts: 0 is below 1"));
    QCOMPARE(refusalTo("mmoe", {{"experts", 65}}), QString("model.experts: 65 is above 64"));
    QCOMPARE(refusalTo("mmoeex", {{"exclusivity", 1}}),
             QString("model.exclusivity: 1 is not below 1"));
    QCOMPARE(refusalTo("mmoeex", {{"mode", "both"}}),
             QString("model.mode: expected one of exclusivity, exclusion, found \"both\""));
    QCOMPARE(refusalTo("mmoeex", {{"mode", "exclusion"}}, settingOf(1)),
             QString("model.mode: exclusion keeps an expert from one task for the others, and "
                     "there is one task alone; take exclusivity"));
    QCOMPARE(refusalTo("mmoe", {{"gate_dropout", 1}}),
             QString("model.gate_dropout: 1 is not below 1"));
  }
};

EQUIPOISE_TEST(TestMixtures)
#include "tst_mixtures.moc"

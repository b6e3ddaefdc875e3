#include <QTest>

#include <ATen/ops/zeros.h>

#include "core/train/command.h"
#include "core/train/scheme/curriculum_unimax.h"
#include "core/train/scheme/dsg.h"
#include "tests/core/train/scheme_support.h"

using eq::test::agree;
using eq::test::partsTaken;
using eq::test::schemeExperiment;
using eq::test::schemeJson;
using eq::test::schemeProblem;
using eq::test::trainSteps;
using eq::test::withScheme;
using eq::train::Command;
using eq::train::SplitName;
using eq::train::StopAndGo;
using eq::train::Trainer;
using nlohmann::json;

namespace {

constexpr int kDraws = 1500;

/// The only parameter of a task's head that is called so.
at::Tensor ofHead(const eq::train::Snapshot& snapshot, const std::string& task,
                  const std::string& name) {
  for (const auto& [full, tensor] : snapshot.tensors)
    if (full.starts_with("model.head." + task) && full.ends_with(name)) return tensor;
  return {};
}

/// The draws of whole batches, of which every task has some.
json drawn(const json& scheme, json changes = json::object()) {
  changes.update({{"batch_size", 48}, {"epochs", kDraws}});
  return withScheme(scheme, std::move(changes));
}

}  // namespace

/// Who trains in a step, scheme by scheme.
class TestTaskChoice : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  void whoIsLeftOutIsRecordedLikeDisabledTasks() {
    Trainer trainer(schemeExperiment(drawn(schemeJson("sampled_tasks"))), schemeProblem());
    for (const auto& record : trainSteps(trainer, 20)) {
      QCOMPARE(partsTaken({record}),
               std::vector<int>({!std::isnan(record.losses[0]), !std::isnan(record.losses[1]),
                                 !std::isnan(record.losses[2])}));
      int taken = 0;
      for (size_t k = 0; k < 3; ++k) {
        QCOMPARE(record.weights[k], std::isnan(record.losses[k]) ? 0.0 : 1.0);
        taken += !std::isnan(record.losses[k]);
      }
      QCOMPARE(taken, 1);
    }
  }

  /// p_k ∝ n_k^{1/T} of the training examples that have a target.
  void tasksAreSampledByTheirSizes_data() {
    QTest::addColumn<double>("temperature");
    for (const double temperature : {1.0, 2.0, 5.0})
      QTest::addRow("T = %g", temperature) << temperature;
  }
  void tasksAreSampledByTheirSizes() {
    QFETCH(double, temperature);
    const auto changes = drawn({{"id", "sampled_tasks"}, {"temperature", temperature}});
    Trainer trainer(schemeExperiment(changes), schemeProblem({4, 16}));
    std::vector<double> p;
    for (const double size : {4, 16, 48}) p.push_back(std::pow(size, 1 / temperature));
    const double sum = p[0] + p[1] + p[2];
    for (auto& value : p) value /= sum;
    QVERIFY(agree(partsTaken(trainSteps(trainer, kDraws)), p, kDraws));
  }

  void tasksThatAreOffAreNotDrawn() {
    Trainer trainer(schemeExperiment(drawn(schemeJson("sampled_tasks"))), schemeProblem());
    trainer.apply(Command::setTaskEnabled(1, false));
    const auto counts = partsTaken(trainSteps(trainer, kDraws));
    QVERIFY(agree(counts, {0.5, 0, 0.5}, kDraws));
  }

  /// Half of the epochs passed: a = 1 − 0.8/2 at e = (E + 1)/2.
  void annealedSamplingGetsMoreEven() {
    Trainer trainer(schemeExperiment(drawn(schemeJson("curriculum_annealed"))),
                    schemeProblem({4, 16}));
    const auto records = trainSteps(trainer, kDraws);
    std::vector<double> expected(3, 0);
    for (int e = 0; e < kDraws; ++e) {
      const double a = 1 - 0.8 * e / (kDraws - 1);
      std::vector<double> p;
      for (const double size : {4, 16, 48}) p.push_back(std::pow(size, a));
      for (size_t k = 0; k < 3; ++k) expected[k] += p[k] / (p[0] + p[1] + p[2]) / kDraws;
    }
    QVERIFY(agree(partsTaken(records), expected, kDraws));
  }

  void uniMaxGivesWhatSmallTasksLeaveToLargeOnes() {
    // Equal parts of 60 are 20; 1 takes 1, then (60 - 1)/2 is above 10, and 100 gets the rest.
    QCOMPARE(eq::train::uniMaxBudgets({100, 10, 1}, 60, 1), (std::vector<double>{49, 10, 1}));
    QCOMPARE(eq::train::uniMaxBudgets({100, 10, 1}, 60, 3), (std::vector<double>{28.5, 28.5, 3}));
    QCOMPARE(eq::train::uniMaxBudgets({5, 5}, 60, 1), (std::vector<double>{5, 5}));
    const auto changes = drawn({{"id", "curriculum_unimax"}, {"epochs", 100}});
    Trainer trainer(schemeExperiment(changes), schemeProblem({4, 16}));
    // 48 kDraws examples: 400 of a, 1,600 of b, 4,800 of c at the most.
    const std::vector<double> p{400 / 6800.0, 1600 / 6800.0, 4800 / 6800.0};
    QVERIFY(agree(partsTaken(trainSteps(trainer, kDraws)), p, kDraws));
  }

  void progressBeginsWithTwoLooksAtEachTask() {
    const auto changes = drawn(schemeJson("curriculum_progress"),
                               {{"optimizer", {{"lr", 1e-30}}}, {"model", {{"dropout", 0}}}});
    Trainer trainer(schemeExperiment(changes), schemeProblem());
    int steps = 0;
    const auto known = [&] {
      const auto meta = trainer.snapshot().meta;
      const auto& found = meta.at("schemes").at("curriculum_progress").at("progress");
      return std::none_of(found.begin(), found.end(),
                          [](const json& one) { return one.is_null(); });
    };
    std::vector<int> counts(3, 0);
    while (!known() && steps < 200) {
      const auto taken = partsTaken(trainSteps(trainer, 1));
      for (size_t k = 0; k < 3; ++k) counts[k] += taken[k];
      ++steps;
    }
    for (const int count : counts) QVERIFY(count >= 2);
    // A tenth of the draws is even, wherever the losses go.
    const double least = kDraws * 0.1 / 3;
    for (const int count : partsTaken(trainSteps(trainer, kDraws)))
      QVERIFY(count > least - 5 * std::sqrt(least));
  }

  /// Q and p by hand, from the losses that were recorded.
  void progressFollowsTheLosses() {
    Trainer trainer(schemeExperiment(drawn({{"id", "curriculum_progress"}, {"rate", 0.3}})),
                    schemeProblem());
    const auto records = trainSteps(trainer, 60);
    std::vector<double> last(3, NAN), progress(3, NAN);
    for (size_t i = 0; i + 1 < records.size(); ++i)
      for (size_t k = 0; k < 3; ++k) {
        const double loss = records[i].losses[k];
        if (std::isnan(loss)) continue;
        const double gain = last[k] - loss;
        if (!std::isnan(gain))
          progress[k] = std::isnan(progress[k]) ? gain : 0.3 * gain + 0.7 * progress[k];
        last[k] = loss;
      }
    const auto state = trainer.snapshot().meta.at("schemes").at("curriculum_progress");
    for (size_t k = 0; k < 3; ++k)
      QVERIFY(std::abs(state.at("progress")[k].get<double>() - progress[k]) < 1e-9);
  }

  /// A task whose head puts out the same for all classes is as unsure as can be; with one logit
  /// far above the others the model is sure.
  void unsureTasksAreDrawnMoreOften() {
    const auto changes = drawn(schemeJson("curriculum_entropy"),
                               {{"optimizer", {{"lr", 1e-30}}}, {"model", {{"dropout", 0}}}});
    Trainer trainer(schemeExperiment(changes), schemeProblem());
    auto snapshot = trainer.snapshot();
    for (auto& [name, tensor] : snapshot.tensors)
      if (name.starts_with("model.head.")) tensor.zero_();
    ofHead(snapshot, "a", "bias")[0] = 1;    // p = e, 1, 1
    ofHead(snapshot, "c", "bias").fill_(3);  // p = 1/(1 + e^-3)
    trainer.restore(snapshot);
    const auto entropy = [](std::vector<double> p) {
      double sum = 0, found = 0;
      for (const double value : p) sum += value;
      for (const double value : p) found -= value / sum * std::log(value / sum);
      return found / std::log(static_cast<double>(p.size()));
    };
    std::vector<double> p{entropy({std::exp(1.0), 1, 1}), 1, entropy({std::exp(3.0), 1})};
    const double sum = p[0] + p[1] + p[2];
    for (auto& value : p) value /= sum;
    QVERIFY(agree(partsTaken(trainSteps(trainer, kDraws)), p, kDraws));
  }

  void numbersHaveNoEntropy() {
    auto problem = schemeProblem();
    problem.tasks[2] = {"c", eq::TaskKind::regression, 1, {}, {}, {}};
    const auto text = eq::test::errorOf([&] {
      Trainer trainer(schemeExperiment(withScheme(schemeJson("curriculum_entropy"))), problem);
    });
    QVERIFY2(text.find("scheme.id: curriculum_entropy") != std::string::npos &&
                 text.find("c is regression") != std::string::npos,
             text.c_str());
  }

  /// At c₀ = 0.25 of 48 examples the 12 with the lowest loss: the mean of the 12 lowest losses,
  /// each measured alone by a mask.
  void competenceBeginsWithTheEasiestExamples() {
    const json changes{
        {"optimizer", {{"lr", 1e-30}}}, {"model", {{"dropout", 0}}}, {"tasks", {{{"name", "a"}}}}};
    std::vector<double> alone;
    for (std::int64_t i = 0; i < eq::test::kSchemeExamples; ++i) {
      auto problem = schemeProblem();
      auto& target = problem.train.targets[0];
      const auto own = target[i].item<std::int64_t>();
      target = target.clone().fill_(-100);
      target[i] = own;
      Trainer trainer(schemeExperiment(drawn(json(), changes)), problem);
      alone.push_back(trainSteps(trainer, 1)[0].losses[0]);
    }
    std::sort(alone.begin(), alone.end());
    Trainer trainer(
        schemeExperiment(drawn({{"id", "curriculum_competence"}, {"start", 0.25}}, changes)),
        schemeProblem());
    const auto records = trainSteps(trainer, kDraws / 3);
    const auto meanOf = [&](int count) {
      double sum = 0;
      for (int i = 0; i < count; ++i) sum += alone[static_cast<size_t>(i)];
      return sum / count;
    };
    QVERIFY(std::abs(records[0].losses[0] - meanOf(12)) < 1e-5);
    const double share = (kDraws / 3 - 1.0) / kDraws;
    const double competence = std::sqrt(share * (1 - 0.0625) + 0.0625);
    const int count = static_cast<int>(competence * 48);
    QVERIFY(std::abs(records.back().losses[0] - meanOf(count)) < 1e-5);
  }

  void phasesOpenOneTaskAfterAnother() {
    const json changes{{"epochs", 100}};  // of 3 steps
    Trainer one(schemeExperiment(withScheme(schemeJson("sequential"), changes)), schemeProblem());
    const auto records = trainSteps(one, 300);
    for (size_t i = 0; i < 300; ++i)
      for (size_t k = 0; k < 3; ++k) QCOMPARE(!std::isnan(records[i].losses[k]), k == i / 100);
    std::vector<std::string> told;
    for (const auto& event : one.takeEvents()) told.push_back(event.text);
    QCOMPARE(told, (std::vector<std::string>{"One task after another: now a",
                                             "One task after another: now b",
                                             "One task after another: now c"}));
    Trainer mixed(schemeExperiment(withScheme(schemeJson("curriculum_mixed"), changes)),
                  schemeProblem());
    QCOMPARE(partsTaken(trainSteps(mixed, 100)), (std::vector<int>{100, 0, 0}));
    QVERIFY(agree(partsTaken(trainSteps(mixed, 100)), {0.5, 0.5, 0}, 100));
    QVERIFY(agree(partsTaken(trainSteps(mixed, 100)), {1 / 3.0, 1 / 3.0, 1 / 3.0}, 100));
  }

  /// What a former task owns keeps its bits.
  void formerTasksKeepWhatIsTheirs() {
    Trainer trainer(schemeExperiment(withScheme(schemeJson("sequential"), {{"epochs", 20}})),
                    schemeProblem());
    trainSteps(trainer, 20);
    const auto before = trainer.snapshot();
    trainSteps(trainer, 20);
    const auto after = trainer.snapshot();
    const auto same = [&](const char* task) {
      return ofHead(before, task, "weight").equal(ofHead(after, task, "weight"));
    };
    QVERIFY(same("a") && !same("b") && same("c"));
    QVERIFY(
        !before.tensors.at("model.trunk.0.weight").equal(after.tensors.at("model.trunk.0.weight")));
  }

  void richTasksComeFirstThenAllWithFreshMoments() {
    Trainer trainer(schemeExperiment(withScheme(schemeJson("order_matters"),
                                                {{"optimizer", {{"id", "adam"}, {"lr", 0.01}}},
                                                 {"schedule", {{"id", "cosine"}}}})),
                    schemeProblem());
    const auto records = trainSteps(trainer, 6);
    QCOMPARE(partsTaken({records.begin(), records.begin() + 5}), (std::vector<int>{5, 0, 5}));
    QCOMPARE(partsTaken({records[5]}), (std::vector<int>{1, 1, 1}));
    for (const auto& [name, tensor] : trainer.snapshot().tensors)
      if (name.starts_with("optimizer.steps.")) QCOMPARE(tensor.item<double>(), 1.0);
    // A schedule of 5 steps, then one of the 25 that are left of 10 epochs of 3.
    const auto cosine = [](double step, double total) {
      return 0.01 * 0.5 * (1 + std::cos(M_PI * step / total));
    };
    QVERIFY(std::abs(records[3].learningRate - cosine(3, 5)) < 1e-12);
    QVERIFY(std::abs(records[5].learningRate - cosine(0, 25)) < 1e-12);
    QVERIFY(std::abs(trainSteps(trainer, 1)[0].learningRate - cosine(1, 25)) < 1e-12);
    QCOMPARE(trainer.takeEvents().back().text.rfind("Order matters: all tasks", 0), size_t{0});
  }

  /// The sheet's numbers.
  void stopsWithoutAGainAndGoesOnALoss() {
    using Turn = StopAndGo::Turn;
    for (const double sign : {1.0, -1.0}) {
      StopAndGo task;
      const auto take = [&](double score) { return task.take(sign * score, sign, {}); };
      QVERIFY(take(50) == Turn::none && take(50.01) == Turn::none);
      QVERIFY(take(50.02) == Turn::stopped && task.stopped());
      StopAndGo back;
      back.restore(task.state());
      QVERIFY(back.stopped() && back.state() == task.state());
      QVERIFY(take(49.8) == Turn::none);  // not below 49.75
      QVERIFY(take(49.7) == Turn::goes && !task.stopped());
    }
  }

  void aGainBeginsTheCountAnew() {
    StopAndGo task;
    using Turn = StopAndGo::Turn;
    for (const double score : {50.0, 50.01, 50.2, 50.21, 50.5, 50.51})
      QVERIFY(task.take(score, 1, {}) == Turn::none);
    QVERIFY(task.take(50.52, 1, {}) == Turn::stopped);
  }

  void stoppedTasksTrainAtEveryFourthStepUntilTheRateDrops() {
    Trainer trainer(schemeExperiment(withScheme(schemeJson("dsg"),
                                                {{"optimizer", {{"lr", 1e-30}}},
                                                 {"schedule", {{"id", "step"}, {"every", 30}}}})),
                    schemeProblem());
    for (int i = 0; i < 3; ++i) trainer.look(trainer.evaluate(SplitName::validation));
    const auto events = trainer.takeEvents();
    QCOMPARE(events.size(), size_t{3});
    QCOMPARE(events[0].text,
             std::string("Dynamic stop-and-go: a stops, its accuracy gets no better"));
    const auto records = trainSteps(trainer, 24);
    for (size_t i = 0; i < records.size(); ++i)
      for (const double loss : records[i].losses) QCOMPARE(!std::isnan(loss), i % 4 == 0);
    trainSteps(trainer, 6);
    QCOMPARE(partsTaken(trainSteps(trainer, 3)), (std::vector<int>{3, 3, 3}));
    QCOMPARE(trainer.takeEvents().back().text,
             std::string("Dynamic stop-and-go: the learning rate dropped, all tasks go again"));
  }
};

EQUIPOISE_TEST(TestTaskChoice)
#include "tst_task_choice.moc"

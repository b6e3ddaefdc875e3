#include "core/train/structure.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/zeros_like.h>

#include <QTest>

#include <cmath>

#include "core/train/snapshot.h"
#include "tests/core/train/scheme_support.h"
#include "tests/registry.h"

using eq::test::schemeExperiment;
using eq::test::schemeProblem;
using eq::test::trainSteps;
using eq::train::Command;
using eq::train::EventRecord;
using eq::train::Snapshot;
using eq::train::StepRecord;
using eq::train::Trainer;
using nlohmann::json;

namespace {

const json kAdam{{"id", "adam"}, {"lr", 0.05}};

/// 30 steps: all nodes alike for 3, drawn until 18, then a tree.
json branching() {
  return {{"model",
           {{"id", "ltb"}, {"hidden", {6, 5}}, {"dropout", 0.2}, {"warmup", 0.1}, {"fix_at", 0.6}}},
          {"optimizer", kAdam},
          {"observe", {{"every", 1}}}};
}
constexpr int kSteps = 30, kFixed = 18;

std::unique_ptr<Trainer> trainerOf(json changes, const json& further = json::object()) {
  changes.merge_patch(further);
  return std::make_unique<Trainer>(schemeExperiment(changes), schemeProblem());
}

bool sameNumbers(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

bool sameSteps(const std::vector<StepRecord>& a, const std::vector<StepRecord>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.step == y.step && sameNumbers(x.losses, y.losses) &&
           sameNumbers(x.weights, y.weights) &&
           std::equal(x.observations.begin(), x.observations.end(), y.observations.begin(),
                      y.observations.end(), [](const auto& one, const auto& other) {
                        return one.name == other.name && sameNumbers(one.values, other.values);
                      });
  });
}

std::vector<EventRecord> changesIn(Trainer& trainer) {
  std::vector<EventRecord> found;
  for (auto& event : trainer.takeEvents())
    if (event.kind == "structure") found.push_back(std::move(event));
  return found;
}

void fill(Snapshot& snapshot, const std::string& name, const at::Tensor& values) {
  snapshot.tensors.at("model." + name).copy_(values);
}

/// No two tasks go through a node together.
void part(Snapshot& snapshot) {
  const auto ways = at::eye(3, at::TensorOptions().dtype(at::kFloat)) * 9;
  fill(snapshot, "trunk.branch.2", ways);
  fill(snapshot, "task.a.branch", ways[0]);
  fill(snapshot, "task.b.branch", ways[1]);
  fill(snapshot, "task.c.branch", ways[2]);
}

at::Tensor valueOf(const Trainer& trainer, const std::string& name) {
  return trainer.snapshot().tensors.at(name);
}

}  // namespace

class TestStructure : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  /// In the middle of every phase, before and right after the change.
  void everyPhaseResumesBitForBit_data() {
    QTest::addColumn<QString>("balancer");
    QTest::newRow("equal weights") << "{}";
    QTest::newRow("a weighting with a state") << R"({"weighting": {"id": "dwa", "window": 2}})";
    QTest::newRow("a gradient method") << R"({"gradient": {"id": "gradvac"}})";
  }
  void everyPhaseResumesBitForBit() {
    QFETCH(QString, balancer);
    const json further{{"balancer", json::parse(balancer.toStdString())}};
    const auto whole = trainerOf(branching(), further);
    std::vector<StepRecord> records;
    std::map<int, Snapshot> snapshots;
    for (int step = 0; step < kSteps; ++step) {
      for (const int kept : {0, 2, 3, 10, kFixed, kFixed + 1, 25})
        if (step == kept) snapshots[step] = whole->snapshot();
      for (auto& record : trainSteps(*whole, 1)) records.push_back(std::move(record));
    }
    const auto events = changesIn(*whole);
    QCOMPARE(events.size(), size_t(1));
    QCOMPARE(events[0].step, std::int64_t(kFixed));
    const auto last = whole->snapshot();
    for (const auto& [step, snapshot] : snapshots) {
      QCOMPARE(snapshot.meta.contains("structure"), step > kFixed);
      const auto resumed = trainerOf(branching(), further);
      resumed->restore(snapshot);
      QVERIFY(
          sameSteps(trainSteps(*resumed, kSteps - step), {records.begin() + step, records.end()}));
      QCOMPARE(changesIn(*resumed).size(), size_t(step <= kFixed));
      const auto found = resumed->snapshot();
      QCOMPARE(found.tensors.size(), last.tensors.size());
      for (const auto& [name, tensor] : last.tensors)
        QVERIFY2(tensor.equal(found.tensors.at(name)), name.c_str());
      QVERIFY(found.meta.at("structure") == events[0].detail);
    }
  }

  /// A checkpoint of before the change takes a run back to it.
  void aRunGoesBackBehindTheChange() {
    const auto trainer = trainerOf(branching());
    trainSteps(*trainer, 10);
    const auto before = trainer->snapshot();
    const auto records = trainSteps(*trainer, 12);
    QVERIFY(trainer->snapshot().meta.contains("structure"));
    trainer->restore(before);
    QVERIFY(!trainer->snapshot().meta.contains("structure"));
    QVERIFY(sameSteps(trainSteps(*trainer, 12), records));
  }

  void theTreeHasTheCountsOfATree() {
    const auto trainer = trainerOf(branching());
    const auto drawn = trainer->description();
    trainSteps(*trainer, kFixed + 1);
    const auto structure = changesIn(*trainer).at(0).detail;
    const auto found = trainer->description();
    const auto tree = trainerOf(
        {{"model", {{"id", "tree"}, {"hidden", {6, 5}}, {"stages", structure["stages"]}}}});
    const auto expected = tree->description();
    for (const char* field : {"total", "shared", "per_task", "groups", "flops_per_example"})
      QVERIFY2(found[field] == expected[field], field);
    QVERIFY(drawn["total"] > found["total"]);
  }

  /// Values, moments and counters of a tree's copies are those of their nodes.
  void nodesGoOnInTheTree() {
    const auto trainer = trainerOf(branching());
    trainSteps(*trainer, kFixed);
    auto before = trainer->snapshot();
    part(before);
    const auto slow = trainerOf(branching(), {{"optimizer", {{"id", "adam"}, {"lr", 1e-30}}}});
    slow->restore(before);
    trainSteps(*slow, 1);
    const auto after = slow->snapshot();
    for (const auto& [task, node] : std::map<std::string, std::string>{{"a", "0"}, {"c", "2"}})
      for (const char* stage : {"0", "1"}) {
        const auto own = "task." + task + "." + stage + ".weight";
        QVERIFY(
            after.tensors.at("model." + own)
                .equal(before.tensors.at("model.trunk.node." + node + "." + stage + ".weight")));
      }
    QCOMPARE(after.tensors.at("optimizer.steps.task.b").item<double>(), kFixed + 1.0);
    QCOMPARE(after.tensors.at("optimizer.steps.head.b").item<double>(), kFixed + 1.0);
    QVERIFY(after.meta.at("structure").at("nodes") == json::parse("[[0, 1, 2], [0, 1, 2]]"));
  }

  /// Two runs that differ in what the moments were are told apart by the step after the change.
  void momentsGoOnInTheTree() {
    const auto trainer = trainerOf(branching());
    trainSteps(*trainer, kFixed);
    auto kept = trainer->snapshot(), cleared = kept;
    part(kept);
    part(cleared);
    for (const char* moment : {"optimizer.mean", "optimizer.square"})
      cleared.tensors.at(moment) = at::zeros_like(cleared.tensors.at(moment));
    const auto meanAfter = [](const Snapshot& snapshot) {
      const auto one = trainerOf(branching());
      one->restore(snapshot);
      trainSteps(*one, 1);
      return valueOf(*one, "optimizer.mean");
    };
    // The gradients are equal, so the means differ by 0.9 of the former ones.
    const auto difference = meanAfter(kept) - meanAfter(cleared);
    QVERIFY((difference != 0).sum().item<std::int64_t>() > difference.numel() / 2);
  }

  /// What a method cannot work on is told with the place, and the step is not made.
  void aTreeThatSharesNothingRefusesGradientMethods() {
    const json pcgrad{{"balancer", {{"gradient", {{"id", "pcgrad"}}}}}};
    const auto trainer = trainerOf(branching(), pcgrad);
    trainSteps(*trainer, kFixed);
    auto snapshot = trainer->snapshot();
    part(snapshot);
    trainer->restore(snapshot);
    const auto text = eq::test::errorOf([&] { trainer->step(); });
    QVERIFY2(text.find("balancer.gradient.id: pcgrad needs shared parameters; ltb has none") !=
                 std::string::npos,
             text.c_str());
    QCOMPARE(trainer->stepsDone(), std::int64_t(kFixed));
  }

  /// Tasks grow together, stage by stage: in the middle of every phase.
  void growthResumesBitForBit() {
    const json growing{{"model",
                        {{"id", "mtsl"},
                         {"hidden", {6, 5}},
                         {"dropout", 0.2},
                         {"task_epochs", 2},
                         {"threshold", 0.2},
                         {"transfer_steps", 5},
                         {"probe", 48}}},
                       {"optimizer", kAdam}};
    const auto whole = trainerOf(growing);
    std::vector<StepRecord> records;
    std::map<int, Snapshot> snapshots;
    for (int step = 0; step < kSteps; ++step) {
      for (const int kept : {3, 6, 7, 10, 11, 12, 15, 16, 17, 25})
        if (step == kept) snapshots[step] = whole->snapshot();
      for (auto& record : trainSteps(*whole, 1)) records.push_back(std::move(record));
    }
    const auto events = changesIn(*whole);
    std::vector<std::int64_t> steps;
    for (const auto& event : events) steps.push_back(event.step);
    QCOMPARE(steps, (std::vector<std::int64_t>{6, 11, 16}));
    QCOMPARE(events[0].detail.at("phase").get<std::string>(), std::string("transfer"));
    QCOMPARE(events[2].detail.at("phase").get<std::string>(), std::string("done"));
    // Transfer is marked by its penalty.
    for (const auto& record : records)
      QCOMPARE(!record.terms.empty() && record.terms.back().name == "transfer",
               record.step > 6 && record.step <= 16);
    const auto last = whole->snapshot();
    for (const auto& [step, snapshot] : snapshots) {
      const auto resumed = trainerOf(growing);
      resumed->restore(snapshot);
      QVERIFY(
          sameSteps(trainSteps(*resumed, kSteps - step), {records.begin() + step, records.end()}));
      const auto found = resumed->snapshot();
      for (const auto& [name, tensor] : last.tensors)
        QVERIFY2(tensor.equal(found.tensors.at(name)), name.c_str());
    }
  }

  /// In transfer the networks of the tasks rest, to the bit.
  void transferMovesTheSharedLayersAlone() {
    const auto trainer = trainerOf({{"model",
                                     {{"id", "mtsl"},
                                      {"hidden", {6}},
                                      {"task_epochs", 1},
                                      {"threshold", 0.2},
                                      {"transfer_steps", 5}}},
                                    {"optimizer", kAdam}});
    trainSteps(*trainer, 4);
    const auto before = trainer->snapshot().tensors;
    trainSteps(*trainer, 3);
    int moved = 0;
    for (const auto& [name, tensor] : trainer->snapshot().tensors) {
      if (!name.starts_with("model.")) continue;
      const bool own = name.starts_with("model.task.") || name.starts_with("model.head.");
      QVERIFY2(tensor.equal(before.at(name)) == own, name.c_str());
      moved += !own;
    }
    QVERIFY(moved > 0);
  }

  /// A swap of a head keeps the tree.
  void theTreeOutlivesTheSwapOfAHead() {
    const auto trainer = trainerOf(branching());
    trainSteps(*trainer, kFixed + 2);
    const auto structure = trainer->snapshot().meta.at("structure");
    const json centers{{"id", "center"}, {"weight", 0.01}, {"params", {{"form", "mean"}}}};
    trainer->apply(Command::setLoss(1, {"sum", {{"terms", {{{"id", "cross_entropy"}}, centers}}}}));
    QVERIFY(trainer->snapshot().meta.at("structure") == structure);
    const auto resumed = std::make_unique<Trainer>(trainer->experiment(), schemeProblem());
    resumed->restore(trainer->snapshot());
    QVERIFY(sameSteps(trainSteps(*trainer, 4), trainSteps(*resumed, 4)));
  }

  /// The penalty of `taps` waits for an epoch of 3 steps, and an evaluation stands where its step
  /// does.
  void passesKnowHowFarTheRunIs() {
    const auto trainer = trainerOf({{"model", {{"id", "taps"}, {"hidden", {6}}, {"warmup", 2}}}});
    for (const auto& record : trainSteps(*trainer, 6)) {
      QCOMPARE(record.terms.at(0).name, std::string("sparsity"));
      QCOMPARE(record.terms[0].value, 0.0);
    }
    double sum = 0;
    for (const char* task : {"a", "b", "c"})
      sum += valueOf(*trainer, std::string("model.task.") + task + ".indicator.0")
                 .abs()
                 .item<double>();
    QVERIFY(sum > 0.1);
    QVERIFY(std::abs(trainSteps(*trainer, 1).at(0).terms.at(0).value - 0.01 * sum) < 1e-7);
  }

  /// ⌈0.25 · 12⌉ numbers stay of each, and moments nowhere else.
  void clearedNumbersHaveNoMoments() {
    const json sharing{{"model",
                        {{"id", "computation_sharing"},
                         {"hidden", {6}},
                         {"activation", "tanh"},
                         {"keep", 0.25},
                         {"dense_steps", 2}}},
                       {"optimizer", kAdam}};
    const auto trainer = trainerOf(sharing);
    trainSteps(*trainer, 2);
    QCOMPARE((valueOf(*trainer, "model.task.b.delta.0") != 0).sum().item<int>(), 12);
    trainSteps(*trainer, 3);
    const auto snapshot = trainer->snapshot();
    std::int64_t begin = 0;
    for (const auto& one : trainer->description()["parameters"]) {
      std::int64_t count = 1;
      for (const auto& size : one["shape"]) count *= size.get<std::int64_t>();
      const auto name = one["name"].get<std::string>();
      if (name.find("delta") != std::string::npos) {
        const auto stays = (snapshot.tensors.at("model." + name) != 0).flatten();
        QCOMPARE(stays.sum().item<int>(), 3);
        for (const char* moment : {"optimizer.mean", "optimizer.square"}) {
          const auto values = snapshot.tensors.at(moment).narrow(0, begin, count);
          QVERIFY((values.masked_select(stays.logical_not()) == 0).all().item<bool>());
          QVERIFY((values.masked_select(stays) != 0).all().item<bool>());
        }
      }
      begin += count;
    }
  }

  /// Neither of a task that is switched off, nor by an update that was not applied.
  void whatRestsIsNotCleared() {
    const json sharing{
        {"model", {{"id", "computation_sharing"}, {"hidden", {6}}, {"dense_steps", 2}}},
        {"optimizer", kAdam}};
    const auto trainer = trainerOf(sharing);
    trainSteps(*trainer, 2);
    trainer->apply(Command::setTaskEnabled(1, false));
    const auto before = valueOf(*trainer, "model.task.b.delta.0").clone();
    trainSteps(*trainer, 2);
    QVERIFY(valueOf(*trainer, "model.task.b.delta.0").equal(before));
    QVERIFY((valueOf(*trainer, "model.task.c.delta.0") == 0).any().item<bool>());
  }

  /// One task after another: what the first says of any input stays to the bit.
  void columnsOfFormerTasksStay() {
    const auto trainer =
        trainerOf({{"model", {{"id", "rank_updates"}, {"hidden", {6}}, {"rank", 2}}},
                   {"optimizer", kAdam},
                   {"scheme", {{"id", "sequential"}}}});
    trainSteps(*trainer, 10);
    const auto after = [&](const char* metric) {
      return trainer->evaluate(eq::train::SplitName::test).tasks.at(0).at(metric);
    };
    const double loss = after("loss");
    const auto first = valueOf(*trainer, "model.trunk.u.0"),
               second = valueOf(*trainer, "model.group.b+c.u.0");
    trainSteps(*trainer, 10);
    QVERIFY(valueOf(*trainer, "model.trunk.u.0").equal(first));
    const auto between = valueOf(*trainer, "model.group.b+c.u.0");
    QVERIFY(!between.equal(second));
    trainSteps(*trainer, 10);
    QVERIFY(valueOf(*trainer, "model.group.b+c.u.0").equal(between));
    QCOMPARE(after("loss"), loss);
  }

  void feedbackIsLabelled() {
    const auto trainer = trainerOf({{"model", {{"id", "dfa"}, {"hidden", {6, 5}}}},
                                    {"conflict", {{"every", 1}}},
                                    {"observe", {{"every", 1}}}});
    const auto record = trainSteps(*trainer, 1).at(0);
    QVERIFY(record.conflict->source == eq::train::GradientSource::feedback);
    QCOMPARE(record.observations.size(), size_t(2));
    for (const auto& one : record.observations)
      QVERIFY(std::abs(one.values.at(0)) <= 1 && one.values[0] != 0);
  }
};

EQUIPOISE_TEST(TestStructure)
#include "tst_structure.moc"

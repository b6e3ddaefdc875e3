#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/linspace.h>

#include <QTest>

#include <cmath>
#include <memory>
#include <set>

#include "core/base/error.h"
#include "core/data/problem.h"
#include "core/loss/catalog.h"
#include "core/loss/loss.h"
#include "core/loss/nesting.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"

using eq::TaskKind;
using eq::train::Command;
using eq::train::MethodSpec;
using eq::train::SplitName;
using eq::train::Trainer;
using nlohmann::json;

Q_DECLARE_METATYPE(json)

namespace {

/// Columns that stand in for what losses read beside prediction and target.
json furtherInputs() {
  json fields{{"group", "cultivar"},
              {"bid", "hue"},
              {"treatment_residual", "hue"},
              {"steps", "magnesium"},
              {"teacher", {"malic_acid", "ash", "hue"}},
              {"natural", {"malic_acid", "ash", "hue"}}};
  for (const char* share : {"weight", "variance", "propensity"})
    fields[share] = "nonflavanoid_phenols";
  return fields;
}

/// One task of a kind on real data; the kinds are the table's.
eq::train::Experiment wine(TaskKind kind) {
  const bool classes = kind == TaskKind::classification || kind == TaskKind::ordinal;
  json target{{"column", classes ? "cultivar" : "alcohol"},
              {"kind", kind == TaskKind::classification ? "class"
                       : kind == TaskKind::ordinal      ? "ordinal"
                                                        : "number"},
              {"fields", furtherInputs()}};
  if (classes) target["fields"].erase("group");  // a query of one class has no order
  return eq::train::experimentFromJson(
      {{"name", "wine"},
       {"data", {{"id", "table"}, {"path", "data/wine.csv"}, {"targets", json::array({target})}}},
       {"model", {{"id", "mlp"}, {"hidden", {16}}}},
       {"optimizer", {{"id", "adam"}, {"lr", 0.01}}},
       {"batch_size", 48},
       {"epochs", 1000},
       {"threads", 1},
       {"conflict", {{"every", 0}}}},
      EQUIPOISE_SOURCE_DIR "/samples");
}

/// Parameters that have no default, or none that fits these data.
json neededBy(const eq::Descriptor& descriptor) {
  json params = json::object();
  if (descriptor.id == "binned_wasserstein") params["bins"] = {11, 12, 13, 14, 15};
  if (descriptor.id == "gairat") params["max_steps"] = 200;
  for (const auto& spec : descriptor.parameters) {
    if (!spec.required) continue;
    if (spec.name == "counts") params["counts"] = {59, 71, 48};
    if (spec.name == "terms")
      params["terms"] = {{{"id", "cross_entropy"}}, {{"id", "focal"}, {"weight", 0.5}}};
    if (spec.name == "values") params["values"] = {1, 2, 3};
    if (spec.name == "text") params["text"] = "abs(p - t) + 0.1 * (p - t)^2";
  }
  return params;
}

std::vector<std::string> namesOf(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

/// But for losses that a file makes: core/run/tst_run_scripts.cpp.
bool trains(const eq::Descriptor& descriptor, TaskKind kind) {
  if (descriptor.traits.contains("files")) return false;
  const auto params = neededBy(descriptor);
  return eq::loss::acceptsKind(descriptor.id, params, kind) &&
         eq::loss::whyNotInRuns(descriptor.id, params, namesOf(furtherInputs())).empty();
}

std::vector<MethodSpec> lossesOf(TaskKind kind) {
  std::vector<MethodSpec> losses;
  for (const auto* descriptor : eq::loss::catalog().descriptors())
    if (trains(*descriptor, kind)) losses.push_back({descriptor->id, neededBy(*descriptor)});
  return losses;
}

void addLosses() {
  QTest::addColumn<int>("kind");
  QTest::addColumn<QString>("id");
  for (const auto kind : {TaskKind::classification, TaskKind::ordinal, TaskKind::regression})
    for (const auto& loss : lossesOf(kind))
      QTest::addRow("%s, %s", std::string(eq::toText(kind)).c_str(), loss.id.c_str())
          << static_cast<int>(kind) << QString::fromStdString(loss.id);
}

eq::train::Experiment experimentOf(TaskKind kind, const std::string& id) {
  auto experiment = wine(kind);
  eq::train::TaskSpec task;
  task.name = kind == TaskKind::regression ? "alcohol" : "cultivar";
  task.loss = {id, neededBy(eq::loss::catalog().descriptor(id))};
  experiment.tasks = {task};
  return experiment;
}

/// Losses of several numbers an example, which the table has not: depths and unit vectors.
bool readsVectors(const std::string& id) {
  static const std::set<std::string> kIds{"silog", "inverse_depth_l1", "depth_l1", "normal_cosine"};
  return kIds.contains(id);
}

/// Three positive numbers that depend on six inputs.
eq::data::Problem vectors() {
  const auto part = [](std::int64_t examples) {
    eq::data::Split split;
    split.inputs = at::linspace(-1, 1, examples * 6).mul(37).sin().view({examples, 6});
    split.targets = {split.inputs.narrow(1, 0, 3).exp()};
    return split;
  };
  eq::data::Problem problem;
  problem.inputShape = {6};
  problem.tasks = {{"alcohol", TaskKind::regression, 3, {}, {}, {}}};
  problem.train = part(96);
  problem.validation = problem.test = part(48);
  return problem;
}

std::unique_ptr<Trainer> trainerOf(TaskKind kind, const std::string& id) {
  if (readsVectors(id)) return std::make_unique<Trainer>(experimentOf(kind, id), vectors());
  return std::make_unique<Trainer>(experimentOf(kind, id));
}

void train(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) trainer.step();
}

}  // namespace

class TestEveryLoss : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  void lowersItself_data() { addLosses(); }
  void lowersItself() {
    QFETCH(int, kind);
    QFETCH(QString, id);
    const auto made = trainerOf(static_cast<TaskKind>(kind), id.toStdString());
    auto& trainer = *made;
    const double before = trainer.evaluate(SplitName::train).tasks[0].at("loss");
    train(trainer, 60);
    const double after = trainer.evaluate(SplitName::train).tasks[0].at("loss");
    QVERIFY2(after < before, qPrintable(QString("%1 to %2").arg(before).arg(after)));
    for (const auto& record : trainer.takeRecords()) QVERIFY(std::isfinite(record.losses[0]));
  }

  void resumesBitForBit_data() { addLosses(); }
  void resumesBitForBit() {
    QFETCH(int, kind);
    QFETCH(QString, id);
    const auto made = trainerOf(static_cast<TaskKind>(kind), id.toStdString());
    auto& whole = *made;
    train(whole, 5);
    const auto snapshot = whole.snapshot();
    whole.takeRecords();
    train(whole, 5);
    const auto other = trainerOf(static_cast<TaskKind>(kind), id.toStdString());
    auto& rest = *other;
    rest.restore(snapshot);
    train(rest, 5);
    const auto expected = whole.takeRecords(), found = rest.takeRecords();
    QCOMPARE(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) QCOMPARE(found[i].losses, expected[i].losses);
  }

  /// From each loss to the next, all in one run.
  void swapsAmongAllOfAKind_data() {
    QTest::addColumn<int>("kind");
    for (const auto kind : {TaskKind::classification, TaskKind::ordinal, TaskKind::regression})
      QTest::addRow("%s", std::string(eq::toText(kind)).c_str()) << static_cast<int>(kind);
  }
  void swapsAmongAllOfAKind() {
    QFETCH(int, kind);
    const auto losses = lossesOf(static_cast<TaskKind>(kind));
    QVERIFY(losses.size() >= 20);
    Trainer trainer(experimentOf(static_cast<TaskKind>(kind), losses.front().id));
    for (const auto& loss : losses) {
      if (readsVectors(loss.id)) {
        // The run goes on with what it had.
        QVERIFY_THROWS_EXCEPTION(eq::Error, trainer.apply(Command::setLoss(0, loss)));
        continue;
      }
      trainer.apply(Command::setLoss(0, loss));
      train(trainer, 2);
      const auto records = trainer.takeRecords();
      QCOMPARE(records.size(), size_t{2});
      for (const auto& record : records) QVERIFY2(std::isfinite(record.losses[0]), loss.id.c_str());
    }
  }

  void swapsAmongLossesOfVectors() {
    const auto made = trainerOf(TaskKind::regression, "silog");
    for (const char* id :
         {"mse", "inverse_depth_l1", "normal_cosine", "gaussian_nll", "depth_l1"}) {
      made->apply(Command::setLoss(0, {id}));
      train(*made, 2);
      for (const auto& record : made->takeRecords()) QVERIFY2(std::isfinite(record.losses[0]), id);
    }
  }
};

QTEST_GUILESS_MAIN(TestEveryLoss)
#include "tst_every_loss.moc"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/stack.h>

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
#include "tests/core/train/device/pretend_device.h"
#include "tests/registry.h"

using eq::TaskKind;
using eq::train::Command;
using eq::train::MethodSpec;
using eq::train::SplitName;
using eq::train::Trainer;
using nlohmann::json;

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

constexpr TaskKind kKinds[] = {TaskKind::classification, TaskKind::ordinal,
                               TaskKind::regression,     TaskKind::binary,
                               TaskKind::multilabel,     TaskKind::segmentation};

/// What a loss is tried on.
struct Case {
  TaskKind kind;
  std::string id;

  /// The table's kinds are tried on real data, but for losses of several numbers an example, and
  /// those that compare features with what the data bring.
  bool isOnWine() const {
    static const std::set<std::string> kOthers{"silog",    "inverse_depth_l1",
                                               "depth_l1", "normal_cosine",  // depths, unit vectors
                                               "one_to_k", "dcd",
                                               "metrix"};  // embeddings
    return (kind == TaskKind::classification || kind == TaskKind::ordinal ||
            kind == TaskKind::regression) &&
           (!kOthers.contains(id) || (id == "metrix" && kind == TaskKind::classification));
  }
};

eq::train::Experiment experimentOn(const json& data) {
  return eq::train::experimentFromJson({{"name", "small"},
                                        {"data", data},
                                        {"model", {{"id", "mlp"}, {"hidden", {16}}}},
                                        {"optimizer", {{"id", "adam"}, {"lr", 0.01}}},
                                        {"batch_size", 48},
                                        {"epochs", 1000},
                                        {"threads", 1},
                                        {"device", eq::test::deviceOfTests()},
                                        {"conflict", {{"every", 0}}}},
                                       eq::test::inSource("samples"));
}

eq::train::Experiment wine(TaskKind kind) {
  const bool classes = kind == TaskKind::classification || kind == TaskKind::ordinal;
  json target{{"column", classes ? "cultivar" : "alcohol"},
              {"name", "task"},
              {"kind", kind == TaskKind::classification ? "class"
                       : kind == TaskKind::ordinal      ? "ordinal"
                                                        : "number"},
              {"fields", furtherInputs()}};
  if (classes) target["fields"].erase("group");  // a query of one class has no order
  return experimentOn(
      {{"id", "table"}, {"path", "data/wine.csv"}, {"targets", json::array({target})}});
}

/// Targets that depend on six inputs, [N, 6].
at::Tensor targetsOf(const at::Tensor& x, const Case& given) {
  switch (given.kind) {
    case TaskKind::binary:
      return (x.select(1, 0) > 0).to(at::kFloat);
    case TaskKind::multilabel:
      return (x.narrow(1, 0, 3) > 0).to(at::kFloat);
    case TaskKind::segmentation:
      return (x > 0.3).to(at::kLong) + (x > -0.3).to(at::kLong);
    case TaskKind::classification:
    case TaskKind::ordinal:
      return (x.select(1, 0) > 0.3).to(at::kLong) + (x.select(1, 0) > -0.3).to(at::kLong);
    default:
      return given.id == "metrix" ? x.select(1, 0).sigmoid() : x.narrow(1, 0, 3).exp();
  }
}

/// Made-up data with what losses read further. Features of a head are three numbers wide.
eq::data::Problem madeUp(const Case& given) {
  const auto part = [&](std::int64_t examples) {
    eq::data::Split split;
    const auto x = at::linspace(-1, 1, examples * 6).mul(37).sin().view({examples, 6});
    const auto share = x.select(1, 4).sigmoid(), three = x.narrow(1, 0, 3);
    split.inputs = x;
    split.targets = {targetsOf(x, given)};
    split.fields = {{{"weight", share},
                     {"variance", share},
                     {"propensity", share},
                     {"bid", share},
                     {"confidence", share},
                     {"teacher", three},
                     {"mixed", three},
                     {"texts", at::stack({three, three * 2}, 1)}}};
    return split;
  };
  const bool single = given.kind == TaskKind::binary || given.id == "metrix";
  eq::data::Problem problem;
  problem.inputShape = {6};
  problem.augmentation.noise = 0.2;
  problem.tasks = {{"task", given.kind, single ? 1 : 3, {}, {}, {}}};
  if (given.kind == TaskKind::segmentation) problem.tasks[0].imageShape = {2, 3};
  problem.train = part(96);
  problem.validation = problem.test = part(48);
  for (const auto& [name, field] : problem.train.fields[0]) problem.tasks[0].fields.push_back(name);
  return problem;
}

/// Parameters that have no default, or none that fits these data.
json neededBy(const eq::Descriptor& descriptor) {
  json params = json::object();
  if (descriptor.id == "binned_wasserstein") params["bins"] = {11, 12, 13, 14, 15};
  if (descriptor.id == "margin_ranking") params["margin"] = 0.5;
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

std::vector<std::string> fieldsOf(const Case& given) {
  return given.isOnWine() ? namesOf(furtherInputs()) : madeUp(given).tasks[0].fields;
}

/// But for losses that a file makes: core/run/tst_run_scripts.cpp.
bool trains(const Case& given) {
  if (eq::loss::catalog().descriptor(given.id).traits.contains("files")) return false;
  const auto params = neededBy(eq::loss::catalog().descriptor(given.id));
  return eq::loss::acceptsKind(given.id, params, given.kind) &&
         eq::loss::whyNotInRuns(given.id, params, fieldsOf(given)).empty();
}

std::vector<Case> casesOf(TaskKind kind) {
  std::vector<Case> cases;
  for (const auto* descriptor : eq::loss::catalog().descriptors())
    if (trains({kind, descriptor->id})) cases.push_back({kind, descriptor->id});
  return cases;
}

MethodSpec lossOf(const Case& given) {
  return {given.id, neededBy(eq::loss::catalog().descriptor(given.id))};
}

void addCases() {
  QTest::addColumn<Case>("given");
  for (const auto kind : kKinds)
    for (const auto& one : casesOf(kind))
      QTest::addRow("%s, %s", std::string(eq::toText(kind)).c_str(), one.id.c_str()) << one;
}

std::unique_ptr<Trainer> trainerOf(const Case& given) {
  auto experiment = given.isOnWine() ? wine(given.kind) : experimentOn({{"id", "two_digits"}});
  eq::train::TaskSpec task;
  task.name = "task";
  task.loss = lossOf(given);
  experiment.tasks = {task};
  if (given.isOnWine()) return std::make_unique<Trainer>(experiment);
  experiment.model.params = {{"hidden", {16, 3}}, {"activation", "tanh"}};
  return std::make_unique<Trainer>(experiment, madeUp(given));
}

void train(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) trainer.step();
}

}  // namespace

Q_DECLARE_METATYPE(Case)

class TestEveryLoss : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  /// All but what needs more than a task's data, and two parts of other losses.
  void nearlyEveryLossTrainsHere() {
    std::set<std::string> missing;
    for (const auto* descriptor : eq::loss::catalog().descriptors()) missing.insert(descriptor->id);
    for (const auto kind : kKinds)
      for (const auto& one : casesOf(kind)) missing.erase(one.id);
    const std::set<std::string> expected{
        "given",           // an objective's own value: two_valleys
        "presto_penalty",  // part of presto
        "sy_con",          // reads embeddings of a former model
        "torchscript",     // needs a file
    };
    QCOMPARE(missing, expected);
  }

  void lowersItself_data() { addCases(); }
  void lowersItself() {
    QFETCH(Case, given);
    const auto trainer = trainerOf(given);
    const double before = trainer->evaluate(SplitName::train).tasks[0].at("loss");
    train(*trainer, 60);
    const double after = trainer->evaluate(SplitName::train).tasks[0].at("loss");
    QVERIFY2(after < before, qPrintable(QString("%1 to %2").arg(before).arg(after)));
    for (const auto& record : trainer->takeRecords()) QVERIFY(std::isfinite(record.losses[0]));
  }

  void resumesBitForBit_data() { addCases(); }
  void resumesBitForBit() {
    QFETCH(Case, given);
    const auto whole = trainerOf(given);
    train(*whole, 5);
    const auto snapshot = whole->snapshot();
    whole->takeRecords();
    train(*whole, 5);
    const auto rest = trainerOf(given);
    rest->restore(snapshot);
    train(*rest, 5);
    const auto expected = whole->takeRecords(), found = rest->takeRecords();
    QCOMPARE(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) QCOMPARE(found[i].losses, expected[i].losses);
  }

  /// From each loss to the next, all in one run.
  void swapsAmongAllOfAKind_data() {
    QTest::addColumn<int>("kind");
    for (const auto kind : kKinds)
      QTest::addRow("%s", std::string(eq::toText(kind)).c_str()) << static_cast<int>(kind);
  }
  void swapsAmongAllOfAKind() {
    QFETCH(int, kind);
    const auto cases = casesOf(static_cast<TaskKind>(kind));
    QVERIFY(cases.size() >= 10);
    const auto trainer = trainerOf(cases.front());
    for (const auto& one : cases) {
      if (one.isOnWine() != cases.front().isOnWine()) {
        // The run goes on with what it had.
        QVERIFY_THROWS_EXCEPTION(eq::Error, trainer->apply(Command::setLoss(0, lossOf(one))));
        continue;
      }
      trainer->apply(Command::setLoss(0, lossOf(one)));
      train(*trainer, 2);
      const auto records = trainer->takeRecords();
      QCOMPARE(records.size(), size_t{2});
      for (const auto& record : records) QVERIFY2(std::isfinite(record.losses[0]), one.id.c_str());
    }
  }

  void swapsAmongLossesOfVectors() {
    const auto made = trainerOf({TaskKind::regression, "silog"});
    for (const char* id :
         {"mse", "inverse_depth_l1", "normal_cosine", "gaussian_nll", "depth_l1", "dcd"}) {
      made->apply(Command::setLoss(0, {id}));
      train(*made, 2);
      for (const auto& record : made->takeRecords()) QVERIFY2(std::isfinite(record.losses[0]), id);
    }
  }
};

EQUIPOISE_TEST(TestEveryLoss)
#include "tst_every_loss.moc"

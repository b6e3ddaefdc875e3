#include "core/train/scheme/deep_safe_mtl.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <QTest>

#include <cmath>
#include <map>
#include <set>

#include "core/train/command.h"
#include "tests/core/train/scheme_support.h"

using eq::test::schemeExperiment;
using eq::test::schemeProblem;
using eq::test::trainSteps;
using eq::test::withScheme;
using eq::train::Trainer;
using nlohmann::json;

namespace {

/// All examples in a batch, so that a step's losses are those of training. 30 steps.
json safely(const char* gateAt, const char* mode) {
  return withScheme({{"id", "deep_safe_mtl"}, {"mode", mode}},
                    {{"model",
                      {{"id", "deep_safe"},
                       {"hidden", {6, 5}},
                       {"dropout", 0},
                       {"gate_at", gateAt},
                       {"architecture_lr", 40}}},
                     {"optimizer", {{"id", "adam"}, {"lr", 0.05}}},
                     {"batch_size", 48},
                     {"epochs", 30}});
}

std::map<std::string, at::Tensor> parametersOf(const Trainer& trainer) {
  std::map<std::string, at::Tensor> found;
  for (const auto& [name, tensor] : trainer.snapshot().tensors)
    if (name.starts_with("model.")) found[name.substr(6)] = tensor.clone();
  return found;
}

/// Names of what a step moves, gates apart.
std::set<std::string> movedBy(Trainer& trainer) {
  const auto before = parametersOf(trainer);
  trainSteps(trainer, 1);
  std::set<std::string> moved;
  for (const auto& [name, tensor] : parametersOf(trainer))
    if (!name.ends_with(".gate") && !tensor.equal(before.at(name))) moved.insert(name);
  return moved;
}

bool isPublic(const std::string& name) {
  return name.starts_with("trunk.") || name.find(".public.") != std::string::npos;
}

}  // namespace

class TestDeepSafeMtl : public QObject {
  Q_OBJECT

  static void addForms() {
    QTest::addColumn<QString>("gateAt");
    for (const char* form : {"encoder", "decoder"}) QTest::newRow(form) << QString(form);
  }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  void onePartAfterTheOther_data() { addForms(); }
  void onePartAfterTheOther() {
    QFETCH(QString, gateAt);
    Trainer trainer(schemeExperiment(safely(qPrintable(gateAt), "individual")), schemeProblem());
    trainSteps(trainer, 1);
    const auto alone = movedBy(trainer);
    QVERIFY(!alone.empty());
    for (const auto& name : alone) QVERIFY2(!isPublic(name), name.c_str());
    trainSteps(trainer, 11);
    const auto common = movedBy(trainer);
    QVERIFY(!common.empty());
    for (const auto& name : common) QVERIFY2(isPublic(name), name.c_str());
    trainSteps(trainer, 12);
    QVERIFY(movedBy(trainer).empty());
    std::vector<std::string> told;
    for (const auto& event : trainer.takeEvents())
      if (event.kind == "note") told.push_back(event.text);
    QCOMPARE(told, (std::vector<std::string>{"Deep safe learning: the private branches alone",
                                             "Deep safe learning: the public branch alone",
                                             "Deep safe learning: the gates alone"}));
  }

  /// While gates are trained no loss of a batch of all examples rises, but for the rounding of
  /// another order, and all begin next to those of the private branches.
  void noTaskEndsAboveItsOwnBranch_data() { addForms(); }
  void noTaskEndsAboveItsOwnBranch() {
    QFETCH(QString, gateAt);
    auto changes = safely(qPrintable(gateAt), "individual");
    changes["epochs"] = 60;
    Trainer trainer(schemeExperiment(changes), schemeProblem());
    const auto records = trainSteps(trainer, 60);
    for (size_t k = 0; k < 3; ++k) {
      QVERIFY(records[48].losses[k] < records[23].losses[k] + 0.05);
      for (size_t step = 49; step < 60; ++step)
        QVERIFY(records[step].losses[k] <= records[step - 1].losses[k] + 1e-6);
    }
  }

  /// All parts at once, gates among them.
  void jointlyAllPartsMove() {
    Trainer trainer(schemeExperiment(safely("encoder", "joint")), schemeProblem());
    const auto gate = parametersOf(trainer).at("task.a.gate").item<double>();
    const auto moved = movedBy(trainer);
    QVERIFY(moved.contains("trunk.0.weight") && moved.contains("task.a.0.weight") &&
            moved.contains("head.a.linear-3.weight"));
    QVERIFY(parametersOf(trainer).at("task.a.gate").item<double>() != gate);
  }

  void refusals() {
    const auto refusalOf = [](const json& changes) {
      return eq::test::errorOf(
          [&] { Trainer refused(schemeExperiment(changes), schemeProblem()); });
    };
    QCOMPARE(refusalOf(withScheme({{"id", "deep_safe_mtl"}})),
             std::string("scheme.id: deep_safe_mtl trains the parts of the model deep_safe, and "
                         "this is mlp"));
    auto whole = safely("encoder", "individual");
    whole["scheme"]["public"] = 0.6;
    QCOMPARE(refusalOf(whole), std::string("scheme.public: 0.6 and private, 0.4, are together the "
                                           "whole run or more; leave a share for the gates"));
  }
};

EQUIPOISE_TEST(TestDeepSafeMtl)
#include "tst_deep_safe_mtl.moc"

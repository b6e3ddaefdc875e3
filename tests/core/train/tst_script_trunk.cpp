#include <functional>

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/loss/script_fixture.h"
#include "core/train/beginning.h"
#include "core/train/scripts.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::loss::test::trustFile;
using eq::loss::test::writeTrunk;
using eq::train::Experiment;
using eq::train::Trainer;
using nlohmann::json;

namespace {

QString refusalOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return "nothing thrown";
}

void train(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) trainer.step();
  trainer.takeRecords();
}

/// The differing tensors of two checkpoints.
QStringList differences(const Trainer& a, const Trainer& b) {
  const auto one = a.snapshot().tensors, other = b.snapshot().tensors;
  QStringList names;
  for (const auto& [name, tensor] : one)
    if (!other.contains(name) || !at::equal(tensor, other.at(name)))
      names << QString::fromStdString(name);
  return names;
}

}  // namespace

/// Runs whose trunk is a TorchScript file with batch normalisation and dropout.
class TestScriptTrunk : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> temporary_;

  fs::path folder() const { return temporary_->path().toStdString(); }
  Experiment experiment(const json& changes = json::object()) const {
    json value{{"data",
                {{"id", "scale_imbalance"},
                 {"scales", {1, 3}},
                 {"inputs", 5},
                 {"outputs", 2},
                 {"train", 60},
                 {"validation", 16},
                 {"test", 16}}},
               {"model", {{"id", "torchscript_trunk"}, {"path", "trunk.pt"}}},
               {"batch_size", 16},
               {"epochs", 5},
               {"threads", 1},
               {"conflict", {{"every", 2}}}};
    value.merge_patch(changes);
    return eq::train::experimentFromJson(value, folder());
  }
  std::unique_ptr<Trainer> trainerOf(const json& changes = json::object()) const {
    return std::make_unique<Trainer>(experiment(changes));
  }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }
  void init() {
    temporary_ = std::make_unique<QTemporaryDir>();
    trustFile(writeTrunk(folder() / "trunk.pt", 5));
  }

  /// With all that passes the batch through the model more than once.
  void goesOnBitForBit_data() {
    QTest::addColumn<QString>("changes");
    const auto add = [](const char* name, const json& changes) {
      QTest::newRow(name) << QString::fromStdString(changes.dump());
    };
    add("equal weights", json::object());
    add("gradients by rows", {{"balancer", {{"gradient", {{"id", "mgda"}}}}}});
    add("losses after the step", {{"balancer", {{"weighting", {{"id", "famo"}}}}}});
    add("several batches", {{"balancer", {{"gradient", {{"id", "modo"}}}}}});
    add("perturbed parameters", {{"scheme", {{"id", "sam_mtl"}}}});
    add("parts of a batch",
        {{"scheme", {{"id", "maml_mtl"}}}, {"optimizer", {{"id", "sgd"}, {"lr", 0.01}}}});
    add("a look ahead", {{"scheme", {{"id", "auto_lambda"}}}});
    add("affinity", {{"affinity", {{"every", 2}}}});
  }
  void goesOnBitForBit() {
    QFETCH(QString, changes);
    const auto given = json::parse(changes.toStdString());
    const auto whole = trainerOf(given);
    train(*whole, 3);
    const auto middle = whole->snapshot();
    QCOMPARE(middle.tensors.at("model.trunk.batches").item<std::int64_t>(), std::int64_t(3));
    whole->evaluate(eq::train::SplitName::validation);
    train(*whole, 4);
    const auto resumed = trainerOf(given);
    resumed->restore(middle);
    train(*resumed, 4);
    QCOMPARE(differences(*whole, *resumed), QStringList());
    QCOMPARE(whole->snapshot().tensors.at("model.trunk.batches").item<std::int64_t>(),
             std::int64_t(7));
    whole->restore(middle);  // the same trainer, back and on
    train(*whole, 4);
    QCOMPARE(differences(*whole, *resumed), QStringList());
  }

  /// The statistics that a method leaves are those of plain training, where the parameters stay.
  void statisticsAreThoseOfThePlainPass_data() { goesOnBitForBit_data(); }
  void statisticsAreThoseOfThePlainPass() {
    QFETCH(QString, changes);
    const json still{{"optimizer", {{"id", "sgd"}, {"lr", 1e-30}}}};
    auto given = json::parse(changes.toStdString());
    given.merge_patch(still);
    const auto plain = trainerOf(still), other = trainerOf(given);
    train(*plain, 5);
    train(*other, 5);
    for (const char* name : {"model.trunk.mean", "model.trunk.var"})
      QVERIFY(at::equal(plain->snapshot().tensors.at(name), other->snapshot().tensors.at(name)));
  }

  void measuringChangesNothing() {
    const auto shown = trainerOf({{"conflict", {{"every", 1}}}});
    const auto silent = trainerOf({{"conflict", {{"every", 0}}}});
    train(*shown, 4);
    train(*silent, 4);
    QCOMPARE(differences(*shown, *silent), QStringList());
  }

  void describesItself() {
    const auto found = trainerOf()->description();
    QCOMPARE(found["shared"].get<std::int64_t>(), std::int64_t(6 * 5 + 3 * 6));
    QCOMPARE(found["flops_per_example"].get<std::int64_t>(), std::int64_t(2 * (30 + 2 * 12)));
    QCOMPARE(found["frontier"].get<std::int64_t>(), std::int64_t(1));
  }

  void trainsHeadsAloneWhereItIsFrozen() {
    const auto trainer = trainerOf({{"model", {{"frozen", true}}}});
    const auto before = trainer->snapshot().tensors;
    train(*trainer, 3);
    for (const auto& [name, tensor] : trainer->snapshot().tensors)
      if (name.starts_with("model."))
        QCOMPARE(at::equal(tensor, before.at(name)), name.starts_with("model.trunk."));
    QVERIFY(refusalOf([&] {
              trainerOf(
                  {{"model", {{"frozen", true}}}, {"balancer", {{"gradient", {{"id", "mgda"}}}}}});
            }).endsWith("mgda needs shared parameters; torchscript_trunk has none"));
  }

  /// Frozen at first, a fixed function; from then on trained, with statistics that move.
  void isReleasedAfterSomeSteps() {
    auto given = experiment();
    given.init.freeze = {"trunk.*"};
    given.init.freezeSteps = 2;
    const auto trainer = std::make_unique<Trainer>(given);
    train(*trainer, 2);
    QCOMPARE(trainer->snapshot().tensors.at("model.trunk.batches").item<std::int64_t>(),
             std::int64_t(0));
    train(*trainer, 3);
    QCOMPARE(trainer->snapshot().tensors.at("model.trunk.batches").item<std::int64_t>(),
             std::int64_t(3));
  }

  void statisticsAreTakenFromAnotherRun() {
    const auto first = trainerOf();
    train(*first, 4);
    const auto second = trainerOf();
    second->begin(eq::train::weightsOf(first->snapshot(), "the first"));
    for (const char* name : {"model.trunk.mean", "model.trunk.batches", "model.trunk.weight"})
      QVERIFY(at::equal(second->snapshot().tensors.at(name), first->snapshot().tensors.at(name)));
  }

  void copiesAndFrontsAreRefused() {
    QVERIFY(refusalOf([&] {
              trainerOf({{"scheme", {{"id", "fork_merge"}}}});
            }).startsWith("scheme: fork_merge trains copies of the parameters"));
    QVERIFY(refusalOf([&] {
              trainerOf({{"pareto", {{"id", "pamal"}}}});
            }).startsWith("pareto.id: pamal trains models that are trained by their losses alone"));
    QVERIFY(refusalOf([&] {
              trainerOf(
                  {{"model", {{"id", "mmoe"}, {"base", "torchscript_trunk"}, {"path", nullptr}}}});
            }).startsWith("model.base: "));
  }

  void goingBackToTheBestSaysWhatStays() {
    const auto trainer =
        trainerOf({{"rules",
                    {{{"when", "step >= 1000"},
                      {"then", {{"kind", "restore_best"}, {"series", "validation.y1.loss"}}}}}}});
    train(*trainer, 2);
    trainer->look(trainer->evaluate(eq::train::SplitName::validation));
    train(*trainer, 1);
    eq::train::Command command;
    command.kind = eq::train::Command::Kind::restoreBest;
    command.text = "validation.y1.loss";
    trainer->apply(command);
    const auto text = trainer->takeEvents().back().text;
    QVERIFY2(text.ends_with("those of step 2; the model's running statistics stay those of now"),
             text.c_str());
  }

  void theFileIsPinnedAndKnown() {
    const auto trainer = trainerOf();
    const auto& params = trainer->experiment().model.params;
    QCOMPARE(params["path"].get<std::string>(), std::string("trunk.pt"));
    QCOMPARE(params["sha256"].get<std::string>().size(), size_t(64));
    writeTrunk(folder() / "trunk.pt", 5, 0.1);
    QVERIFY(refusalOf([&] { trainerOf(); }).contains("is not trusted"));
    const auto files = eq::train::untrustedScripts(experiment());
    QCOMPARE(files.size(), size_t(1));
    trustFile(files[0].path);
    QVERIFY(refusalOf([&] {
              Trainer again(trainer->experiment());
            }).contains("is not the file that was used before"));
    QVERIFY(refusalOf([&] {
              trainerOf({{"data", {{"inputs", 4}}}});
            }).contains("on inputs [2, 4]: forward fails: "));
  }
};

EQUIPOISE_TEST(TestScriptTrunk)
#include "tst_script_trunk.moc"

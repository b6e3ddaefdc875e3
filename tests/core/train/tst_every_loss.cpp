#include <ATen/core/Tensor.h>

#include <QTest>

#include <cmath>

#include "core/base/error.h"
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

/// One task of a kind on real data; the kinds are the table's.
eq::train::Experiment wine(TaskKind kind) {
  const bool classes = kind == TaskKind::classification || kind == TaskKind::ordinal;
  json target{{"column", classes ? "cultivar" : "alcohol"},
              {"kind", kind == TaskKind::classification ? "class"
                       : kind == TaskKind::ordinal      ? "ordinal"
                                                        : "number"}};
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

/// Parameters that have no default.
json neededBy(const eq::Descriptor& descriptor) {
  json params = json::object();
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

bool trains(const eq::Descriptor& descriptor, TaskKind kind) {
  const auto params = neededBy(descriptor);
  return eq::loss::acceptsKind(descriptor.id, params, kind) &&
         eq::loss::whyNotInRuns(descriptor.id, params).empty();
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

/// Why this problem has no prediction or target for the loss, such as depth maps; empty when it
/// has.
QString refusal(TaskKind kind, const std::string& id) {
  try {
    Trainer trainer(experimentOf(kind, id));
  } catch (const eq::Error& error) {
    return QString::fromUtf8(error.what());
  }
  return {};
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
    const auto reason = refusal(static_cast<TaskKind>(kind), id.toStdString());
    if (!reason.isEmpty()) QSKIP(qPrintable(reason));
    Trainer trainer(experimentOf(static_cast<TaskKind>(kind), id.toStdString()));
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
    const auto reason = refusal(static_cast<TaskKind>(kind), id.toStdString());
    if (!reason.isEmpty()) QSKIP(qPrintable(reason));
    Trainer whole(experimentOf(static_cast<TaskKind>(kind), id.toStdString()));
    train(whole, 5);
    const auto snapshot = whole.snapshot();
    whole.takeRecords();
    train(whole, 5);
    Trainer rest(experimentOf(static_cast<TaskKind>(kind), id.toStdString()));
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
    QVERIFY(losses.size() >= 8);
    Trainer trainer(experimentOf(static_cast<TaskKind>(kind), losses.front().id));
    for (const auto& loss : losses) {
      if (!refusal(static_cast<TaskKind>(kind), loss.id).isEmpty()) {
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
};

QTEST_GUILESS_MAIN(TestEveryLoss)
#include "tst_every_loss.moc"

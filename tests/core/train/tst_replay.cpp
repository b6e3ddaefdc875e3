#include <limits>

#include <QTest>

#include "core/base/error.h"
#include "core/train/command.h"
#include "core/train/replay.h"
#include "tests/registry.h"

using eq::train::Command;
using eq::train::EventRecord;
using eq::train::Experiment;
using eq::train::inForceAt;
using nlohmann::json;

namespace {

Experiment twoTasks() {
  return eq::train::experimentFromJson(json::parse(R"({
    "data": {"id": "scale_imbalance"}, "model": {"id": "mlp"}, "epochs": 3,
    "tasks": [{"name": "a"}, {"name": "b"}], "optimizer": {"id": "sgd", "lr": 0.1}})"));
}

EventRecord changeAt(std::int64_t step, const Command& command) {
  return {step, 0, "command", "change", eq::train::toJson(command)};
}

}  // namespace

class TestReplay : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// A command at step N was shown with the numbers of step N, which were made without it.
  void aCommandCountsFromTheUpdateAfterItOn() {
    const std::vector<EventRecord> events{changeAt(0, Command::setWeight(0, 2)),
                                          changeAt(5, Command::setWeight(0, 3))};
    const auto weightAt = [&](std::int64_t step) {
      return inForceAt(twoTasks(), events, step).experiment.tasks[0].weight;
    };
    QCOMPARE(weightAt(0), 1.0);
    QCOMPARE(weightAt(1), 2.0);
    QCOMPARE(weightAt(5), 2.0);
    QCOMPARE(weightAt(6), 3.0);
    QCOMPARE(weightAt(std::numeric_limits<std::int64_t>::max()), 3.0);
  }

  void otherEpochsCountToo() {
    const std::vector<EventRecord> events{{0, 0, "started", "started", json{{"threads", 1}}},
                                          {12, 0, "resumed", "", json{{"epochs", 5.0}}}};
    QCOMPARE(inForceAt(twoTasks(), events, 12).experiment.epochs, 3.0);
    QCOMPARE(inForceAt(twoTasks(), events, 13).experiment.epochs, 5.0);
  }

  /// It was left out without a word.
  void whatCannotBeAppliedIsNamed() {
    EventRecord unknown{3, 0, "command", "something new", json{{"kind", "set_mood"}}};
    const auto found = inForceAt(
        twoTasks(),
        {unknown, changeAt(4, Command::setWeight(1, 9)), changeAt(4, Command::setWeight(7, 9))}, 9);
    QCOMPARE(found.experiment.tasks[1].weight, 9.0);
    QCOMPARE(found.leftOut.size(), size_t{2});
    QVERIFY2(QString::fromStdString(found.leftOut[0])
                 .startsWith("\"something new\" at step 3: command.kind: expected one of"),
             found.leftOut[0].c_str());
    QVERIFY(QString::fromStdString(found.leftOut[1]).contains("tasks[7]"));
  }

  /// A weight decay was taken for no change at all.
  void aParameterOfTheOptimizerOtherThanTheRateCannotChange() {
    auto other = twoTasks();
    other.optimizer.params["weight_decay"] = 0.1;
    QVERIFY(!eq::train::commandsBetween(twoTasks(), other));
    auto spelled = twoTasks();
    spelled.optimizer.params["weight_decay"] = 0;
    QVERIFY(eq::train::commandsBetween(twoTasks(), spelled)->empty());
  }
};

EQUIPOISE_TEST(TestReplay)
#include "tst_replay.moc"

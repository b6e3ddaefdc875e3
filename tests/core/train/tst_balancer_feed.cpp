#include <ATen/core/Tensor.h>

#include <QTest>

#include <cmath>

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/balancers.h"
#include "tests/registry.h"

using eq::train::Command;
using eq::train::Experiment;
using eq::train::SplitName;
using eq::train::StepRecord;
using eq::train::Trainer;
using nlohmann::json;

namespace {

Experiment wineWith(const json& changes) {
  json value = json::parse(R"({
    "name": "wine",
    "data": {"id": "table", "path": "data/wine.csv",
             "targets": [{"column": "cultivar", "kind": "class"},
                         {"column": "alcohol", "kind": "number"}]},
    "model": {"id": "mlp", "hidden": [16], "dropout": 0.3},
    "batch_size": 32,
    "epochs": 20,
    "threads": 2,
    "conflict": {"every": 0}
  })");
  value.merge_patch(changes);
  return eq::train::experimentFromJson(value, eq::test::inSource("samples"));
}

json weighted(const json& method) {
  return {{"balancer", {{"weighting", method}}}};
}
json combined(const json& method) {
  return {{"balancer", {{"gradient", method}}}};
}

std::vector<StepRecord> train(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) trainer.step();
  return trainer.takeRecords();
}

}  // namespace

/// What balancers read beside losses and gradients, in runs.
class TestBalancerFeed : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(2); }

  /// The same masks again: where the parameters stay, so do the losses, to the bit.
  void lossesAfterTheStepAreThoseOfTheSameBatch() {
    auto changes = weighted({{"id", "famo"}});
    changes["optimizer"] = {{"id", "sgd"}, {"lr", 1e-30}};
    Trainer trainer(wineWith(changes));
    for (int i = 0; i < 3; ++i) {
      const auto records = train(trainer, 1);
      const auto after = trainer.snapshot().tensors.at("balancer.losses_after");
      QCOMPARE(after.numel(), std::int64_t{3});
      for (int k = 0; k < 2; ++k)
        QCOMPARE(after[k].item<double>(), records[0].losses[static_cast<size_t>(k)]);
      QCOMPARE(after[2].item<double>(), 0.0);
    }
  }

  void lookingAheadMovesNoDropout() {
    Trainer ahead(wineWith(weighted({{"id", "famo"}}))),
        plain(wineWith(weighted({{"id", "equal"}})));
    train(ahead, 4);
    train(plain, 4);
    QVERIFY(ahead.snapshot()
                .tensors.at("random.dropout")
                .equal(plain.snapshot().tensors.at("random.dropout")));
  }

  void aStepThatWasNotAppliedTeachesNothing() {
    auto changes = weighted({{"id", "famo"}});
    changes["optimizer"] = {{"id", "sgd"}, {"lr", 1e30}};
    Trainer trainer(wineWith(changes));
    train(trainer, 8);
    for (const auto& logit : trainer.snapshot().meta.at("balancer").at("weighting").at("logits"))
      QVERIFY(std::isfinite(logit.get<double>()));
  }

  void validationBatchesFollowOneAnother() {
    auto changes = weighted({{"id", "coba"}});
    changes["batch_size"] = 8;
    Trainer trainer(wineWith(changes));
    const auto whole = trainer.evaluate(SplitName::validation);
    const auto position = [&] {
      return trainer.snapshot().meta.at("balancer_feed").at("validation_position");
    };
    QCOMPARE(position().get<int>(), 0);
    train(trainer, 1);
    const auto state = trainer.snapshot().meta.at("balancer").at("weighting").at("tasks");
    for (size_t k = 0; k < 2; ++k)
      QCOMPARE(state.at(k).at("first").get<double>(), whole.tasks[k].at("loss"));
    int former = position().get<int>(), turns = 0;
    QCOMPARE(former, 8);
    for (int i = 0; i < 9; ++i) {
      train(trainer, 1);
      turns += position().get<int>() < former;
      former = position().get<int>();
    }
    QVERIFY(turns > 0);  // past the end it begins again
  }

  void prioritiesFollowTheNewestEvaluation() {
    auto changes = weighted({{"id", "dtp"}});
    changes["tasks"] = {{{"name", "cultivar"}, {"metrics", {{{"id", "accuracy"}}}}}};
    Trainer trainer(wineWith(changes));
    QCOMPARE(train(trainer, 2).back().weights[0], 1.0);
    const auto evaluation = trainer.evaluate(SplitName::validation);
    trainer.look(evaluation);
    const double accuracy = evaluation.tasks[0].at("accuracy");
    const double held = std::clamp(accuracy, 0.001, 1.0);
    QCOMPARE(train(trainer, 1)[0].weights[0], -(1 - held) * std::log(held) + 0.0);
    Trainer resumed(trainer.experiment());
    resumed.restore(trainer.snapshot());
    const auto feedOf = [](const Trainer& one) { return one.snapshot().meta.at("balancer_feed"); };
    QVERIFY(feedOf(resumed) == feedOf(trainer) && feedOf(trainer).at("kpi")[0] == accuracy);
    QCOMPARE(train(resumed, 1)[0].weights, train(trainer, 1)[0].weights);
  }

  void prioritiesNeedAMetricOfEveryTask() {
    try {
      Trainer trainer(wineWith(weighted({{"id", "dtp"}})));
      QFAIL("no error");
    } catch (const eq::Error& error) {
      const std::string text = error.what();
      QVERIFY2(text.find("balancer.weighting.dtp") != std::string::npos &&
                   text.find("alcohol has none") != std::string::npos,
               text.c_str());
    }
    Trainer trainer(wineWith(json::object()));
    QVERIFY_EXCEPTION_THROWN(trainer.apply(Command::setWeighting({"dtp"})), eq::Error);
  }

  /// The other batches have orders of their own, in the snapshot.
  void threeBatchesAreRead() {
    Trainer trainer(wineWith(combined({{"id", "modo"}})));
    const auto records = train(trainer, 3);
    QCOMPARE(records.back().examples, std::int64_t{96});
    const auto samplers = trainer.snapshot().meta.at("further_samplers");
    QCOMPARE(samplers.size(), size_t{2});
    QCOMPARE(samplers[0].at("position").get<int>(), 96);
    trainer.apply(Command::setGradient({"mgda"}));
    train(trainer, 1);
    QVERIFY(!trainer.snapshot().meta.contains("further_samplers"));
  }

  void directionsHaveNoWeights_data() {
    QTest::addColumn<QString>("id");
    for (const char* id : {"graddrop", "db_mtl", "moco", "trimmed_mean"})
      QTest::newRow(id) << QString(id);
  }
  void directionsHaveNoWeights() {
    QFETCH(QString, id);
    json method = {{"id", id.toStdString()}};
    if (id == "trimmed_mean") method["trim"] = 0;
    auto changes = combined(method);
    changes["conflict"] = {{"every", 1}};
    Trainer trainer(wineWith(changes));
    const auto before = trainer.evaluate(SplitName::train);
    auto records = train(trainer, 60);
    for (const double weight : records[0].weights) QVERIFY(std::isnan(weight));
    QVERIFY(records[0].conflict->updateNorm > 0);
    trainer.apply(Command::setTaskEnabled(1, false));
    records = train(trainer, 2);
    QCOMPARE(records[0].weights[1], 0.0);
    const auto after = trainer.evaluate(SplitName::train);
    QVERIFY(after.tasks[0].at("loss") < before.tasks[0].at("loss"));
  }

  /// A layer at a time is switched to and from; what only works on the whole is refused.
  void granularityIsSwitchedWhileItRuns() {
    auto changes = combined({{"id", "mgda"}});
    changes["model"] = {{"hidden", {16, 8}}};
    changes["conflict"] = {{"every", 1}};
    Trainer trainer(wineWith(changes));
    train(trainer, 2);
    trainer.apply(Command::setGradient({"mgda", {{"granularity", "layer"}}}));
    const auto record = train(trainer, 3).back();
    QVERIFY(std::abs(record.weights[0] + record.weights[1] - 1) < 1e-9);
    QVERIFY(record.conflict->updateNorm > 0);
    QCOMPARE(trainer.snapshot().meta.at("balancer").at("gradient").size(), size_t{2});
    trainer.apply(Command::setTaskEnabled(1, false));
    QCOMPARE(train(trainer, 1)[0].weights, (std::vector<double>{1, 0}));
    trainer.apply(Command::setGradient({"mgda", {{"granularity", "whole"}}}));
    train(trainer, 1);
    trainer.apply(Command::setGradient({"modo", {{"granularity", "layer"}}}));
    const auto crossed = train(trainer, 2).back();
    QVERIFY(crossed.conflict->updateNorm > 0);
    QCOMPARE(trainer.snapshot().meta.at("balancer").at("gradient").size(), size_t{2});
    for (const char* id : {"mgda_ub", "moco"})
      QVERIFY_EXCEPTION_THROWN(
          trainer.apply(Command::setGradient({id, {{"granularity", "layer"}}})), eq::Error);
  }

  /// Of one layer the parts are the whole, products of two batches included, whose rows and columns
  /// are not to be exchanged.
  void oneLayerIsTheWhole_data() {
    QTest::addColumn<QString>("id");
    for (const char* id : {"modo", "sdmgrad", "mgda"}) QTest::newRow(id) << QString(id);
  }
  void oneLayerIsTheWhole() {
    QFETCH(QString, id);
    std::vector<std::vector<StepRecord>> found;
    for (const char* granularity : {"whole", "layer"}) {
      auto changes = combined({{"id", id.toStdString()}, {"granularity", granularity}});
      changes["model"] = {{"hidden", {16}}};
      Trainer trainer(wineWith(changes));
      found.push_back(train(trainer, 8));
    }
    QVERIFY(std::abs(found[0].back().weights[0] - found[0].back().weights[1]) > 1e-4);
    for (size_t step = 0; step < 8; ++step)
      for (size_t k = 0; k < 2; ++k)
        QVERIFY(std::abs(found[0][step].weights[k] - found[1][step].weights[k]) < 1e-6);
  }

  /// GradNorm reads the norms that the last layer has when each is measured alone.
  void normsOfTheLastLayerAreItsOwn() {
    auto changes = weighted({{"id", "gradnorm"}, {"norms", "last"}, {"lr", 0.2}});
    changes["model"] = {{"hidden", {16, 8}}};
    changes["conflict"] = {{"every", 1}, {"layers", true}};
    Trainer trainer(wineWith(changes));
    const auto alone =
        eq::balance::weightings().create("gradnorm", {{"norms", "last"}, {"lr", 0.2}}, "gradnorm",
                                         eq::balance::Setting{2, 1, {}, "gradnorm"});
    const auto vectorOf = [](const std::vector<double>& numbers) -> Eigen::VectorXd {
      return Eigen::Map<const Eigen::VectorXd>(numbers.data(), std::ssize(numbers));
    };
    for (const auto& record : train(trainer, 8)) {
      eq::balance::Inputs inputs;
      inputs.losses = vectorOf(record.losses);
      inputs.lastRowNorms = vectorOf(record.conflict->layers.back().norms);
      const Eigen::VectorXd expected = alone->weigh(inputs);
      for (int k = 0; k < 2; ++k)
        QVERIFY(std::abs(record.weights[static_cast<size_t>(k)] - expected[k]) < 1e-6);
      QVERIFY(std::abs(record.conflict->layers.back().norms[0] - record.conflict->norms[0]) > 1e-4);
    }
  }

  void everyMethodGivesWayToTheNext() {
    Trainer trainer(wineWith(json::object()));
    std::vector<Command> commands;
    for (const auto* descriptor : eq::balance::allDescriptors()) {
      const auto& id = descriptor->id;
      if (id == "dtp" || eq::test::fewestTasks(id) > 2) continue;
      const eq::train::MethodSpec method{id, eq::test::neededParams(id, 2)};
      commands.push_back(eq::balance::weightings().contains(id) ? Command::setWeighting(method)
                                                                : Command::setGradient(method));
    }
    for (const auto& command : commands) {
      trainer.apply(command);
      const auto events = trainer.takeEvents();
      QCOMPARE(events.back().kind, std::string("command"));
      for (const auto& record : train(trainer, 2))
        for (const double loss : record.losses) QVERIFY(std::isfinite(loss));
      QCOMPARE(trainer.stepsWithoutUpdate(), std::int64_t{0});
    }
  }
};

EQUIPOISE_TEST(TestBalancerFeed)
#include "tst_balancer_feed.moc"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include <QTest>

#include "core/base/error.h"
#include "core/data/problem.h"
#include "core/metric/catalog.h"
#include "core/metric/metric.h"
#include "core/train/command.h"
#include "core/train/evaluator.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::train::Command;
using eq::train::Experiment;
using eq::train::SplitName;
using eq::train::Trainer;
using nlohmann::json;

namespace {

Experiment wineWith(const json& changes = json::object()) {
  json value = json::parse(R"({
    "name": "wine",
    "data": {"id": "table", "path": "data/wine.csv",
             "targets": [{"column": "cultivar", "kind": "class"}, {"column": "alcohol", "kind": "number"}]},
    "model": {"id": "mlp", "hidden": [8]}, "batch_size": 32, "epochs": 2, "threads": 1})");
  value.merge_patch(changes);
  return eq::train::experimentFromJson(value, eq::test::inSource("samples"));
}

template <typename Call>
QString mistakeOf(const Call& call) {
  try {
    call();
  } catch (const eq::Error& error) {
    return error.kind() == eq::ErrorKind::user ? QString(error.what()) : "not a user's";
  }
  return {};
}

/// Examples of the split, chunk by chunk.
std::vector<std::int64_t> chunksOf(std::int64_t examples) {
  eq::data::Split split;
  split.inputs = at::zeros({examples, 1});
  std::vector<std::int64_t> sizes;
  std::int64_t next = 0;
  eq::train::forEachChunk(
      split, [](const at::Tensor&) { return std::vector<eq::model::HeadOutput>(); },
      [&](const at::Tensor& rows, const auto&) {
        sizes.push_back(rows.size(0));
        if (rows[0].item<std::int64_t>() == next) next += rows.size(0);
      });
  return next == examples ? sizes : std::vector<std::int64_t>();
}

void keepFirst(eq::data::Split& split, std::int64_t count) {
  split.inputs = split.inputs.narrow(0, 0, count);
  for (auto& target : split.targets) target = target.narrow(0, 0, count);
}

}  // namespace

class TestEvaluation : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// A loss over pairs put 0 for the last of 1,025 examples into the mean.
  void noExampleIsEvaluatedAlone() {
    using Sizes = std::vector<std::int64_t>;
    QCOMPARE(chunksOf(1), Sizes{1});
    QCOMPARE(chunksOf(1024), Sizes{1024});
    QCOMPARE(chunksOf(1025), Sizes{1025});
    QCOMPARE(chunksOf(1026), (Sizes{1024, 2}));
    QCOMPARE(chunksOf(2049), (Sizes{1024, 1025}));
  }

  /// Metrics became undefined without a word in the run.
  void predictionsThatAreNotFiniteAreToldOnceASplitAndTask() {
    const auto experiment = wineWith();
    auto problem = eq::train::loadProblem(experiment);
    problem.validation.inputs.slice(0, 1, 3).fill_(3e38);
    Trainer trainer(experiment, problem);
    trainer.evaluate(SplitName::test);
    QVERIFY(trainer.takeEvents().empty());
    const auto record = trainer.evaluate(SplitName::validation);
    const auto events = trainer.takeEvents();
    QCOMPARE(events.size(), size_t{2});
    for (size_t k = 0; k < 2; ++k) {
      QCOMPARE(record.tasks[k].at(eq::train::kNonfiniteRows), 2.0);
      QCOMPARE(events[k].kind, std::string("nonfinite"));
      const json expected{{"task", k}, {"split", "validation"}, {"rows", 2.0}};
      QCOMPARE(events[k].detail.dump(), expected.dump());
    }
    QCOMPARE(events[1].text,
             std::string("alcohol: 2 predictions of the validation split are not finite, so that "
                         "metrics of it are undefined; look for inputs far from all others there, "
                         "or lower the learning rate"));
    trainer.evaluate(SplitName::validation);
    QVERIFY(trainer.takeEvents().empty());
    Trainer resumed(experiment, problem);
    resumed.restore(trainer.snapshot());
    resumed.evaluate(SplitName::validation);
    QVERIFY(resumed.takeEvents().empty());
  }

  /// Whatever a loss reads of them.
  void embeddingsAreTheFeaturesOfTheHead() {
    const auto valuesOf = [](const char* loss) {
      const json task{{"name", "cultivar"},
                      {"loss", {{"id", loss}}},
                      {"metrics", {"hit_rate_at_k", "embedding_mrr", "linear_probe"}}};
      Trainer trainer(wineWith({{"tasks", json::array({task})}}));
      auto values = trainer.evaluate(SplitName::validation).tasks[0];
      values.erase("loss");
      return values;
    };
    const auto ofLogits = valuesOf("cross_entropy");
    QCOMPARE(ofLogits.size(), size_t{3});
    for (const auto& [metric, value] : ofLogits) QVERIFY2(value > 0.3, metric.c_str());
    QVERIFY(valuesOf("supcon") == ofLogits);
    QVERIFY(valuesOf("arcface") == ofLogits);
  }

  void aProbeIsFittedOnTheTrainingExamples() {
    const json task{
        {"name", "cultivar"}, {"loss", {{"id", "supcon"}}}, {"metrics", {"linear_probe"}}};
    const auto experiment = wineWith({{"tasks", json::array({task})}});
    const auto problem = eq::train::loadProblem(experiment);
    const auto tasks = eq::train::makeTasks(experiment, problem, true);
    const auto inputs = [](const at::Tensor& rows) {
      return std::vector{eq::model::HeadOutput{rows, {}}};
    };
    const auto probeWith = [&](const eq::train::Beside& beside) {
      return eq::train::evaluateTasks(problem.test, tasks, experiment.tasks, inputs, beside)[0]
          .metrics.at("linear_probe");
    };
    eq::loss::Batch batch{problem.test.inputs, problem.test.targets[0], {}};
    batch.fields = {{"training", problem.train.inputs},
                    {"training_target", problem.train.targets[0]}};
    const auto metric = eq::metric::catalog().create("linear_probe", json::object(), "");
    metric->add(batch);
    QCOMPARE(probeWith({{}, &problem.train}), metric->value().get<double>());
    QVERIFY(std::isnan(probeWith({})));
  }

  /// They trained on a loss of one example, which is 0, 1 or 16 whatever is predicted.
  void batchesOfOneAreRefusedForLossesThatCompareExamples_data() {
    QTest::addColumn<QString>("loss");
    QTest::addColumn<bool>("refused");
    const auto add = [](const char* loss, bool refused) {
      QTest::newRow(loss) << QString(loss) << refused;
    };
    for (const char* loss :
         {R"({"id": "barlow_twins"})", R"({"id": "supcon"})", R"({"id": "info_nce"})",
          R"({"id": "sum", "terms": [{"id": "cross_entropy"}, {"id": "supcon"}]})"})
      add(loss, true);
    for (const char* loss : {R"({"id": "cross_entropy"})", R"({"id": "center"})"}) add(loss, false);
  }
  void batchesOfOneAreRefusedForLossesThatCompareExamples() {
    QFETCH(QString, loss);
    QFETCH(bool, refused);
    const json tasks{{{"name", "cultivar"}, {"loss", json::parse(loss.toStdString())}},
                     {{"name", "alcohol"}}};
    const auto experiment = wineWith({{"tasks", tasks}, {"batch_size", 1}});
    const auto said = mistakeOf([&] { Trainer trainer(experiment); });
    QCOMPARE(said,
             refused ? QString("batch_size: the loss of task cultivar (tasks[0].loss) compares the "
                               "examples of a batch with each other and says nothing of one; set "
                               "batch_size to 2 or more, found 1, or choose another loss")
                     : QString());
    const auto pair = wineWith({{"tasks", tasks}, {"batch_size", 2}});
    QCOMPARE(mistakeOf([&] { Trainer trainer(pair); }), QString());
  }

  /// A batch in which one example had a label gave 0, which weightings took for a task that is
  /// done.
  void aLossThatComparesIsAbsentWhereOneExampleHasALabel_data() {
    QTest::addColumn<QString>("loss");
    QTest::addColumn<int>("labels");
    QTest::addColumn<bool>("present");
    QTest::newRow("a correlation, one label") << "ccc" << 1 << false;
    QTest::newRow("a correlation, two labels") << "ccc" << 2 << true;
    QTest::newRow("each by itself, one label") << "mse" << 1 << true;
  }
  void aLossThatComparesIsAbsentWhereOneExampleHasALabel() {
    QFETCH(QString, loss);
    QFETCH(int, labels);
    QFETCH(bool, present);
    const json tasks{{{"name", "cultivar"}},
                     {{"name", "alcohol"}, {"loss", {{"id", loss.toStdString()}}}}};
    const auto experiment = wineWith({{"tasks", tasks}, {"batch_size", 1000}});
    auto problem = eq::train::loadProblem(experiment);
    auto mask = at::zeros({problem.train.size()});
    mask.narrow(0, 0, labels).fill_(1);
    problem.train.masks = {at::Tensor(), mask};
    std::vector<eq::train::StepRecord> records;
    const auto said = mistakeOf([&] {
      Trainer trainer(experiment, problem);
      trainer.step();
      records = trainer.takeRecords();
    });
    QCOMPARE(said, QString());
    QVERIFY(std::isfinite(records.at(0).losses.at(0)));
    QCOMPARE(std::isfinite(records.at(0).losses.at(1)), present);
  }

  void batchesOfOneAreRefusedInARunAndOfOneExampleToo() {
    Trainer running(wineWith({{"batch_size", 1}}));
    const auto command = Command::setLoss(1, {"ranknet"});
    QVERIFY(mistakeOf([&] {
              running.apply(command);
            }).startsWith("batch_size: the loss of task alcohol (tasks[1].loss)"));
    const json tasks{{{"name", "alcohol"}, {"loss", {{"id", "ccc"}}}}};
    const auto experiment = wineWith({{"tasks", tasks}});
    auto problem = eq::train::loadProblem(experiment);
    keepFirst(problem.train, 1);
    const auto said = mistakeOf([&] { Trainer trainer(experiment, problem); });
    QCOMPARE(said, QString("data: the loss of task alcohol (tasks[0].loss) compares the examples "
                           "of a batch with each other and says nothing of one; there is 1 "
                           "training example, take more, or choose another loss"));
  }
};

EQUIPOISE_TEST(TestEvaluation)
#include "tst_evaluation.moc"

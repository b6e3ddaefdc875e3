#include <QTest>

#include <algorithm>
#include <cmath>

#include <ATen/core/Tensor.h>

#include "core/data/shifted.h"
#include "core/train/trainer.h"
#include "tests/core/data/dataset_support.h"
#include "tests/registry.h"

using eq::train::Trainer;
using nlohmann::json;

namespace {

json weighted(const std::string& id, const json& base) {
  return {{"id", id}, {"base", base}};
}

/// All 300 examples in each batch, so that what is recorded can be had from the data.
eq::train::Experiment weighingExperiment() {
  const json inner{{"id", "inverse_variance"}, {"params", {{"base", {{"id", "mse"}}}}}};
  const json data{{"id", "shifted"},
                  {"train", 300},
                  {"tasks", {"plain", "importance", "double", "both"}},
                  {"capped", {"double"}}};
  return eq::train::experimentFromJson(
      {{"data", data},
       {"model", {{"id", "single_task"}, {"base", "mlp"}, {"hidden", {3}}}},
       {"tasks",
        {{{"name", "plain"}, {"loss", {{"id", "mse"}}}},
         {{"name", "importance"}, {"loss", weighted("importance_weighted", {{"id", "mse"}})}},
         {{"name", "double"}, {"loss", weighted("double_weighted", {{"id", "mse"}})}},
         {{"name", "both"}, {"loss", weighted("importance_weighted", inner)}}}},
       {"batch_size", 300},
       {"observe", {{"every", 2}}},
       {"threads", 1}},
      eq::test::inSource("samples"));
}

}  // namespace

class TestEffectiveSampleSize : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  void isRecordedOfTheLossesThatWeighTheirSamples() {
    const auto experiment = weighingExperiment();
    Trainer trainer(experiment);
    for (int i = 0; i < 3; ++i) trainer.step();
    const auto records = trainer.takeRecords();
    const auto problem = eq::train::loadProblem(experiment);
    const auto fieldOf = [&](size_t task, const char* name) {
      return numbersOf(problem.train.fields.at(task).at(name));
    };
    auto both = fieldOf(3, "weight");
    const auto variances = fieldOf(3, "variance");
    auto sorted = variances;
    std::sort(sorted.begin(), sorted.end());
    const double floor = 1e-3 * (sorted[149] + sorted[150]) / 2;
    for (size_t i = 0; i < both.size(); ++i) both[i] /= std::max(variances[i], floor);
    const std::vector<double> expected{eq::data::effectiveSampleSize(fieldOf(1, "weight")),
                                       eq::data::effectiveSampleSize(fieldOf(2, "weight")),
                                       eq::data::effectiveSampleSize(both)};
    QVERIFY(expected[2] < expected[0] && expected[0] < expected[1]);
    QVERIFY(records.at(1).observations.empty());
    for (const size_t step : {size_t{0}, size_t{2}}) {
      const auto& seen = records.at(step).observations;
      QCOMPARE(seen.size(), size_t{3});
      for (size_t i = 0; i < 3; ++i) {
        QCOMPARE(seen[i].name, std::string("effective_sample_size"));
        QCOMPARE(seen[i].task, std::int64_t(i) + 1);
        QVERIFY(seen[i].shape.empty());
        QVERIFY2(std::abs(seen[i].values.at(0) / expected[i] - 1) < 1e-4,
                 qPrintable(QString("%1, expected %2").arg(seen[i].values[0]).arg(expected[i])));
      }
    }
    QVERIFY(trainer.description().at("series") ==
            json({"effective_sample_size.importance", "effective_sample_size.double",
                  "effective_sample_size.both"}));
  }
};

EQUIPOISE_TEST(TestEffectiveSampleSize)
#include "tst_effective_sample_size.moc"

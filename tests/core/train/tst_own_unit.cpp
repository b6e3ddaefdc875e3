#include <QTest>

#include <cmath>

#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::train::SplitName;
using eq::train::Trainer;
using nlohmann::json;

namespace {

Trainer trainerOf(bool standardised, const json& loss = {{"id", "mse"}}) {
  return Trainer(eq::train::experimentFromJson(
      {{"data",
        {{"id", "table"},
         {"path", "data/wine.csv"},
         {"standardize_targets", standardised},
         {"targets", {{{"column", "alcohol"}, {"kind", "number"}, {"unit", "% vol"}}}}}},
       {"model", {{"id", "mlp"}, {"hidden", {8}}}},
       {"tasks",
        {{{"name", "alcohol"}, {"loss", loss}, {"metrics", {"mae", "mse", "rmse", "r2"}}}}},
       {"threads", 1}},
      eq::test::inSource("samples")));
}

}  // namespace

/// Metrics of standardised targets were in standard deviations.
class TestOwnUnit : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void metricsOfStandardisedTargetsAreInTheColumnsUnit() {
    auto trainer = trainerOf(true);
    for (int i = 0; i < 20; ++i) trainer.step();
    const auto info = trainer.tasks().at(0);
    QCOMPARE(info.unit, std::string("% vol"));
    QVERIFY(info.scale > 0.5 && info.scale < 1);        // the deviation of alcohol is 0.81 % vol
    QVERIFY(info.offset > 12.5 && info.offset < 13.5);  // its mean 13.0
    const auto values = trainer.evaluate(SplitName::validation).tasks[0];
    const double loss = values.at("loss");  // the mean square in standard deviations
    QVERIFY(std::abs(values.at("mse") - loss * info.scale * info.scale) < 1e-5 * loss);
    QVERIFY(std::abs(values.at("rmse") - std::sqrt(loss) * info.scale) < 1e-5 * loss);
    QVERIFY(values.at("mae") <= values.at("rmse"));
  }

  void anUntrainedConstantIsOffByTheColumnsSpread() {
    auto trainer = trainerOf(true);
    auto snapshot = trainer.snapshot();
    for (auto& [name, tensor] : snapshot.tensors)
      if (name.starts_with("model")) tensor.zero_();
    trainer.restore(snapshot);
    const auto values = trainer.evaluate(SplitName::train).tasks[0];
    QVERIFY(std::abs(values.at("rmse") - trainer.tasks()[0].scale) < 1e-5);
    QVERIFY(std::abs(values.at("r2")) < 1e-5);
  }

  void intervalsAreInTheUnitOfTheirMetric() {
    auto trainer = trainerOf(true);
    for (int i = 0; i < 20; ++i) trainer.step();
    const auto metrics = trainer.evaluate(SplitName::validation).tasks[0];
    const auto intervals = trainer.intervals(SplitName::validation).tasks.at(0);
    for (const char* id : {"mae", "mse", "rmse"}) {
      QVERIFY(intervals.at(id).low < metrics.at(id));
      QVERIFY(intervals.at(id).high > metrics.at(id));
    }
  }

  void lossesOfSeveralNumbersAreDecodedFirst() {
    auto trainer = trainerOf(true, {{"id", "gaussian_nll"}});
    for (int i = 0; i < 60; ++i) trainer.step();
    const auto values = trainer.evaluate(SplitName::train).tasks[0];
    QVERIFY(values.at("mae") < 2 * trainer.tasks()[0].scale);
  }
};

EQUIPOISE_TEST(TestOwnUnit)
#include "tst_own_unit.moc"

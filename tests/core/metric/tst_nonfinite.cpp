#include "core/metric/nonfinite.h"

#include <set>

#include "core/metric/classes/class_totals.h"
#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric;
using namespace eq::metric::test;

namespace {

constexpr int kRows = 12;

/// An input that the metric is defined for, by what it reads.
json inputOf(const std::string& id) {
  eq::RandomStream random(6);
  const auto logits = randomRows(random, kRows, 3);
  const auto scores = randomNumbers(random, kRows);
  json zeroOne = json::array(), maps = json::array(), labels = json::array();
  json positive = json::array(), image = json::array(), normals = json::array();
  for (int i = 0; i < kRows; ++i) {
    zeroOne.push_back(i % 2);
    maps.push_back(json::array({0, i % 2}));
    labels.push_back(i % 3);
    positive.push_back(json::array({1.0 + i % 5, 2.0 + i % 3}));
    image.push_back(json::array({{0.5, 1.0 * (i % 4)}, {1.0, -0.5}}));
    normals.push_back(json::array({0.0, i % 2 == 0 ? 1.0 : 0.0, i % 2 == 0 ? 0.0 : 1.0}));
  }
  const std::set<std::string> ofScores{"auprc", "mrr", "ndcg", "recall_at_k"};
  const std::set<std::string> ofMaps{"miou", "pixel_accuracy", "dice_score", "image_dice_score"};
  const std::set<std::string> ofNumbers{"mae", "mse", "rmse", "r2", "spearman", "ccc", "seed_std"};
  if (ofScores.contains(id)) return {{"prediction", scores}, {"target", zeroOne}};
  if (ofMaps.contains(id)) return {{"prediction", image}, {"target", maps}};
  if (ofNumbers.contains(id))
    return {{"prediction", scores}, {"target", randomNumbers(random, kRows)}};
  if (id.starts_with("depth_")) return {{"prediction", positive}, {"target", positive}};
  if (id == "normal_angle")
    return {{"prediction", randomRows(random, kRows, 3)}, {"target", normals}};
  if (id == "crps") return {{"prediction", logits}, {"target", randomNumbers(random, kRows)}};
  if (id == "mean_rank_variance" || id == "monotonicity") return {{"prediction", logits}};
  if (id.starts_with("text_")) {
    json texts = json::array();
    for (int i = 0; i < kRows; ++i) texts.push_back(randomRows(random, 2, 3));
    return {{"prediction", logits}, {"texts", texts}};
  }
  json input{{"prediction", logits}, {"target", labels}};  // classes, labels of embeddings
  if (id == "linear_probe")
    input.update({{"training", randomRows(random, kRows, 3)}, {"training_target", labels}});
  return input;
}

/// What the metric cannot be without.
json paramsOf(const std::string& id) {
  return id.ends_with("_shot_accuracy") ? json{{"counts", {200, 50, 5}}} : json::object();
}

void spoil(Batch& batch, std::int64_t row, double value) {
  batch.prediction = batch.prediction.clone();
  batch.prediction[row].flatten()[0].fill_(value);
}

std::unique_ptr<Metric> filled(const std::string& id, const Batch& batch) {
  auto metric = catalog().create(id, paramsOf(id), id);
  metric->add(batch);
  return metric;
}

}  // namespace

/// One policy for predictions that are no finite numbers: their rows are counted apart, and the
/// value is undefined; before, accuracy took NaN for class 0.
class TestNonfinite : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everyMetricIsUndefinedAndSaysHowMany_data() {
    QTest::addColumn<QString>("id");
    for (const auto* descriptor : catalog().descriptors()) {
      const auto input = descriptor->inputs.empty() ? "" : descriptor->inputs.front().shape;
      const bool ofRuns = QString::fromStdString(input).contains("points") ||
                          std::set<std::string>{"delta_m",
                                                "mean_rank",
                                                "hypervolume",
                                                "igd",
                                                "gd",
                                                "igd_plus",
                                                "spread",
                                                "continual_accuracy",
                                                "backward_transfer",
                                                "forgetting",
                                                "forward_transfer"}
                              .contains(descriptor->id);
      if (!ofRuns) QTest::newRow(descriptor->id.c_str()) << QString::fromStdString(descriptor->id);
    }
  }

  void everyMetricIsUndefinedAndSaysHowMany() {
    QFETCH(QString, id);
    const auto name = id.toStdString();
    const auto whole = batchOf(name, inputOf(name));
    QVERIFY(filled(name, whole)->value().is_number());
    QVERIFY(filled(name, whole)->nonfiniteRows() == 0);
    for (const double value : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
      auto spoiled = whole;
      spoil(spoiled, 2, value);
      spoil(spoiled, 7, value);
      const auto metric = filled(name, spoiled);
      QVERIFY(metric->value().is_null());
      QVERIFY(metric->nonfiniteRows() == 2);
    }
  }

  /// What does not count may hold anything.
  void ignoredRowsMayHoldAnything() {
    auto classes = batchOf("accuracy", inputOf("accuracy"));
    classes.target[4] = -100;
    const auto expected = filled("accuracy", classes)->value();
    spoil(classes, 4, std::nan(""));
    for (const char* id :
         {"accuracy", "ece", "mce", "adaptive_ece", "auroc", "f1", "nll", "brier"}) {
      const auto metric = filled(id, classes);
      QVERIFY2(metric->value().is_number(), id);
      QVERIFY(metric->nonfiniteRows() == 0);
    }
    QVERIFY(filled("accuracy", classes)->value() == expected);
    for (const char* id : {"hit_rate_at_k", "embedding_mrr", "linear_probe"}) {
      auto embeddings = batchOf(id, inputOf(id));
      embeddings.target[4] = -100;
      const auto without = filled(id, embeddings)->value();
      spoil(embeddings, 4, std::nan(""));
      QVERIFY2(without.is_number(), id);
      QVERIFY2(filled(id, embeddings)->value() == without, id);
    }
    auto depths = batchOf("depth_rmse", inputOf("depth_rmse"));
    depths.target[3].fill_(0);
    spoil(depths, 3, std::nan(""));
    QVERIFY(filled("depth_rmse", depths)->value().is_number());
  }

  /// Confusion counts and reliability bins hold the other rows only.
  void reportsCountSuchRowsApart() {
    auto batch = batchOf("accuracy", inputOf("accuracy"));
    spoil(batch, 2, std::nan(""));
    spoil(batch, 5, HUGE_VAL);
    ClassTotals totals;
    totals.add(batch);
    const auto report = totals.report();
    double cells = 0, inBins = 0, confidence = 0;
    for (const double count : report.confusion) cells += count;
    for (const auto& bin : report.bins) inBins += bin.count, confidence += bin.confidence;
    QCOMPARE(cells, double(kRows - 2));
    QCOMPARE(inBins, double(kRows - 2));
    QVERIFY(confidence > 0 && confidence < kRows);
  }
};

EQUIPOISE_TEST(TestNonfinite)
#include "tst_nonfinite.moc"

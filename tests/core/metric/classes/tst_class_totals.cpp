#include "core/metric/classes/class_totals.h"
#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric;
using namespace eq::metric::test;

namespace {

ClassReport reportOf(const std::vector<Batch>& batches) {
  ClassTotals totals;
  for (const auto& batch : batches) totals.add(batch);
  return totals.report();
}

ClassReport reportOf(const json& input) {
  return reportOf(std::vector<Batch>{batchOf("accuracy", input)});
}

/// Random logits of four classes: some rows are ignored, some masked, some tie.
json randomInput(eq::RandomStream& random, int count) {
  json input{{"prediction", randomRows(random, count, 4)},
             {"target", randomIndices(random, count, 4)},
             {"mask", randomMask(random, count, 0.8)}};
  input["target"][count / 3] = -100;
  input["prediction"][0] = {1, 2, 2, 0};
  return input;
}

/// Counted one by one.
Table confusionOf(const json& input, size_t classes) {
  Table counts(classes, Row(classes, 0));
  for (size_t i = 0; i < input["target"].size(); ++i) {
    const auto target = input["target"][i].get<int>();
    if (target == -100 || (input.contains("mask") && input["mask"][i] == 0)) continue;
    const auto& entry = input["prediction"][i];
    const auto row = entry.is_array() ? entry.get<Row>() : Row{0, entry.get<double>()};
    const auto best = std::max_element(row.begin(), row.end()) - row.begin();
    ++counts[static_cast<size_t>(target)][static_cast<size_t>(best)];
  }
  return counts;
}

QString countFault(const json& input, size_t classes) {
  const auto report = reportOf(input);
  const auto expected = confusionOf(input, classes);
  for (size_t t = 0; t < classes; ++t)
    for (size_t p = 0; p < classes; ++p) {
      const double found = report.at(static_cast<std::int64_t>(t), static_cast<std::int64_t>(p));
      if (found != expected[t][p])
        return QString("target %1, prediction %2: %3 instead of %4")
            .arg(t)
            .arg(p)
            .arg(found)
            .arg(expected[t][p]);
    }
  return {};
}

}  // namespace

class TestClassTotals : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void countsTargetsByPrediction() {
    const json input{{"prediction", {{2, 1, 0}, {0, 3, 1}, {1, 1, 0}, {0, 0, 5}, {9, 0, 0}}},
                     {"target", {0, 1, 1, 0, -100}}};
    const auto report = reportOf(input);
    QCOMPARE(report.classes, 3);
    QCOMPARE(report.confusion, (Row{1, 0, 1, 1, 1, 0, 0, 0, 0}));
  }

  void countsRandomRows() {
    eq::RandomStream random(11);
    for (int i = 0; i < 20; ++i) {
      QCOMPARE(countFault(randomInput(random, 60), 4), QString());
      QCOMPARE(countFault({{"prediction", randomNumbers(random, 40)},
                           {"target", randomIndices(random, 40, 2)}},
                          2),
               QString());
    }
  }

  /// The report says what the metrics say, which share its code.
  void agreesWithTheMetrics() {
    eq::RandomStream random(12);
    const auto input = randomInput(random, 200);
    const auto report = reportOf(input);
    double right = 0, all = 0, binned = 0;
    for (std::int64_t c = 0; c < 4; ++c) right += report.at(c, c);
    for (const double count : report.confusion) all += count;
    for (const auto& bin : report.bins) binned += bin.count;
    QCOMPARE(right / all, valueOf("accuracy", {}, input).get<double>());
    QCOMPARE(binned, all);
    const auto errors = calibrationErrors(report.bins);
    QCOMPARE(errors.expected, valueOf("ece", {}, input).get<double>());
    QCOMPARE(errors.maximum, valueOf("mce", {}, input).get<double>());
  }

  /// (lo, hi]: three equal logits have the confidence 1/3 = 5/15, the upper edge of the fifth bin.
  void binsAreClosedAbove() {
    const auto report = reportOf({{"prediction", {{0, 0, 0}, {0, 40, 0}}}, {"target", {1, 1}}});
    QCOMPARE(report.bins.size(), size_t{15});
    QCOMPARE(report.bins[4].count, 1.0);
    QCOMPARE(report.bins[4].accuracy(), 0.0);  // the tie goes to class 0
    QCOMPARE(report.bins[14].count, 1.0);
    QCOMPARE(report.bins[14].meanConfidence(), 1.0);
    QCOMPARE(report.bins[14].accuracy(), 1.0);
    QVERIFY(std::isnan(report.bins[0].accuracy()));
  }

  void poolsOverBatches() {
    eq::RandomStream random(13);
    const auto whole = batchOf("accuracy", randomInput(random, 50));
    const auto pooled = reportOf({rows(whole, 0, 1), rows(whole, 1, 30), rows(whole, 30, 50)});
    const auto once = reportOf({whole});
    QCOMPARE(pooled.confusion, once.confusion);
    for (size_t b = 0; b < once.bins.size(); ++b) {
      QCOMPARE(pooled.bins[b].count, once.bins[b].count);
      QCOMPARE(pooled.bins[b].right, once.bins[b].right);
      QCOMPARE(pooled.bins[b].confidence, once.bins[b].confidence);
    }
  }

  void leavesTheCountsOfManyClassesOut() {
    eq::RandomStream random(14);
    const int classes = kMostConfusionClasses + 1;
    const auto report = reportOf({{"prediction", randomRows(random, 5, classes)},
                                  {"target", randomIndices(random, 5, classes)}});
    QCOMPARE(report.classes, classes);
    QVERIFY(report.confusion.empty());
    QCOMPARE(calibrationErrors(report.bins).count, 5.0);
  }
};

EQUIPOISE_TEST(TestClassTotals)
#include "tst_class_totals.moc"

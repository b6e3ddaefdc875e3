#include "core/metric/bootstrap.h"

#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric;
using namespace eq::metric::test;

namespace {

/// Makes an input file of so many examples.
using MakeInput = json (*)(eq::RandomStream&, int count);

/// A binary model that is as sure as it is right: its probabilities are the classes' own.
json calibrated(eq::RandomStream& random, int count) {
  json prediction = json::array(), target = json::array();
  for (int i = 0; i < count; ++i) {
    const double logit = 2 * random.normal();
    prediction.push_back(logit);
    target.push_back(random.uniform() < sigmoid(logit) ? 1 : 0);
  }
  return {{"prediction", prediction}, {"target", target}};
}

/// The same, twice as sure as it should be.
json overconfident(eq::RandomStream& random, int count) {
  auto input = calibrated(random, count);
  for (auto& logit : input["prediction"]) logit = 2 * logit.get<double>();
  return input;
}

/// Four of five of few positives are found, and one of fifty negatives is taken for one.
json rarePositives(eq::RandomStream& random, int count) {
  json prediction = json::array(), target = json::array();
  for (int i = 0; i < count; ++i) {
    const bool positive = i < 3 || random.uniform() < 0.02;  // some always, as a recall needs them
    prediction.push_back(random.uniform() < (positive ? 0.8 : 0.02) ? 2.0 : -2.0);
    target.push_back(positive ? 1 : 0);
  }
  return {{"prediction", prediction}, {"target", target}};
}

json skewedErrors(eq::RandomStream& random, int count) {
  json prediction = json::array(), target = json::array();
  for (int i = 0; i < count; ++i) {
    prediction.push_back(-std::log(1 - random.uniform()));
    target.push_back(0.0);
  }
  return {{"prediction", prediction}, {"target", target}};
}

/// The mean that the metric has over samples of so many examples.
double trueMean(const std::string& id, MakeInput make, int count) {
  eq::RandomStream random(71);
  constexpr int kSamples = 3000;
  double sum = 0;
  for (int i = 0; i < kSamples; ++i) sum += valueOf(id, {}, make(random, count)).get<double>();
  return sum / kSamples;
}

struct Coverage {
  double mean = 0;      ///< share of the intervals that hold the true mean
  double estimate = 0;  ///< their own estimate
  double width = 0;
};

Coverage coverageOf(const std::string& id, MakeInput make, int count, double truth, int samples) {
  eq::RandomStream random(5);
  Coverage found;
  for (int i = 0; i < samples; ++i) {
    const auto input = make(random, count);
    const double estimate = valueOf(id, {}, input).get<double>();
    const auto interval = bootstrap({[&] { return catalog().create(id, json::object(), id); }},
                                    batchOf(id, input), {200, 0.95, std::uint64_t(i)})
                              .front();
    found.mean += interval.low <= truth && truth <= interval.high ? 1.0 / samples : 0;
    found.estimate += interval.low <= estimate && estimate <= interval.high ? 1.0 / samples : 0;
    found.width += (interval.high - interval.low) / samples;
  }
  return found;
}

}  // namespace

/// Of 95 % intervals, how many hold what they are of: the mean over samples of as many examples.
/// Squares of skewed errors have longer tails than 30 examples show: their rmse is held less often.
/// So is a mean over classes one of which has three members, where all three are found.
class TestCoverage : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void coversTheMeanAndTheEstimate_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<MakeInput>("make");
    QTest::addColumn<int>("count");
    QTest::addColumn<double>("least");
    QTest::newRow("ece, calibrated") << "ece" << MakeInput(calibrated) << 150 << 0.88;
    QTest::newRow("ece, calibrated, few") << "ece" << MakeInput(calibrated) << 20 << 0.88;
    QTest::newRow("ece, overconfident") << "ece" << MakeInput(overconfident) << 60 << 0.88;
    QTest::newRow("adaptive_ece") << "adaptive_ece" << MakeInput(calibrated) << 100 << 0.88;
    QTest::newRow("classwise_ece") << "classwise_ece" << MakeInput(calibrated) << 60 << 0.88;
    QTest::newRow("ace") << "ace" << MakeInput(calibrated) << 60 << 0.88;
    QTest::newRow("accuracy, few") << "accuracy" << MakeInput(calibrated) << 20 << 0.88;
    QTest::newRow("recall, rare") << "recall" << MakeInput(rarePositives) << 150 << 0.88;
    QTest::newRow("f1, rare") << "f1" << MakeInput(rarePositives) << 150 << 0.88;
    QTest::newRow("balanced_accuracy, rare")
        << "balanced_accuracy" << MakeInput(rarePositives) << 150 << 0.65;
    QTest::newRow("mae, few and skewed") << "mae" << MakeInput(skewedErrors) << 12 << 0.88;
    QTest::newRow("rmse, skewed") << "rmse" << MakeInput(skewedErrors) << 30 << 0.8;
  }

  void coversTheMeanAndTheEstimate() {
    QFETCH(QString, id);
    QFETCH(MakeInput, make);
    QFETCH(int, count);
    QFETCH(double, least);
    const auto metric = id.toStdString();
    const double truth = trueMean(metric, make, count);
    const auto found = coverageOf(metric, make, count, truth, 120);
    qInfo("%s: %.3f hold the mean %.4f, width %.4f", qPrintable(id), found.mean, truth,
          found.width);
    QVERIFY(found.estimate > 0.9999);
    QVERIFY2(found.mean >= least, qPrintable(QString::number(found.mean)));
    QVERIFY(found.width < 6 * truth);
  }
};

EQUIPOISE_TEST(TestCoverage)
#include "tst_coverage.moc"

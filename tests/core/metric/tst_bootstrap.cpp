#include "core/metric/bootstrap.h"

#include <random>
#include <set>

#include "core/metric/bias_corrected.h"
#include "core/metric/quantiles.h"
#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric;
using namespace eq::metric::test;

namespace {

MakeMetric makerOf(const std::string& id, const json& params = {}) {
  return [=] { return catalog().create(id, object(params), id); };
}

Interval intervalOf(const std::string& id, const json& input, const BootstrapOptions& options) {
  return bootstrap({makerOf(id)}, batchOf(id, input), options).front();
}

/// `right` of `count` binary decisions are right.
json decisions(int count, int right) {
  json prediction = json::array(), target = json::array();
  for (int i = 0; i < count; ++i) {
    prediction.push_back(2.0);
    target.push_back(i < right ? 1 : 0);
  }
  return {{"prediction", prediction}, {"target", target}};
}

/// The same interval of a mean of plain numbers by another generator, from formulas written out.
/// \param z normal quantile of the upper end, widened.
std::pair<double, double> meanInterval(const Row& values, double z, int resamples) {
  std::mt19937_64 random(99);
  std::uniform_int_distribution<size_t> place(0, values.size() - 1);
  const double centre = mean(values);
  Row means;
  for (int b = 0; b < resamples; ++b) {
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += values[place(random)];
    means.push_back(sum / static_cast<double>(values.size()));
  }
  const double shift = centre - mean(means);
  double below = 0, squares = 0, cubes = 0;
  for (auto& one : means) below += (one += shift) < centre ? 1 : 0;
  for (const double value : values) {
    squares += std::pow(value - centre, 2);
    cubes += std::pow(value - centre, 3);
  }
  const double a = cubes / (6 * std::pow(squares, 1.5));
  const double bias = normalQuantile(below / resamples);
  std::sort(means.begin(), means.end());
  const auto at = [&](double end) {
    const double share =
        std::erfc(-(bias + (bias + end) / (1 - a * (bias + end))) / std::sqrt(2)) / 2;
    return means[static_cast<size_t>(share * resamples)];
  };
  return {at(-z), at(z)};
}

bool isWithin(double found, double expected, double tolerance) {
  return std::abs(found - expected) <= tolerance;
}

QString message(const std::string& id, const json& input) {
  const auto batch = batchOf(id, input);
  const auto reason = whyNoBootstrap(catalog().descriptor(id), batch);
  if (!reason.empty()) return QString::fromStdString(reason);
  try {
    bootstrap({makerOf(id)}, batch, {10});
  } catch (const eq::Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

class TestBootstrap : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void interpolatesQuantilesAsNumpyDoes() {
    // np.quantile([1, 2, 4, 8, 16], [0.05, 0.95])
    const Row sorted{1, 2, 4, 8, 16};
    QVERIFY(isWithin(quantile(sorted, 0.05), 1.2, 1e-12));
    QVERIFY(isWithin(quantile(sorted, 0.95), 14.4, 1e-12));
    QCOMPARE(quantile({HUGE_VAL, HUGE_VAL}, 0.9), HUGE_VAL);
  }

  void knowsTheQuantilesOfTables() {
    QVERIFY(isWithin(normalQuantile(0.975), 1.959963984540054, 1e-9));
    QVERIFY(isWithin(normalQuantile(0.01), -2.326347874040841, 1e-9));
    const std::vector<std::pair<std::int64_t, double>> table{{1, 12.706204736},
                                                             {2, 4.302652730},
                                                             {4, 2.776445105},
                                                             {9, 2.262157163},
                                                             {1000, 1.962339081}};
    for (const auto& [freedom, expected] : table)
      QVERIFY(isWithin(studentQuantile(0.975, freedom), expected, 1e-8));
  }

  /// All resamples above the estimate, as of a calibration error: where percentiles fail.
  void holdsItsEstimateAndStaysInItsRange() {
    Resampled values{0.02, {}, {}, 40, {0, 1}};
    for (int i = 0; i <= 100; ++i) values.drawn.push_back(0.1 + 0.002 * i);
    const auto interval = biasCorrectedInterval(values, 0.95);
    QVERIFY(interval.low == 0 && interval.low < 0.02 && interval.high > 0.1);
    QVERIFY(interval.high < 0.15);
  }

  /// 10 of 10: Clopper and Pearson's bound 0.025^(1/10), not an interval without width.
  void saysWhatAllRightOfFewMeans() {
    const auto all = intervalOf("accuracy", decisions(10, 10), {100});
    QVERIFY(isWithin(all.low, 0.6915028921, 1e-9) && all.high == 1);
    const auto none = intervalOf("accuracy", decisions(10, 0), {100});
    QVERIFY(none.low == 0 && isWithin(none.high, 0.3084971079, 1e-9));
  }

  /// 3 of 3 positives among 1,000 examples: 0.025^(1/3), whatever stands beside them. For a mean
  /// over the classes the three count for half of it, so that it turns on 6 examples.
  void aShareOfFewTurnsOnThese_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<double>("low");
    const double three = 0.2924017738, six = 0.5407418735;
    for (const auto* id : {"recall", "precision", "f1", "auroc", "auprc"})
      QTest::newRow(id) << id << three;
    QTest::newRow("balanced_accuracy") << "balanced_accuracy" << six;
  }
  void aShareOfFewTurnsOnThese() {
    QFETCH(QString, id);
    QFETCH(double, low);
    json input{{"prediction", json::array()}, {"target", json::array()}};
    for (int i = 0; i < 1000; ++i) {
      input["prediction"].push_back(i < 3 ? 2.0 : -2.0);
      input["target"].push_back(i < 3 ? 1 : 0);
    }
    const auto interval = intervalOf(id.toStdString(), input, {100});
    QVERIFY2(isWithin(interval.low, low, 1e-9), qPrintable(QString::number(interval.low, 'g', 12)));
    QCOMPARE(interval.high, 1.0);
  }

  /// Where all resamples agree and no share is all or none, they say nothing.
  void whatNeverVariesHasNoInterval_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("input");
    QTest::newRow("two examples have one resample with a variance")
        << "r2"
        << R"({"prediction": [1.0, 0.0], "target": [0.0, 1.0]})";
    QTest::newRow("ranks that agree, up to rounding")
        << "spearman"
        << R"({"prediction": [1, 2, 3, 4, 5.0], "target": [1, 2, 3, 4, 5.0]})";
    QTest::newRow("one confidence")
        << "ece"
        << R"({"prediction": [2.0, 2.0, 2.0, 2.0], "target": [1, 1, 1, 1]})";
  }
  void whatNeverVariesHasNoInterval() {
    QFETCH(QString, id);
    QFETCH(QString, input);
    const auto interval = intervalOf(id.toStdString(), json::parse(input.toStdString()), {100});
    QVERIFY2(std::isnan(interval.low) && std::isnan(interval.high),
             qPrintable(QString("%1 to %2").arg(interval.low).arg(interval.high)));
  }

  /// p ± z √(p (1 − p) / N), and Wilson's interval, which is near it for N = 400.
  void agreesWithTheNormalIntervalOfAShare() {
    const double p = 0.8, z = 1.959964, n = 400;
    const auto interval = intervalOf("accuracy", decisions(400, 320), {4000, 0.95, 7});
    const double half = z * std::sqrt(p * (1 - p) / n);
    QVERIFY(isWithin(interval.low, p - half, 0.006));
    QVERIFY(isWithin(interval.high, p + half, 0.006));
    const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
    const double wilson = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    QVERIFY(isWithin(interval.low, centre - wilson, 0.008));
    QVERIFY(isWithin(interval.high, centre + wilson, 0.008));
    QCOMPARE(interval.resamples, 4000);
    QCOMPARE(interval.confidence, 0.95);
  }

  void agreesWithABootstrapOfItsOwn() {
    eq::RandomStream random(3);
    json prediction = json::array(), target = json::array();
    Row errors;
    for (int i = 0; i < 150; ++i) {
      errors.push_back(std::abs(std::exp(random.normal())));
      prediction.push_back(errors.back());
      target.push_back(0.0);
    }
    const auto found =
        intervalOf("mae", {{"prediction", prediction}, {"target", target}}, {6000, 0.9, 5});
    const double t = 1.655144534;  // Student's at 0.95 with 149 degrees of freedom
    const auto [low, high] = meanInterval(errors, std::sqrt(150.0 / 149) * t, 6000);
    const double width = high - low;
    QVERIFY(width > 0.1);
    QVERIFY(isWithin(found.low, low, 0.05 * width) && isWithin(found.high, high, 0.05 * width));
  }

  void isAFunctionOfItsSeed() {
    const auto input = decisions(50, 30);
    const auto once = intervalOf("accuracy", input, {100, 0.8, 1});
    const auto again = intervalOf("accuracy", input, {100, 0.8, 1});
    QVERIFY(once.low == again.low && once.high == again.high);
    std::set<double> lows;
    for (std::uint64_t seed = 1; seed <= 6; ++seed)
      lows.insert(intervalOf("accuracy", input, {25, 0.8, seed}).low);
    QVERIFY(lows.size() > 1);
  }

  /// Metrics of one call see the same resamples: accuracy and micro-averaged F1 are one number.
  void metricsShareTheResamples() {
    eq::RandomStream random(4);
    const auto batch = batchOf("accuracy", {{"prediction", randomRows(random, 60, 3)},
                                            {"target", randomIndices(random, 60, 3)}});
    const auto both =
        bootstrap({makerOf("accuracy"), makerOf("f1", {{"average", "micro"}})}, batch, {200});
    QVERIFY(isWithin(both[0].low, both[1].low, 1e-12));
    QVERIFY(isWithin(both[0].high, both[1].high, 1e-12));
  }

  /// Two of three examples count: (1/3)^3 of the resamples has none.
  void leavesUndefinedResamplesOut() {
    auto input = decisions(3, 3);
    input["mask"] = {1, 0, 1};
    const auto interval = intervalOf("accuracy", input, {5400});
    QVERIFY(isWithin(static_cast<double>(interval.resamples), 5200, 60));
    QVERIFY(interval.low < 0.3 && interval.high == 1);
  }

  void whatIsUndefinedHasNoInterval() {
    auto input = decisions(3, 3);
    for (const json& mask : {json{0, 0, 0}, json{0, 1, 0}}) {  // none counts; one says nothing
      input["mask"] = mask;
      const auto interval = intervalOf("accuracy", input, {20});
      QCOMPARE(interval.resamples, 0);
      QVERIFY(std::isnan(interval.low) && std::isnan(interval.high));
    }
  }

  void drawsRowsOfAllFieldsTogether() {
    const auto batch = batchOf("mae", {{"prediction", {{0.0, 0.0}, {1.0, 1.0}, {2.0, 2.0}}},
                                       {"target", {{10.0, 10.0}, {11.0, 11.0}, {12.0, 12.0}}},
                                       {"mask", {{0, 1}, {1, 0}, {1, 1}}}});
    Resampler resampler(batch, 3);
    std::set<double> seen;
    for (int i = 0; i < 20; ++i) {
      resampler.draw();
      const auto drawn = resampler.select(batch);
      QCOMPARE(drawn.prediction.size(0), 3);
      QVERIFY((drawn.target - drawn.prediction == 10).all().item<bool>());
      for (int row = 0; row < 3; ++row) {
        const auto source = drawn.prediction[row][0].item<std::int64_t>();
        seen.insert(static_cast<double>(source));
        QVERIFY(drawn.field("mask")[row].equal(batch.field("mask")[source]));
      }
    }
    QCOMPARE(seen.size(), size_t{3});
  }

  void drawsWholeGroups() {
    const json input{{"prediction", {3.0, 2.0, 1.0, 5.0, 4.0}},
                     {"target", {0, 1, 0, 1, 0}},
                     {"group", {7, 7, 7, 9, 9}}};
    const auto batch = batchOf("mrr", input);
    Resampler resampler(batch, 1);
    std::set<std::int64_t> sizes;
    for (int i = 0; i < 30; ++i) {
      resampler.draw();
      const auto drawn = resampler.select(batch);
      sizes.insert(drawn.prediction.size(0));
      QCOMPARE(drawn.field("group").min().item<std::int64_t>(), 0);
      QCOMPARE(drawn.field("group").max().item<std::int64_t>(), 1);  // copies are two queries
    }
    QCOMPARE(sizes, (std::set<std::int64_t>{4, 5, 6}));
    const auto interval = intervalOf("mrr", input, {500, 0.99});
    // Reciprocal ranks 1/2 and 1, mean 3/4: the resamples are moved by what their mean is off,
    // whose deviation is 0.177 / sqrt(500).
    QVERIFY(isWithin(interval.low, 0.5, 3 * 0.0079) && isWithin(interval.high, 1, 3 * 0.0079));
  }

  /// What is prepared once is what every resample would be made of.
  void preparedRowsSayTheSame_data() {
    QTest::addColumn<QString>("id");
    for (const char* id : {"ece", "mce", "classwise_ece", "accuracy"}) QTest::newRow(id) << id;
  }

  void preparedRowsSayTheSame() {
    QFETCH(QString, id);
    eq::RandomStream random(8);
    const json classes{{"prediction", randomRows(random, 50, 4)},
                       {"target", randomIndices(random, 50, 4)},
                       {"mask", randomMask(random, 50)}};
    json labels{{"prediction", randomRows(random, 50, 2)}, {"target", json::array()}};
    for (int i = 0; i < 50; ++i) labels["target"].push_back({i % 2, i % 3 == 0 ? 1 : 0});
    for (const auto& input : {classes, labels}) {
      const auto batch = batchOf(id.toStdString(), input);
      Resampler resampler(batch, 2);
      resampler.draw();
      const auto one = makerOf(id.toStdString())(), other = makerOf(id.toStdString())();
      one->add(resampler.select(batch));
      other->addPrepared(resampler.select(other->prepare(batch)));
      QCOMPARE(one->value().get<double>(), other->value().get<double>());
    }
  }

  void refusesWhatCannotBeDrawnAnew() {
    QCOMPARE(message("mrr", {{"prediction", {1.0, 2.0}}, {"target", {0, 1}}}),
             "mrr.group: a bootstrap draws queries anew, so that it must be given");
    QCOMPARE(message("accuracy", decisions(1, 1)),
             "bootstrap: needs at least 2 examples to draw from, found 1");
    QVERIFY(message("igd", {{"prediction", {{1, 2}, {2, 1}}}, {"front", {{0, 0}, {1, 1}}}})
                .startsWith("igd: is not made of examples"));
    QVERIFY(message("accuracy", decisions(5, 2)).isEmpty());
  }
};

EQUIPOISE_TEST(TestBootstrap)
#include "tst_bootstrap.moc"

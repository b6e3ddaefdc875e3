#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

namespace {

double ensemble(const Row& members, double y, bool fair) {
  double error = 0, pairs = 0;
  const auto m = static_cast<double>(members.size());
  for (const double a : members) {
    error += std::abs(a - y);
    for (const double b : members) pairs += std::abs(a - b);
  }
  return error / m - pairs / (2 * m * (fair ? m - 1 : m));
}

/// ∫ (Φ((x − μ)/σ) − 1{x >= y})² dx by Simpson's rule on both sides of y.
double gaussianByIntegral(double mu, double sigma, double y) {
  const auto below = [&](double x) { return 0.5 * std::erfc((mu - x) / (sigma * M_SQRT2)); };
  const auto side = [&](double from, double to, bool upper) {
    const int steps = 4000;
    const double h = (to - from) / steps;
    double sum = 0;
    for (int i = 0; i <= steps; ++i) {
      const double f = below(from + i * h) - (upper ? 1 : 0);
      sum += f * f * (i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2);
    }
    return sum * h / 3;
  };
  const double reach = 12 * sigma;
  return side(std::min(mu, y) - reach, y, false) + side(y, std::max(mu, y) + reach, true);
}

double quantiles(const Row& found, const Row& tau, double y) {
  double sum = 0;
  for (size_t q = 0; q < tau.size(); ++q)
    sum += y >= found[q] ? tau[q] * (y - found[q]) : (1 - tau[q]) * (found[q] - y);
  return 2 * sum / static_cast<double>(tau.size());
}

double binned(const Row& logits, const Row& bins, double y) {
  const auto shares = softmax(logits);
  double below = 0, sum = 0;
  for (size_t k = 0; k + 1 < bins.size(); ++k) {
    below += shares[k];
    sum += std::pow(below - (bins[k] >= y ? 1 : 0), 2) * (bins[k + 1] - bins[k]);
  }
  return sum;
}

template <typename Score>
json meanScore(const json& input, Score score) {
  Row scores;
  for (size_t i = 0; i < input["target"].size(); ++i)
    if (!input.contains("mask") || input["mask"][i] == 1)
      scores.push_back(score(input["prediction"][i].get<Row>(), input["target"][i].get<double>()));
  return expectation(mean(scores));
}

void addMembers(const json& input) {
  addCase("crps", {}, input,
          meanScore(input, [](const Row& x, double y) { return ensemble(x, y, false); }));
  addCase("crps", {{"form", "fair"}}, input,
          meanScore(input, [](const Row& x, double y) { return ensemble(x, y, true); }));
}

void addRandom(eq::RandomStream& random, int count) {
  json input{{"prediction", randomRows(random, count, 5)},
             {"target", randomNumbers(random, count)}};
  addMembers(input);
  input["mask"] = randomMask(random, count);
  addMembers(input);
  const Row tau{0.9, 0.1, 0.35, 0.5, 0.5};
  addCase("crps", {{"form", "quantile"}, {"tau", tau}}, input,
          meanScore(input, [&](const Row& x, double y) { return quantiles(x, tau, y); }));
  const Row bins{-2, -0.5, 0, 1, 4}, plain{0, 1, 2, 3, 4};
  input["target"][0] = 1;  // on a bin
  addCase("crps", {{"form", "binned"}, {"bins", bins}}, input,
          meanScore(input, [&](const Row& x, double y) { return binned(x, bins, y); }));
  addCase("crps", {{"form", "binned"}}, input,
          meanScore(input, [&](const Row& x, double y) { return binned(x, plain, y); }));
  json gaussian{{"prediction", json::array()}, {"target", randomNumbers(random, count)}};
  for (int i = 0; i < count; ++i)
    gaussian["prediction"].push_back({random.normal(), 0.2 + random.uniform()});
  addCase(
      "crps", {{"form", "gaussian"}}, gaussian,
      meanScore(gaussian, [](const Row& x, double y) { return gaussianByIntegral(x[0], x[1], y); }),
      1e-9);
}

}  // namespace

class TestCrps : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    const json sheet{{"prediction", {{.8, 1, 1.5}}}, {"target", {1.2}}};
    addCase("crps", {}, sheet, 0.144444, 6e-7);
    addCase("crps", {{"form", "fair"}}, sheet, 0.066667, 6e-7);
    addCase("crps", {{"form", "gaussian"}}, {{"prediction", {{1, .5}}}, {"target", {1.2}}},
            0.148344, 6e-7);
    eq::RandomStream random(18);
    for (const int count : {2, 17, 50}) addRandom(random, count);
    addCase("crps", {}, {{"prediction", {{3}}}, {"target", {1}}}, 2.0);  // one member: |x − y|
    addCase("crps", {}, {{"prediction", {{1e9, 1e9 + 1}}}, {"target", {1e9}}}, 0.25);
    addCase("crps", {{"form", "gaussian"}}, {{"prediction", {{0, 1}}}, {"target", {1e4}}},
            1e4 - 1 / std::sqrt(M_PI));
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  void undefined() {
    QVERIFY(
        valueOf("crps", {}, {{"prediction", {{1, 2}}}, {"target", {1}}, {"mask", {0}}}).is_null());
    QVERIFY(valueOf("crps", {}, std::vector<eq::metric::Batch>()).is_null());
  }

  void refusals_data() {
    refusalColumns();
    const json two{{"prediction", {{1, 2}}}, {"target", {1}}};
    const json one{{"prediction", {{1}}}, {"target", {1}}};
    addRefusal("crps", {}, {{"prediction", {1, 2}}, {"target", {1, 2}}},
               "crps.prediction: expected [N, columns], found [2]");
    addRefusal("crps", {}, {{"prediction", {{1, 2}}}, {"target", {1, 2}}},
               "crps.target: must have the shape of prediction [1], found [2]");
    addRefusal("crps", {{"form", "fair"}}, one,
               "crps.prediction: the form fair needs at least 2 members, found 1");
    addRefusal("crps", {{"form", "gaussian"}}, one,
               "crps.prediction: the form gaussian expects [N, 2] (mean, deviation), found [1, 1]");
    addRefusal("crps", {{"form", "gaussian"}}, {{"prediction", {{1, 0}}}, {"target", {1}}},
               "crps.prediction: deviations must be above 0, found 0");
    addRefusal("crps", {{"form", "quantile"}}, two,
               "crps.tau: the form quantile needs the levels of its columns, found []");
    addRefusal("crps", {{"form", "quantile"}, {"tau", {0.5}}}, two,
               "crps.tau: needs one entry a column of prediction, 2, found 1");
    addRefusal("crps", {{"form", "quantile"}, {"tau", {0.5, 1}}}, two,
               "crps.tau[1]: 1 is not below 1");
    addRefusal("crps", {{"form", "binned"}, {"bins", {0, 1, 2}}}, two,
               "crps.bins: needs one entry a column of prediction, 2, found 3");
    addRefusal("crps", {{"form", "binned"}, {"bins", {1, 1}}}, two,
               "crps.bins: must increase, found 1 after 1");
    addRefusal("crps", {{"form", "binned"}}, one,
               "crps.prediction: the form binned needs at least 2 bins, found 1");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestCrps)
#include "tst_crps.moc"

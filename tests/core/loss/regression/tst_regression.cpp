#include "tests/core/loss/loss_support.h"
#include "tests/registry.h"

#include <algorithm>

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

const json kPrediction{2.5, 0, 2, 8};
const json kTarget{3, -0.5, 2, 7};
const json kSheet{{"prediction", kPrediction}, {"target", kTarget}};

/// A loss of r = prediction - target, and the parameters that it knows.
struct Residual {
  const char* id;
  const char* parameters;
};
const Residual kResiduals[] = {{"mse", "half, reduction"},
                               {"l1", "reduction"},
                               {"huber", "delta, reduction"},
                               {"smooth_l1", "beta, reduction"},
                               {"log_cosh", "scale, reduction"},
                               {"quantile", "tau, reduction"},
                               {"student_t_nll", "nu, scale, reduction"},
                               {"translated_relu", "x0, k, zero_negative, reduction"},
                               {"smooth_k2", "x0, k, zero_negative, reduction"},
                               {"wing", "width, curvature, reduction"}};

double huber(double r, double delta) {
  return std::abs(r) <= delta ? r * r / 2 : delta * (std::abs(r) - delta / 2);
}

double pinball(double r, double tau) {
  return r > 0 ? (1 - tau) * r : -tau * r;
}

double studentT(double r, double nu, double scale) {
  const double density = std::exp(std::lgamma((nu + 1) / 2) - std::lgamma(nu / 2)) /
                         std::sqrt(nu * std::acos(-1.0)) / scale *
                         std::pow(1 + r * r / nu / scale / scale, -(nu + 1) / 2);
  return -std::log(density);
}

double beyond(double r, double x0) {
  return std::max(std::abs(r) - x0, 0.0);
}

bool near(double found, double expected, double tolerance) {
  if (std::abs(found - expected) <= tolerance * (1 + std::abs(expected))) return true;
  qWarning("found %.12g, expected %.12g", found, expected);
  return false;
}

double number(const json& list, size_t i) {
  return list[i].get<double>();
}

}  // namespace

class TestRegression : public QObject {
  Q_OBJECT

  static void addIds() {
    QTest::addColumn<QString>("id");
    for (const auto& loss : kResiduals) QTest::newRow(loss.id) << QString(loss.id);
  }

 private Q_SLOTS:
  void equalsWorkedNumbers() {
    QCOMPARE(evaluate("mse", {}, kSheet).value, 0.375);
    QCOMPARE(evaluate("mse", {{"half", true}}, kSheet).value, 0.1875);
    QCOMPARE(evaluate("l1", {}, kSheet).value, 0.5);
    QCOMPARE(evaluate("huber", {}, kSheet).value, 0.1875);
    QCOMPARE(evaluate("huber", {{"delta", 0.5}}, kSheet).value, 0.15625);
    QCOMPARE(evaluate("given", {}, {{"prediction", kPrediction}}).value, 3.125);
    const auto worked = [](const char* id, const json& params, const json& input, double expected) {
      QVERIFY2(near(evaluate(id, params, input).value, expected, 6e-7), id);
    };
    worked("smooth_l1", {{"beta", 0.5}}, kSheet, 0.3125);
    worked("log_cosh", {}, kSheet, 0.168502);
    worked("quantile", {{"tau", 0.9}}, kSheet, 0.15);
    worked("quantile", {}, kSheet, 0.25);
    worked("student_t_nll", {}, kSheet, 1.224773);
    worked("student_t_nll", {}, {{"prediction", {2}}, {"target", {2}}}, 1.000889);
    worked("poisson_nll", {}, {{"prediction", {0.5}}, {"target", {2}}}, 0.648721);
    const double half = std::log(0.5);
    const json means{{2.5, half}, {0, half}, {2, half}, {8, half}};
    worked("gaussian_nll", {}, {{"prediction", means}, {"target", kTarget}}, 0.028426);
    worked("gaussian_nll", {{"full", true}}, {{"prediction", means}, {"target", kTarget}},
           0.947365);
    worked("ccc", {}, kSheet, 0.023211);
    worked("ccc", {{"unbiased", true}}, kSheet, 1 - 0.977735);
    const json scores{{"prediction", {0.8, 0.5, 0.1}}, {"target", {1, 0.2, 0.3}}};
    worked("translated_relu", {}, scores, 0.016667);
    worked("smooth_k2", {}, scores, 0.001667);
    worked("wing", {}, {{"prediction", {0.5}}, {"target", {0}}}, 2.231436);
    const json effects{
        {"prediction", {1.5, 0.1}}, {"target", {1, 0.2}}, {"treatment_residual", {0.5, -0.4}}};
    worked("r_learner", {}, effects, 0.060050);
  }

  void slopesAreTheSheets() {
    const auto slopes = [](const char* id, const json& params) {
      const auto gradient = evaluate(id, params, kSheet).gradient * 4;
      return std::vector<double>{entry(gradient, 0), entry(gradient, 1), entry(gradient, 2),
                                 entry(gradient, 3)};
    };
    using Slopes = std::vector<double>;
    QCOMPARE(slopes("mse", {}), (Slopes{-1, 1, 0, 2}));
    QCOMPARE(slopes("mse", {{"half", true}}), (Slopes{-0.5, 0.5, 0, 1}));
    QCOMPARE(slopes("l1", {}), (Slopes{-1, 1, 0, 1}));
    QCOMPARE(slopes("huber", {{"delta", 0.75}}), (Slopes{-0.5, 0.5, 0, 0.75}));
    QCOMPARE(slopes("smooth_l1", {{"beta", 0}}), (Slopes{-1, 1, 0, 1}));
    QCOMPARE(slopes("smooth_l1", {{"beta", 2}}), (Slopes{-0.25, 0.25, 0, 0.5}));
    QCOMPARE(slopes("log_cosh", {})[2], 0.0);
    QCOMPARE(slopes("quantile", {{"tau", 0.75}})[0], -0.75);
    QCOMPARE(slopes("quantile", {{"tau", 0.75}})[1], 0.25);
    // At 0 anything between them.
    QVERIFY(std::abs(slopes("quantile", {{"tau", 0.75}})[2] + 0.25) <= 0.5);
    // The dead zone, and its border.
    QCOMPARE(slopes("translated_relu", {{"x0", 0.5}, {"k", 3}}), (Slopes{0, 0, 0, 3}));
    QCOMPARE(slopes("smooth_k2", {{"x0", 0.25}, {"k", 3}}), (Slopes{-1.5, 1.5, 0, 4.5}));
    // At |r| = δ both branches meet.
    QCOMPARE(slopes("huber", {{"delta", 0.5}}), (Slopes{-0.5, 0.5, 0, 0.5}));
  }

  void equalsTheFormulas() {
    RandomStream random(21);
    const json prediction = randomNumbers(random, 50, 3), target = randomNumbers(random, 50, 3);
    const auto compare = [&](const char* id, const json& params, const auto& reference) {
      const auto found =
          evaluate(id, params, {{"prediction", prediction}, {"target", target}}).perSample;
      for (size_t i = 0; i < 50; ++i) {
        const double r = prediction[i].get<double>() - target[i].get<double>();
        const double error = entry(found, static_cast<std::int64_t>(i)) - reference(r);
        QVERIFY2(std::abs(error) < 1e-13 * (1 + r * r), qPrintable(QString::number(error)));
      }
    };
    compare("mse", {}, [](double r) { return r * r; });
    compare("mse", {{"half", true}}, [](double r) { return r * r / 2; });
    compare("l1", {}, [](double r) { return std::abs(r); });
    for (const double delta : {1e-3, 0.5, 1.0, 2.5, 100.0})
      compare("huber", {{"delta", delta}}, [&](double r) { return huber(r, delta); });
    compare("smooth_l1", {{"beta", 0}}, [](double r) { return std::abs(r); });
    for (const double beta : {1e-3, 0.5, 2.5, 100.0})
      compare("smooth_l1", {{"beta", beta}}, [&](double r) { return huber(r, beta) / beta; });
    for (const double s : {0.5, 1.0, 3.0})
      compare("log_cosh", {{"scale", s}},
              [&](double r) { return s * s * std::log(std::cosh(r / s)); });
    for (const double tau : {0.01, 0.5, 0.8})
      compare("quantile", {{"tau", tau}}, [&](double r) { return pinball(r, tau); });
    for (const double nu : {0.3, 3.0, 40.0})
      compare("student_t_nll", {{"nu", nu}, {"scale", 1.7}},
              [&](double r) { return studentT(r, nu, 1.7); });
    for (const double x0 : {0.0, 0.25, 2.0}) {
      compare("translated_relu", {{"x0", x0}, {"k", 1.5}},
              [&](double r) { return 1.5 * beyond(r, x0); });
      compare("smooth_k2", {{"x0", x0}, {"k", 0.7}},
              [&](double r) { return 0.7 * beyond(r, x0) * beyond(r, x0); });
    }
  }

  void logCoshKeepsItsDigits() {
    // Far below its scale it is r²/2, and far above s|r| - s² log 2.
    const auto value = [](double r, double scale) {
      return evaluate("log_cosh", {{"scale", scale}}, {{"prediction", {r}}, {"target", {0}}}).value;
    };
    for (const double r : {1e-9, 1e-3, 2.0})
      QVERIFY(std::abs(value(r, 1e6) / (r * r / 2) - 1) < 1e-9);
    QVERIFY(near(value(-1e4, 2), 2e4 - 4 * std::log(2.0), 1e-14));
  }

  void studentBecomesGaussian() {
    const json input{{"prediction", {1.25}}, {"target", {0}}};
    const double gaussian = 1.25 * 1.25 / 2 + std::log(2 * std::acos(-1.0)) / 2;
    QVERIFY(near(evaluate("student_t_nll", {{"nu", 1e12}}, input).value, gaussian, 1e-9));
    // The two ways to the constant agree where they meet.
    const auto at = [&](double nu) { return evaluate("student_t_nll", {{"nu", nu}}, input).value; };
    QVERIFY(near(at(200), at(200 - 1e-9), 1e-12));
  }

  void zeroNegativeTakesScoresBelowZeroAsZero() {
    const json input{{"prediction", {-2, 0.5}}, {"target", {1, 2}}};
    const auto relu = evaluate("translated_relu", {{"zero_negative", true}}, input);
    QCOMPARE(entry(relu.perSample, 0), 0.75);
    QCOMPARE(entry(relu.perSample, 1), 1.25);
    QCOMPARE(entry(relu.gradient, 0), 0.0);
    QCOMPARE(entry(relu.gradient, 1), -0.5);
    const auto square = evaluate("smooth_k2", {{"zero_negative", true}}, input);
    QCOMPARE(entry(square.perSample, 0), 2 * 0.75 * 0.75);
    QCOMPARE(entry(square.gradient, 0), 0.0);
  }

  void quantilesOfAList() {
    RandomStream random(23);
    const std::vector<double> levels{0.1, 0.5, 0.95};
    const json prediction = randomRows(random, 6, 3), target = randomNumbers(random, 6);
    const json mask{1, 0, 1, 1, 1, 0};
    const auto found = evaluate("quantile", {{"tau", levels}},
                                {{"prediction", prediction}, {"target", target}, {"mask", mask}});
    double sum = 0;
    for (size_t i = 0; i < 6; ++i) {
      double mean = 0;
      for (size_t q = 0; q < 3; ++q)
        mean += mask[i].get<int>() *
                pinball(prediction[i][q].get<double>() - number(target, i), levels[q]) / 3;
      QVERIFY(near(entry(found.perSample, static_cast<std::int64_t>(i)), mean, 1e-14));
      sum += mean;
    }
    QVERIFY(near(found.value, sum / 4, 1e-14));
    QCOMPARE(message("quantile", {{"tau", levels}}, {{"prediction", target}, {"target", target}}),
             QString("quantile.prediction: expected [N, 3] or [N, D, 3], found [6]"));
    QCOMPARE(message("quantile", {{"tau", json::array()}}, kSheet),
             QString("quantile.tau: needs at least one level, found []"));
    QCOMPARE(message("quantile", {{"tau", {0.5, 1}}}, kSheet),
             QString("quantile.tau[1]: 1 is not below 1"));
  }

  void gaussianEqualsTheFormula() {
    RandomStream random(24);
    for (const double beta : {0.0, 0.5, 1.0})
      for (const bool full : {false, true})
        for (int trial = 0; trial < 20; ++trial) {
          const double mean = random.normal(), target = random.normal(), s = 6 * random.normal();
          const double v = std::exp(std::clamp(s, -10.0, 10.0)), r = mean - target;
          const double factor = std::pow(v, beta);
          const double constant = full ? std::log(2 * std::acos(-1.0)) : 0;
          const auto found = evaluate("gaussian_nll", {{"beta", beta}, {"full", full}},
                                      {{"prediction", {{mean, s}}}, {"target", {target}}});
          QVERIFY(near(found.value, (std::log(v) + r * r / v + constant) / 2 * factor, 1e-12));
          // The factor is a constant in the gradient, and the clamp stops it.
          QVERIFY(near(entry(found.gradient, 0), r / v * factor, 1e-12));
          const double slope = std::abs(s) < 10 ? (1 - r * r / v) / 2 * factor : 0;
          QVERIFY(near(entry(found.gradient, 1), slope, 1e-12));
        }
    QCOMPARE(message("gaussian_nll", {}, kSheet),
             QString("gaussian_nll.prediction: expected [N, 2] or [N, D, 2], found [4]"));
    QCOMPARE(message("gaussian_nll", {}, {{"prediction", {{1, 2}}}, {"target", {1, 2}}}),
             QString("gaussian_nll.target: must have the shape of prediction [1], found [2]"));
  }

  void poissonEqualsTheFormula() {
    const json rates{-3, 0.5, 2, 0, 1.5}, counts{0, 1, 7, 30, 2.5};
    for (const bool full : {false, true}) {
      const auto found =
          evaluate("poisson_nll", {{"full", full}}, {{"prediction", rates}, {"target", counts}});
      for (size_t i = 0; i < 5; ++i) {
        const double x = number(rates, i), y = number(counts, i);
        double expected = std::exp(x) - y * x;
        if (full && y > 1) expected += y * std::log(y) - y + std::log(2 * std::acos(-1.0) * y) / 2;
        QVERIFY(near(entry(found.perSample, static_cast<std::int64_t>(i)), expected, 1e-14));
        QVERIFY(
            near(entry(found.gradient, static_cast<std::int64_t>(i)) * 5, std::exp(x) - y, 1e-14));
      }
    }
    QCOMPARE(message("poisson_nll", {}, {{"prediction", {1, 1}}, {"target", {2, -1}}}),
             QString("poisson_nll.target: counts must be at least 0, found -1"));
    QCOMPARE(
        message("poisson_nll", {}, {{"prediction", {1, 1}}, {"target", {2, -1}}, {"mask", {1, 0}}}),
        QString());
  }

  void concordanceEqualsTheFormula() {
    RandomStream random(25);
    const json x = randomNumbers(random, 9), y = randomNumbers(random, 9);
    const json mask{1, 1, 0, 1, 1, 0, 1, 1, 1};
    for (const bool unbiased : {false, true}) {
      double n = 0, meanX = 0, meanY = 0, xx = 0, yy = 0, xy = 0;
      for (size_t i = 0; i < 9; ++i) n += number(mask, i);
      for (size_t i = 0; i < 9; ++i) meanX += number(mask, i) * number(x, i) / n;
      for (size_t i = 0; i < 9; ++i) meanY += number(mask, i) * number(y, i) / n;
      for (size_t i = 0; i < 9; ++i) {
        const double dx = number(x, i) - meanX, dy = number(y, i) - meanY;
        const double share = number(mask, i) / (unbiased ? n - 1 : n);
        xx += share * dx * dx, yy += share * dy * dy, xy += share * dx * dy;
      }
      const double ccc = 2 * xy / (xx + yy + std::pow(meanX - meanY, 2) + 1e-8);
      const auto found = evaluate("ccc", {{"unbiased", unbiased}},
                                  {{"prediction", x}, {"target", y}, {"mask", mask}});
      QVERIFY(near(found.value, 1 - ccc, 1e-13));
      QVERIFY(!found.perSample.defined());
    }
    // One sample has no variance.
    for (const bool unbiased : {false, true}) {
      const auto one =
          evaluate("ccc", {{"unbiased", unbiased}}, {{"prediction", {3}}, {"target", {1}}});
      QCOMPARE(one.value, 1.0);
      QCOMPARE(entry(one.gradient, 0), 0.0);
    }
    QCOMPARE(message("ccc", {}, {{"prediction", {{1, 2}}}, {"target", {{1, 2}}}}),
             QString("ccc.prediction: expected [N], found [1, 2]"));
    QCOMPARE(message("ccc", {}, {{"prediction", {1, 2}}, {"target", {1, 2, 3}}}),
             QString("ccc.target: must have the shape of prediction [2], found [3]"));
  }

  void rLearnerEqualsItsWeightedForm() {
    RandomStream random(26);
    const json tau = randomNumbers(random, 6), y = randomNumbers(random, 6);
    const json a = randomNumbers(random, 6);
    const json mask{1, 0, 1, 1, 1, 1};
    const auto found =
        evaluate("r_learner", {},
                 {{"prediction", tau}, {"target", y}, {"treatment_residual", a}, {"mask", mask}});
    double sum = 0;
    for (size_t i = 0; i < 6; ++i) {
      const double weight = number(mask, i) * number(a, i) * number(a, i);
      const double sample = weight * std::pow(number(y, i) / number(a, i) - number(tau, i), 2);
      QVERIFY(near(entry(found.perSample, static_cast<std::int64_t>(i)), sample, 1e-13));
      sum += sample;
    }
    QVERIFY(near(found.value, sum / 5, 1e-13));
    QCOMPARE(message("r_learner", {}, {{"prediction", tau}, {"target", y}}),
             QString("r_learner.treatment_residual: is required and missing"));
    QCOMPARE(message("r_learner", {},
                     {{"prediction", tau}, {"target", y}, {"treatment_residual", {1, 2}}}),
             QString("r_learner.treatment_residual: must have the shape of prediction [6], "
                     "found [2]"));
  }

  void cases_data() {
    caseColumns();
    RandomStream random(22);
    const json column{{"prediction", randomNumbers(random, 5)},
                      {"target", randomNumbers(random, 5)}};
    const json table{{"prediction", randomRows(random, 3, 2)},
                     {"target", randomRows(random, 3, 2)}};
    json masked = table;
    masked["mask"] = {{1, 1}, {0, 1}, {0, 0}};
    json some = column;
    some["mask"] = {1, 0, 1, 1, 0};
    const json integers{{"prediction", {0.5, 2.25, -3}}, {"target", {1, -2, 3}}};
    for (const auto& loss : kResiduals) {
      addCase(loss.id, {}, column, {1, 1, 1, 1, 1}, 5);
      addCase(loss.id, {}, some, {1, 1, 1, 1, 1}, 3);
      addCase(loss.id, {}, table, {2, 2, 2}, 6);
      addCase(loss.id, {}, masked, {2, 1, 0}, 3);
      addCase(loss.id, {}, integers, {1, 1, 1}, 3);
      addCase(loss.id, {}, {{"prediction", {2.5}}, {"target", {-1.25}}}, {1}, 1);
    }
    addCase("mse", {{"half", true}}, masked, {2, 1, 0}, 3);
    addCase("huber", {{"delta", 0.4}}, column, {1, 1, 1, 1, 1}, 5);
    addCase("smooth_l1", {{"beta", 0}}, masked, {2, 1, 0}, 3);
    addCase("log_cosh", {{"scale", 0.1}}, column, {1, 1, 1, 1, 1}, 5);
    addCase("quantile", {{"tau", 0.2}}, masked, {2, 1, 0}, 3);
    addCase("student_t_nll", {{"nu", 0.7}, {"scale", 0.3}}, column, {1, 1, 1, 1, 1}, 5);
    addCase("translated_relu", {{"x0", 1}, {"zero_negative", true}}, masked, {2, 1, 0}, 3);
    addCase("smooth_k2", {{"x0", 1}, {"zero_negative", true}}, column, {1, 1, 1, 1, 1}, 5);
    addCase("wing", {{"width", 1.5}, {"curvature", 0.3}}, column, {1, 1, 1, 1, 1}, 5);
    json quantiles = masked;
    quantiles["prediction"] = {randomRows(random, 2, 3), randomRows(random, 2, 3),
                               randomRows(random, 2, 3)};
    addCase("quantile", {{"tau", {0.1, 0.5, 0.9}}}, quantiles, {2, 1, 0}, 3);
    json pairs = masked;
    pairs["prediction"] = {randomRows(random, 2, 2), randomRows(random, 2, 2),
                           randomRows(random, 2, 2)};
    addCase("gaussian_nll", {{"full", true}}, pairs, {2, 1, 0}, 3);
    json counts = table;
    counts["target"] = {{0, 3}, {1, 2}, {9, 1}};
    addCase("poisson_nll", {{"full", true}}, counts, {2, 2, 2}, 6);
  }

  void coupled_data() {
    caseColumns();
    RandomStream random(27);
    json column{{"prediction", randomNumbers(random, 6)}, {"target", randomNumbers(random, 6)}};
    addCase("ccc", {}, column, {}, 1);
    addCase("ccc", {{"unbiased", true}}, column, {}, 1);
    column["mask"] = {1, 1, 0, 1, 0, 1};
    addCase("ccc", {{"unbiased", true}}, column, {}, 1);
    column["treatment_residual"] = randomNumbers(random, 6);
    addCase("r_learner", {}, column, {}, 1);
  }

  void gradientsOfCoupledLosses_data() { coupled_data(); }
  void gradientsOfCoupledLosses() {
    const auto fault = gradientFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void coupledLossesInSinglePrecision_data() { coupled_data(); }
  void coupledLossesInSinglePrecision() {
    auto fault = singlePrecisionFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
    fault = extremeFault(fetchCase(), 1e4);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void coupledLossesWithNothingValid_data() { coupled_data(); }
  void coupledLossesWithNothingValid() {
    auto c = fetchCase();
    c.input["mask"] = {0, 0, 0, 0, 0, 0};
    c.input["target"][2] = std::nan("");
    const auto found = evaluate(c.id, c.params, c.input);
    QCOMPARE(found.value, 0.0);
    QCOMPARE(found.gradient.abs().max().item<double>(), 0.0);
  }

  void gradientIsThatOfTheValue_data() { cases_data(); }
  void gradientIsThatOfTheValue() {
    const auto fault = gradientFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void meanAndSumGoByPerSample_data() { cases_data(); }
  void meanAndSumGoByPerSample() {
    const auto fault = reductionFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void singlePrecisionAgrees_data() { cases_data(); }
  void singlePrecisionAgrees() {
    const auto fault = singlePrecisionFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void extremeNumbersStayFinite_data() { cases_data(); }
  void extremeNumbersStayFinite() {
    const auto id = fetchCase().id;
    // A log-rate is not clamped, and a variance may be as small as e^-10.
    const double sizes[] = {1e-30, id == "poisson_nll" ? 80 : 1e4,
                            id == "poisson_nll" || id == "gaussian_nll" ? 1 : 1e18};
    for (const double size : sizes) {
      const auto fault = extremeFault(fetchCase(), size);
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
  }

  void maskedPlacesMayHoldAnything_data() { addIds(); }
  void maskedPlacesMayHoldAnything() {
    QFETCH(QString, id);
    const json some{{"prediction", {1, 2, 3}}, {"target", {0.5, 5, 1}}, {"mask", {1, 0, 1}}};
    const auto expected = evaluate(id.toStdString(), {}, some);
    for (const double anything : {std::nan(""), HUGE_VAL, 1e300}) {
      json other = some;
      other["target"][1] = anything;
      const auto found = evaluate(id.toStdString(), {}, other);
      QCOMPARE(found.value, expected.value);
      QCOMPARE(distance(found.perSample, expected.perSample), 0.0);
      QCOMPARE(distance(found.gradient, expected.gradient), 0.0);
      QCOMPARE(entry(found.gradient, 1), 0.0);
    }
  }

  void nothingValidIsZero_data() { addIds(); }
  void nothingValidIsZero() {
    QFETCH(QString, id);
    const json input{{"prediction", {1, 2}}, {"target", {5, 7}}, {"mask", {0, 0}}};
    for (const char* reduction : {"mean", "sum"}) {
      const auto found = evaluate(id.toStdString(), {{"reduction", reduction}}, input);
      QCOMPARE(found.value, 0.0);
      QCOMPARE(found.perSample.abs().max().item<double>(), 0.0);
      QCOMPARE(found.gradient.abs().max().item<double>(), 0.0);
    }
  }

  void givenIsTheMeanOfTheValid() {
    const auto all = evaluate("given", {}, {{"prediction", {1, 2, 6}}});
    QCOMPARE(all.value, 3.0);
    QCOMPARE(entry(all.perSample, 2), 6.0);
    QVERIFY(std::abs(entry(all.gradient, 0) - 1.0 / 3) < 1e-15);
    const auto some = evaluate("given", {}, {{"prediction", {1, 2, 6}}, {"mask", {1, 0, 1}}});
    QCOMPARE(some.value, 3.5);
    QCOMPARE(entry(some.perSample, 1), 0.0);
    QCOMPARE(entry(some.gradient, 1), 0.0);
    QCOMPARE(entry(some.gradient, 2), 0.5);
    const auto none = evaluate("given", {}, {{"prediction", {1, 2}}, {"mask", {0, 0}}});
    QCOMPARE(none.value, 0.0);
    QCOMPARE(none.gradient.abs().max().item<double>(), 0.0);
    QCOMPARE(message("given", {}, {{"prediction", {{1, 2}}}}),
             QString("given.prediction: expected [N], found [1, 2]"));
    QCOMPARE(message("given", {}, {{"prediction", {1, HUGE_VAL}}}),
             QString("given.prediction: must be finite, found inf"));
    QCOMPARE(message("given", {}, {{"prediction", {1, 2}}, {"mask", {1}}}),
             QString("given.mask: must have the shape of prediction [2], found [1]"));
  }

  void refuses_data() { addIds(); }
  void refuses() {
    QFETCH(QString, id);
    const auto refused = [&](const json& params, const json& input, const char* expected) {
      QCOMPARE(message(id.toStdString(), params, input), id + expected);
    };
    const json y{1, 2};
    refused({}, {{"prediction", {1, std::nan("")}}, {"target", y}},
            ".prediction: must be finite, found nan");
    refused({}, {{"prediction", y}, {"target", {1, -HUGE_VAL}}},
            ".target: must be finite, found -inf");
    refused({}, {{"prediction", y}, {"target", {1, std::nan("")}}, {"mask", {0, 1}}},
            ".target: must be finite, found nan");
    refused({}, {{"prediction", y}, {"target", {1}}},
            ".target: must have the shape of prediction [2], found [1]");
    refused({}, {{"prediction", y}}, ".target: is required and missing");
    refused({}, {{"prediction", 3}, {"target", 3}},
            ".prediction: expected [N] or [N, D], found []");
    refused({}, {{"prediction", y}, {"target", y}, {"mask", {1, 3}}},
            ".mask: must be 0 or 1, found 3");
    refused({{"reduction", "none"}}, {{"prediction", y}, {"target", y}},
            ".reduction: expected one of mean, sum, found \"none\"");
    const char* known = "";
    for (const auto& loss : kResiduals)
      if (id == loss.id) known = loss.parameters;
    refused({{"deltas", 1}}, {{"prediction", y}, {"target", y}},
            qPrintable(QString(".deltas: unknown parameter; known: ") + known));
  }
  void refusesParametersOutOfRange() {
    const auto refused = [](const char* id, const json& params, const char* expected) {
      QCOMPARE(message(id, params, kSheet), QString(id) + expected);
    };
    refused("huber", {{"delta", 0}}, ".delta: 0 is not above 0");
    refused("smooth_l1", {{"beta", -1}}, ".beta: -1 is below 0");
    refused("log_cosh", {{"scale", 0}}, ".scale: 0 is not above 0");
    refused("quantile", {{"tau", 0}}, ".tau: 0 is not above 0");
    refused("quantile", {{"tau", 1}}, ".tau: 1 is not below 1");
    refused("gaussian_nll", {{"beta", 1.5}}, ".beta: 1.5 is above 1");
    refused("student_t_nll", {{"nu", 0}}, ".nu: 0 is not above 0");
    refused("student_t_nll", {{"scale", 0}}, ".scale: 0 is not above 0");
    refused("translated_relu", {{"x0", -0.5}}, ".x0: -0.5 is below 0");
    refused("smooth_k2", {{"k", 0}}, ".k: 0 is not above 0");
  }
};

EQUIPOISE_TEST(TestRegression)
#include "tst_regression.moc"

#include "tests/core/loss/class_cases.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

// The sheet's formulas, sample by sample, in long double.

long double entropy(const json& row, const json& target, double smoothing, const json& weights) {
  const auto logP = logSoftmax(row);
  const auto classes = static_cast<long double>(row.size());
  long double sum = 0;
  for (size_t k = 0; k < row.size(); ++k) {
    const long double hard =
        target.is_array() ? target[k].get<double>() : (target.get<size_t>() == k ? 1.0 : 0.0);
    const long double q = (1 - static_cast<long double>(smoothing)) * hard +
                          static_cast<long double>(smoothing) / classes;
    sum -= q * logP[k] * (weights.empty() ? 1.0L : weights[k].get<double>());
  }
  return sum;
}

long double squares(const json& row, size_t target, double k, double own, double others) {
  long double sum = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    const long double z = row[i].get<double>();
    sum += i == target ? static_cast<long double>(k) * (z - own) * (z - own)
                       : (z - others) * (z - others);
  }
  return sum;
}

}  // namespace

class TestClassification : public QObject {
  Q_OBJECT

  /// Compares `per_sample` with one long double a sample.
  template <typename Reference>
  void compareSamples(const char* id, const json& params, const json& input,
                      const Reference& reference) const {
    const auto found = evaluate(id, params, input);
    for (size_t i = 0; i < input["target"].size(); ++i) {
      const auto expected =
          static_cast<double>(reference(input["prediction"][i], input["target"][i]));
      const double value = entry(found.perSample, static_cast<std::int64_t>(i));
      QVERIFY2(std::abs(value - expected) <= 1e-12 * (1 + std::abs(expected)),
               qPrintable(QString("%1: %2 for %3").arg(id).arg(value).arg(expected)));
    }
  }

 private Q_SLOTS:
  void equalsWorkedNumbers_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<json>("input");
    QTest::addColumn<double>("expected");
    const auto add = [](const char* name, const char* id, const json& params,
                        const json& prediction, const json& target, double expected) {
      QTest::newRow(name) << QString(id) << params
                          << json{{"prediction", prediction}, {"target", target}} << expected;
    };
    const json soft{{0.7, 0.1, 0.2}};
    const json hard{{1, 0, 0}, {0, 0, 1}};
    const json weights{{"class_weights", {1, 1, 2}}};
    add("A01", "cross_entropy", {}, kRow, {0}, 0.241311);
    add("A01 smoothed", "cross_entropy", {{"label_smoothing", 0.1}}, kRow, {0}, 0.391311);
    add("A01 soft", "cross_entropy", {}, kRow, soft, 0.841311);
    add("A01 batch", "cross_entropy", {}, kTwoRows, {0, 2}, 0.890429);
    add("A01 weights", "cross_entropy", weights, kTwoRows, {0, 2}, 1.106801);
    add("A01 weights by N", "cross_entropy", weights, kTwoRows, hard, 1.660202);
    add("A01 binary", "binary_cross_entropy", {}, {0.5}, {1}, 0.474077);
    add("A02", "squentropy", {}, kRow, {0}, 0.866311);
    add("A03", "rescaled_square", {}, kRow, {0}, 0.75);
    add("A03 k, M", "rescaled_square", {{"k", 15}, {"height", 30}}, kRow, {0}, 3920.416667);
    add("A04", "focal", {}, kRow, {0}, 0.011093);
    add("A04 binary 1", "binary_focal", {}, {0.5}, {1}, 0.016893);
    add("A04 binary 0", "binary_focal", {}, {0.5}, {0}, 0.283059);
  }
  void equalsWorkedNumbers() {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(json, input);
    QFETCH(double, expected);
    const double value = evaluate(id.toStdString(), params, input).value;
    QVERIFY2(std::abs(value - expected) <= 6e-7, qPrintable(QString::number(value, 'g', 12)));
  }

  void slopesAreTheSheets() {
    const auto slope = [](const char* id, const json& params, const json& row, std::int64_t k) {
      return entry(evaluate(id, params, {{"prediction", {row}}, {"target", {0}}}).gradient, k);
    };
    QVERIFY(std::abs(slope("cross_entropy", {}, kRow[0], 0) - (0.785597 - 1)) < 1e-6);
    QVERIFY(std::abs(slope("cross_entropy", {}, kRow[0], 1) - 0.039113) < 1e-6);
    QVERIFY(std::abs(slope("cross_entropy", {}, kRow[0], 2) - 0.175290) < 1e-6);
    QVERIFY(std::abs(slope("cross_entropy", {}, {0, 0}, 0) + 0.5) < 1e-12);
    QVERIFY(std::abs(slope("focal", {}, {0, 0}, 0) + 0.298287) < 1e-6);
    // Where the focal loss is as steep as the cross-entropy, γ = 2.
    const json row{std::log(0.297637 / (1 - 0.297637)), 0};
    QVERIFY(std::abs(slope("focal", {}, row, 0) - slope("cross_entropy", {}, row, 0)) < 2e-6);
    // The smoothed minimum: m* = log((C-1) q_y / (1 - q_y)).
    const json smoothed{{"label_smoothing", 0.3}};
    QVERIFY(std::abs(slope("cross_entropy", smoothed, {std::log(2 * 0.8 / 0.2), 0, 0}, 0)) < 1e-12);
    // The interior minimum of squentropy over logits that sum to 0, C = 3.
    const double m = 1.443424 / 3;
    const json centred{2 * m, -m, -m};
    const double along =
        slope("squentropy", {}, centred, 0) * 2 / 3 - slope("squentropy", {}, centred, 1) * 2 / 3;
    QVERIFY(std::abs(along) < 1e-6);
    for (int k = 0; k < 3; ++k)
      QCOMPARE(slope("rescaled_square", {{"k", 7}, {"height", 3}}, {3, 0, 0}, k), 0.0);
  }

  void equalsTheFormulas() {
    RandomStream random(11);
    for (const int classes : {2, 3, 10}) {
      const json rows = randomRows(random, 7, classes, 3);
      const json hard{{"prediction", rows}, {"target", randomIndices(random, 7, classes)}};
      const json soft{{"prediction", rows}, {"target", randomDistributions(random, 7, classes)}};
      json weights = json::array();
      for (int k = 0; k < classes; ++k) weights.push_back(random.uniform() * 3);
      for (const double smoothing : {0.0, 0.25})
        for (const json& w : {json::array(), weights})
          for (const json& input : {hard, soft})
            compareSamples("cross_entropy", {{"label_smoothing", smoothing}, {"class_weights", w}},
                           input, [&](const json& row, const json& target) {
                             return entropy(row, target, smoothing, w);
                           });
      compareSamples("squentropy", {{"square_weight", 0.4}, {"wrong_target", -1.5}}, hard,
                     [&](const json& row, const json& target) {
                       return entropy(row, target, 0, json::array()) +
                              0.4L * squares(row, target, 0, 0, -1.5) / (classes - 1);
                     });
      compareSamples("rescaled_square", {{"k", 2.5}, {"height", 4}}, hard,
                     [&](const json& row, const json& target) {
                       return squares(row, target, 2.5, 4, 0) / classes;
                     });
      for (const double gamma : {0.0, 0.5, 2.0, 10.0})
        for (const json& alpha : {json(0.3), weights})
          compareSamples("focal", {{"gamma", gamma}, {"alpha", alpha}}, hard,
                         [&](const json& row, const json& target) {
                           const auto y = target.get<size_t>();
                           const long double logP = logSoftmax(row)[y];
                           const double a = alpha.is_array() ? alpha[y].get<double>() : 0.3;
                           return -static_cast<long double>(a) * logP *
                                  std::pow(1 - std::exp(logP), static_cast<long double>(gamma));
                         });
    }
  }

  void binaryEqualsTheFormulas() {
    RandomStream random(12);
    const json x = randomNumbers(random, 40, 4);
    json hard = randomIndices(random, 40, 2), soft = json::array();
    for (int i = 0; i < 40; ++i) soft.push_back(random.uniform());
    for (const json& target : {hard, soft}) {
      const json input{{"prediction", x}, {"target", target}};
      for (const double rho : {1.0, 0.2, 7.0})
        compareSamples(
            "binary_cross_entropy", {{"pos_weight", rho}}, input,
            [&](const json& logit, const json& t) {
              const long double p = sigmoid(logit.get<double>());
              const long double y = t.get<double>();
              return -(static_cast<long double>(rho) * y * std::log(p) + (1 - y) * std::log(1 - p));
            });
      for (const double gamma : {0.0, 0.5, 2.0, 10.0})
        for (const double alpha : {-1.0, 0.0, 0.25, 1.0})
          compareSamples("binary_focal", {{"gamma", gamma}, {"alpha", alpha}}, input,
                         [&](const json& logit, const json& t) {
                           const long double p = sigmoid(logit.get<double>()), y = t.get<double>();
                           const long double wrong = 1 - (y * p + (1 - y) * (1 - p));
                           const long double a = alpha < 0 ? 1 : y * alpha + (1 - y) * (1 - alpha);
                           return -a * std::pow(wrong, static_cast<long double>(gamma)) *
                                  (y * std::log(p) + (1 - y) * std::log(1 - p));
                         });
    }
  }

  void positiveWeightsGoByColumn() {
    const json x{{0.5, -1}, {2, 0.3}}, y{{1, 1}, {0, 1}};
    const auto both = evaluate("binary_cross_entropy", {{"pos_weight", {2, 5}}},
                               {{"prediction", x}, {"target", y}});
    double sum = 0;
    for (size_t i = 0; i < 2; ++i)
      for (size_t k = 0; k < 2; ++k)
        sum += evaluate("binary_cross_entropy", {{"pos_weight", k == 0 ? 2 : 5}},
                        {{"prediction", {x[i][k]}}, {"target", {y[i][k]}}})
                   .value;
    QVERIFY(std::abs(both.value - sum / 4) < 1e-14);
  }

  void cases_data() {
    caseColumns();
    RandomStream random(13);
    const json logits = randomRows(random, 5, 4);
    const json classes{{"prediction", logits}, {"target", {3, 0, -100, 1, 3}}};
    const json rows{{"prediction", logits},
                    {"target", randomDistributions(random, 5, 4)},
                    {"mask", {1, 1, 0, 1, 1}}};
    const json one{{"prediction", kRow}, {"target", {1}}};
    const json ones{1, 1, 1, 1, 1};
    const json weights{0.5, 2, 0, 3};
    addCase("cross_entropy", {}, classes, ones, 4);
    addCase("cross_entropy", {{"label_smoothing", 0.2}}, classes, ones, 4);
    addCase("cross_entropy", {{"class_weights", weights}}, classes, ones, 3 + 0.5 + 2 + 3);
    addCase("cross_entropy", {{"class_weights", weights}, {"label_smoothing", 0.2}}, classes, ones,
            8.5);
    addCase("cross_entropy", {}, rows, ones, 4);
    addCase("cross_entropy", {{"class_weights", weights}}, rows, ones, 4);
    addCase("cross_entropy", {{"ignore_index", 3}},
            {{"prediction", logits}, {"target", {3, 0, 2, 1, 3}}}, ones, 3);
    for (const char* id : {"cross_entropy", "squentropy", "rescaled_square", "focal"})
      addCase(id, {}, one, {1}, 1);
    addCase("squentropy", {{"square_weight", 0.3}, {"wrong_target", -2}}, classes, ones, 4);
    addCase("rescaled_square", {{"k", 5}, {"height", 10}}, classes, ones, 4);
    addCase("focal", {{"alpha", {0.5, 2, 1, 3}}, {"gamma", 3}}, classes, ones, 4);
    addCase("focal", {{"gamma", 0}, {"alpha", 0.25}}, classes, ones, 4);
    addCase("focal", {{"gamma", 0.5}}, classes, ones, 4);
    const json table = randomRows(random, 3, 2);
    const json targets{{1, 0}, {0.3, 1}, {0, 0}};
    const json mask{{1, 1}, {0, 1}, {0, 0}};
    for (const char* id : {"binary_cross_entropy", "binary_focal"}) {
      addCase(id, {}, {{"prediction", table}, {"target", targets}}, {2, 2, 2}, 6);
      addCase(id, {}, {{"prediction", table}, {"target", targets}, {"mask", mask}}, {2, 1, 0}, 3);
      addCase(id, {}, {{"prediction", {0.7}}, {"target", {1}}}, {1}, 1);
    }
    addCase("binary_cross_entropy", {{"pos_weight", {3, 0.5}}},
            {{"prediction", table}, {"target", targets}, {"mask", mask}}, {2, 1, 0}, 3);
    addCase("binary_focal", {{"gamma", 0.5}, {"alpha", -1}},
            {{"prediction", table}, {"target", targets}}, {2, 2, 2}, 6);
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

  void extremeLogitsStayFinite_data() { cases_data(); }
  void extremeLogitsStayFinite() {
    for (const double size : {1e2, 1e4, 1e-30}) {
      const auto fault = extremeFault(fetchCase(), size);
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
  }

  void tailsAreExact() {
    const auto binary = [](const char* id, const json& params, double x, double y) {
      return evaluate(id, params, {{"prediction", {x}}, {"target", {y}}});
    };
    // log(1 + e^-x) = e^-x (1 - e^-x / 2 + ...), far below the spacing of numbers around 1.
    QVERIFY(std::abs(binary("binary_cross_entropy", {}, 40, 1).value / std::exp(-40.0) - 1) <
            1e-12);
    QCOMPARE(binary("binary_cross_entropy", {}, -1e4, 1).value, 1e4);
    QCOMPARE(entry(binary("binary_cross_entropy", {}, -1e4, 1).gradient, 0), -1.0);
    const double focal = binary("binary_focal", {{"alpha", -1}}, 40, 1).value;
    QVERIFY(std::abs(focal / std::exp(-120.0) - 1) < 1e-12);
    const auto classes = [](const json& params, const json& row) {
      return evaluate("focal", params, {{"prediction", {row}}, {"target", {0}}});
    };
    QVERIFY(std::abs(classes({}, {30, 0}).value / std::exp(-90.0) - 1) < 1e-12);
    QCOMPARE(classes({}, {-1e4, 0}).value, 1e4);
    QVERIFY(std::abs(entry(classes({}, {-1e4, 0}).gradient, 0) + 1) < 1e-12);
  }

  void nothingValidIsZero_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("input");
    const json ignored{{"prediction", kTwoRows}, {"target", {-100, -100}}};
    for (const char* id : {"cross_entropy", "squentropy", "rescaled_square", "focal"})
      QTest::newRow(id) << QString(id) << ignored;
    const json soft{{0.7, 0.1, 0.2}, {1, 0, 0}};
    QTest::newRow("probabilities")
        << QString("cross_entropy")
        << json{{"prediction", kTwoRows}, {"target", soft}, {"mask", {0, 0}}};
    for (const char* id : {"binary_cross_entropy", "binary_focal"})
      QTest::newRow(id) << QString(id)
                        << json{{"prediction", {1, 2}}, {"target", {1, 0}}, {"mask", {0, 0}}};
  }
  void nothingValidIsZero() {
    QFETCH(QString, id);
    QFETCH(json, input);
    for (const char* reduction : {"mean", "sum"}) {
      const auto found = evaluate(id.toStdString(), {{"reduction", reduction}}, input);
      QCOMPARE(found.value, 0.0);
      QCOMPARE(found.perSample.abs().max().item<double>(), 0.0);
      QCOMPARE(found.gradient.abs().max().item<double>(), 0.0);
    }
  }
  void weightsOfZeroAreZero() {
    const auto found = evaluate("cross_entropy", {{"class_weights", {0, 0, 0}}},
                                {{"prediction", kTwoRows}, {"target", {0, 2}}});
    QCOMPARE(found.value, 0.0);
    QCOMPARE(found.gradient.abs().max().item<double>(), 0.0);
  }

  void ignoredSamplesLeaveTheRestAlone() {
    for (const char* id : {"cross_entropy", "squentropy", "rescaled_square", "focal"}) {
      const auto alone = evaluate(id, {}, {{"prediction", kRow}, {"target", {0}}});
      const auto both = evaluate(id, {}, {{"prediction", kTwoRows}, {"target", {0, -100}}});
      QCOMPARE(both.value, alone.value);
      QCOMPARE(entry(both.perSample, 1), 0.0);
      QCOMPARE(distance(both.gradient[0], alone.gradient[0]), 0.0);
      QCOMPARE(both.gradient[1].abs().max().item<double>(), 0.0);
    }
  }

  // Rows of probabilities had to sum to 1 where the mask says that they do not count, too.
  void maskedRowsMayHoldAnything_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    for (const char* id : {"cross_entropy", "poly1", "squared_emd", "wasserstein", "sinkhorn"})
      QTest::newRow(id) << QString(id) << json::object();
    QTest::newRow("logit_adjusted") << QString("logit_adjusted") << json{{"counts", {1, 2, 3}}};
    QTest::newRow("coupled by quantiles")
        << QString("wasserstein") << json{{"p", 2}, {"root", true}, {"ce_weight", 1}};
  }
  void maskedRowsMayHoldAnything() {
    QFETCH(QString, id);
    QFETCH(json, params);
    const json row{0.2, 0.5, 0.3};
    const auto alone =
        evaluate(id.toStdString(), params, {{"prediction", kRow}, {"target", {row}}});
    for (const json& masked : {json{0, 0, 0}, json{7, -3, 1}}) {
      const auto both =
          evaluate(id.toStdString(), params,
                   {{"prediction", kTwoRows}, {"target", {row, masked}}, {"mask", {1, 0}}});
      // Sinkhorn's iterations end for all samples together.
      QVERIFY(std::abs(both.value - alone.value) < 1e-10);
      QCOMPARE(entry(both.perSample, 1), 0.0);
      QVERIFY(distance(both.gradient[0], alone.gradient[0]) < 1e-10);
      QCOMPARE(both.gradient[1].abs().max().item<double>(), 0.0);
    }
  }

  void shiftsDoNotMatterButToSquares() {
    const json shifted{{1002, 999, 1000.5}};
    for (const char* id : {"cross_entropy", "focal", "squentropy"}) {
      const double a = evaluate(id, {}, {{"prediction", kRow}, {"target", {0}}}).value;
      const double b = evaluate(id, {}, {{"prediction", shifted}, {"target", {0}}}).value;
      QCOMPARE(std::abs(a - b) < 1e-12, std::string(id) != "squentropy");
    }
  }

  void refuses_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<json>("input");
    QTest::addColumn<QString>("expected");
    const auto add = [](const char* id, const json& params, const json& prediction,
                        const json& target, const char* expected) {
      QTest::newRow(expected) << QString(id) << params
                              << json{{"prediction", prediction}, {"target", target}}
                              << QString(expected);
    };
    for (const char* id : {"cross_entropy", "squentropy", "rescaled_square", "focal"}) {
      const auto text = [id](const char* rest) { return std::string(id) + rest; };
      add(id, {}, kRow, {3},
          text(".target: classes go from 0 to 2 (-100 = ignored), found 3").c_str());
      add(id, {}, kRow, {-1},
          text(".target: classes go from 0 to 2 (-100 = ignored), found -1").c_str());
      add(id, {}, kRow, {0.5}, text(".target: must be integers, found 0.5").c_str());
      // Found "numbers with a fraction", whatever was found.
      add(id, {}, kRow, {1.0}, text(".target: must be integers, found 1.0").c_str());
      add(id, {}, kRow, {0, 1},
          text(".target: must have the shape of the samples [1], found [2]").c_str());
      add(id, {}, kRow, {}, text(".target: is required and missing").c_str());
      add(id, {}, {1, 2, 3}, {0, 1, 2},
          text(".prediction: expected logits [N, C] with C of at least 2, found [3]").c_str());
      add(id, {}, {{1}, {2}}, {0, 0},
          text(".prediction: expected logits [N, C] with C of at least 2, found [2, 1]").c_str());
    }
    for (const char* id : {"squentropy", "rescaled_square", "focal"})
      add(id, {}, kRow, {{0.5, 0.5, 0}},
          (id + std::string(".target: must have the shape of the samples [1], found [1, 3]"))
              .c_str());
    add("cross_entropy", {}, kRow, {{0.5, 0.5}},
        "cross_entropy.target: must have the shape of prediction [1, 3], found [1, 2]");
    add("cross_entropy", {}, kRow, {{0.5, 0.25, 0.5}},
        "cross_entropy.target: each row of probabilities must sum to 1, found 1.25");
    add("cross_entropy", {}, kRow, {{1.5, -0.5, 0}},
        "cross_entropy.target: probabilities must be at least 0, found -0.5");
    add("cross_entropy", {{"class_weights", {1, 2}}}, kRow, {0},
        "cross_entropy.class_weights: needs one entry a class, 3, found 2");
    add("focal", {{"alpha", {1, 2}}}, kRow, {0},
        "focal.alpha: needs one entry a class, 3, found 2");
    add("focal", {{"gamma", 11}}, kRow, {0}, "focal.gamma: 11 is above 10");
    add("binary_cross_entropy", {}, {1, 2}, {0, 1.5},
        "binary_cross_entropy.target: must be in 0 to 1, found 1.5");
    add("binary_cross_entropy", {}, {1, 2}, {{0, 1}},
        "binary_cross_entropy.target: must have the shape of prediction [2], found [1, 2]");
    add("binary_cross_entropy", {}, {{{1}}}, {{{1}}},
        "binary_cross_entropy.prediction: expected [N] or [N, D], found [1, 1, 1]");
    add("binary_cross_entropy", {{"pos_weight", {1, 2}}}, {1, 2}, {0, 1},
        "binary_cross_entropy.pos_weight: needs one entry a column, 1, found 2");
    add("binary_cross_entropy", {{"pos_weight", 0}}, {1, 2}, {0, 1},
        "binary_cross_entropy.pos_weight: 0 is not above 0");
    add("binary_focal", {{"alpha", -0.5}}, {1, 2}, {0, 1},
        "binary_focal.alpha: must be in 0 to 1, or -1 = off, found -0.5");
    add("binary_focal", {}, {1, 2}, {0, -1}, "binary_focal.target: must be in 0 to 1, found -1");
  }
  void refuses() {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(json, input);
    QFETCH(QString, expected);
    if (input["target"].is_null()) input.erase("target");
    QCOMPARE(message(id.toStdString(), params, input), expected);
  }

  void refusesWhatIsNoNumber_data() {
    QTest::addColumn<QString>("id");
    for (const char* id : {"cross_entropy", "squentropy", "rescaled_square", "focal",
                           "binary_cross_entropy", "binary_focal"})
      QTest::newRow(id) << QString(id);
  }
  void refusesWhatIsNoNumber() {
    QFETCH(QString, id);
    for (const double wrong : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
      const json row{1.0, wrong};
      const bool binary = id.startsWith("binary");
      const json input{{"prediction", binary ? row : json{row}},
                       {"target", binary ? json{1, 0} : json{0}}};
      QCOMPARE(message(id.toStdString(), {}, input),
               id + ".prediction: must be finite, found " + QString::number(wrong));
    }
  }
  void masksHoldZerosAndOnes() {
    const json two{{"prediction", {1, 2}}, {"target", {0, 1}}};
    json input = two;
    input["mask"] = {1, 0.5};
    QCOMPARE(message("binary_focal", {}, input),
             QString("binary_focal.mask: must be 0 or 1, found 0.5"));
    input["mask"] = {1};
    QCOMPARE(message("binary_focal", {}, input),
             QString("binary_focal.mask: must have the shape of prediction [2], found [1]"));
    const json soft{{0.7, 0.1, 0.2}};
    QCOMPARE(message("cross_entropy", {}, {{"prediction", kRow}, {"target", soft}, {"mask", {2}}}),
             QString("cross_entropy.mask: must be 0 or 1, found 2"));
  }
};

EQUIPOISE_TEST(TestClassification)
#include "tst_classification.moc"

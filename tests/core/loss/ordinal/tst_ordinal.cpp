#include "tests/core/loss/loss_support.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

const json kBins{0, 1, 2, 4};
/// Logits of p = [.1, .2, .3, .4].
const json kRow{{std::log(0.1), std::log(0.2), std::log(0.3), std::log(0.4)}};
const json kSpread{{0, 0.5, 0.5, 0}};

std::vector<double> softmax(const json& row) {
  std::vector<double> p;
  double sum = 0;
  for (const auto& z : row) sum += p.emplace_back(std::exp(z.get<double>()));
  for (auto& share : p) share /= sum;
  return p;
}

/// Cost of the best transport: walks along both distributions and moves the least of what is left.
double transport(std::vector<double> from, std::vector<double> to, const std::vector<double>& bins,
                 int p) {
  double cost = 0;
  for (size_t i = 0, k = 0; i < bins.size() && k < bins.size();) {
    const double moved = std::min(from[i], to[k]);
    cost += moved * std::pow(std::abs(bins[i] - bins[k]), p);
    from[i] -= moved;
    to[k] -= moved;
    (from[i] <= to[k] ? i : k) += 1;
  }
  return cost;
}

double crossEntropy(const std::vector<double>& p, const std::vector<double>& q) {
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) sum -= q[i] * std::log(p[i]);
  return sum;
}

}  // namespace

class TestOrdinal : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsWorkedNumbers_data() {
    QTest::addColumn<json>("params");
    QTest::addColumn<json>("target");
    QTest::addColumn<double>("expected");
    const auto add = [](const char* name, json params, const json& target, double expected) {
      params["bins"] = kBins;
      QTest::newRow(name) << params << target << expected;
    };
    add("W1", {{"p", 1}}, {1}, 1.6);
    add("W2 squared", {{"p", 2}}, {1}, 4.0);
    add("W2", {{"p", 2}, {"root", true}}, {1}, 2.0);
    add("W1 of distributions", {{"p", 1}}, kSpread, 1.1);
    add("W2 squared of distributions", {{"p", 2}}, kSpread, 1.9);
    add("W2 of distributions", {{"p", 2}, {"root", true}}, kSpread, 1.378405);
    add("W1 has no root", {{"p", 1}, {"root", true}}, {1}, 1.6);
    add("W1 on 0 to 1", {{"p", 1}, {"normalize", true}}, {1}, 0.4);
    add("W2 squared on 0 to 1", {{"p", 2}, {"normalize", true}}, {1}, 0.25);
    add("mixed", {{"p", 1}, {"lambda", 0.3}, {"ce_weight", 2}}, {1}, 0.3 * 1.6 - 2 * std::log(0.2));
    add("mixed with a distribution", {{"p", 1}, {"lambda", 0.5}, {"ce_weight", 1}}, kSpread,
        0.5 * 1.1 - (std::log(0.2) + std::log(0.3)) / 2);
  }
  void equalsWorkedNumbers() {
    QFETCH(json, params);
    QFETCH(json, target);
    QFETCH(double, expected);
    const auto found =
        evaluate("wasserstein", params, {{"prediction", kRow}, {"target", target}}).value;
    QVERIFY2(std::abs(found - expected) < 5e-7, qPrintable(QString::number(found, 'g', 12)));
  }

  void slopesAreTheSheets() {
    const auto gradient =
        evaluate("wasserstein", {{"bins", kBins}}, {{"prediction", kRow}, {"target", {1}}})
            .gradient;
    const double expected[] = {-0.06, -0.32, -0.18, 0.56};
    for (int i = 0; i < 4; ++i) QVERIFY(std::abs(entry(gradient, i) - expected[i]) < 1e-12);
  }

  void equalsTheTransport_data() {
    QTest::addColumn<int>("p");
    QTest::addColumn<bool>("root");
    QTest::addColumn<bool>("normalize");
    for (const int p : {1, 2})
      for (const bool root : {false, true})
        for (const bool normalize : {false, true})
          QTest::addRow("p %d root %d normalize %d", p, root, normalize) << p << root << normalize;
  }
  void equalsTheTransport() {
    QFETCH(int, p);
    QFETCH(bool, root);
    QFETCH(bool, normalize);
    RandomStream random(31);
    for (const int classes : {2, 3, 7, 20}) {
      std::vector<double> bins{-1.5};
      while (static_cast<int>(bins.size()) < classes)
        bins.push_back(bins.back() + 0.1 + 2 * random.uniform());
      std::vector<double> axis = bins;
      if (normalize)
        for (auto& b : axis) b = (b - bins.front()) / (bins.back() - bins.front());
      const json params{{"p", p},       {"root", root},  {"normalize", normalize},
                        {"bins", bins}, {"lambda", 0.7}, {"ce_weight", 0.2}};
      const json rows = randomRows(random, 6, classes);
      const json shares = randomDistributions(random, 6, classes);
      const json ranks = randomIndices(random, 6, classes);
      const auto soft =
          evaluate("wasserstein", params, {{"prediction", rows}, {"target", shares}}).perSample;
      const auto hard =
          evaluate("wasserstein", params, {{"prediction", rows}, {"target", ranks}}).perSample;
      const auto expected = [&](const json& row, const std::vector<double>& target) {
        const double cost = transport(softmax(row), target, axis, p);
        return 0.7 * (root && p == 2 ? std::sqrt(cost) : cost) +
               0.2 * crossEntropy(softmax(row), target);
      };
      for (size_t i = 0; i < 6; ++i) {
        std::vector<double> oneHot(static_cast<size_t>(classes), 0.0);
        oneHot[ranks[i].get<size_t>()] = 1;
        const auto n = static_cast<std::int64_t>(i);
        QVERIFY(std::abs(entry(soft, n) - expected(rows[i], shares[i])) < 1e-11);
        QVERIFY(std::abs(entry(hard, n) - expected(rows[i], oneHot)) < 1e-11);
      }
    }
  }

  void ranksAreDistributionsOfOne() {
    RandomStream random(32);
    const json rows = randomRows(random, 4, 4);
    const json ranks{0, 3, 2, 1};
    const json oneHot{{1, 0, 0, 0}, {0, 0, 0, 1}, {0, 0, 1, 0}, {0, 1, 0, 0}};
    for (const int p : {1, 2}) {
      const json params{{"p", p}, {"bins", kBins}, {"ce_weight", 0.5}};
      const auto a = evaluate("wasserstein", params, {{"prediction", rows}, {"target", ranks}});
      const auto b = evaluate("wasserstein", params, {{"prediction", rows}, {"target", oneHot}});
      QVERIFY(distance(a.perSample, b.perSample) < 1e-13);
      QVERIFY(distance(a.gradient, b.gradient) < 1e-13);
    }
  }

  void numbersGoToTheirNeighbours_data() {
    QTest::addColumn<double>("number");
    QTest::addColumn<json>("shares");
    QTest::newRow("on a bin") << 1.0 << json{0, 1, 0, 0};
    QTest::newRow("between") << 2.5 << json{0, 0, 0.75, 0.25};
    QTest::newRow("first") << 0.0 << json{1, 0, 0, 0};
    QTest::newRow("last") << 4.0 << json{0, 0, 0, 1};
    QTest::newRow("below") << -7.0 << json{1, 0, 0, 0};
    QTest::newRow("above") << 1e9 << json{0, 0, 0, 1};
  }
  void numbersGoToTheirNeighbours() {
    QFETCH(double, number);
    QFETCH(json, shares);
    for (const int p : {1, 2})
      for (const bool normalize : {false, true}) {
        json params{{"p", p}, {"bins", kBins}, {"normalize", normalize}, {"ce_weight", 1}};
        const auto by =
            evaluate("wasserstein", params, {{"prediction", kRow}, {"target", json{shares}}});
        params["target_kind"] = "value";
        const auto of =
            evaluate("wasserstein", params, {{"prediction", kRow}, {"target", {number}}});
        QVERIFY(std::abs(of.value - by.value) < 1e-13);
        QVERIFY(distance(of.gradient, by.gradient) < 1e-13);
      }
  }

  void positionsDefaultToTheRanks() {
    const json input{{"prediction", kRow}, {"target", {3}}};
    QCOMPARE(evaluate("wasserstein", {{"p", 2}}, input).value,
             evaluate("wasserstein", {{"p", 2}, {"bins", {0, 1, 2, 3}}}, input).value);
    QVERIFY(std::abs(evaluate("wasserstein", {}, input).value - 1.0) < 1e-12);
  }

  void equalDistributionsCostNothing() {
    const json same{{0.1, 0.2, 0.3, 0.4}};
    for (const int p : {1, 2})
      for (const bool root : {false, true}) {
        const auto found = evaluate("wasserstein", {{"p", p}, {"root", root}, {"bins", kBins}},
                                    {{"prediction", kRow}, {"target", same}});
        QVERIFY(found.value < 1e-7);
        QVERIFY(found.gradient.isfinite().all().item<bool>());
      }
  }

  void cases_data() {
    caseColumns();
    RandomStream random(33);
    const json rows = randomRows(random, 4, 4);
    const json ranks{{"prediction", rows}, {"target", {3, -100, 1, 0}}};
    const json shares{{"prediction", rows},
                      {"target", randomDistributions(random, 4, 4)},
                      {"mask", {1, 0, 1, 1}}};
    const json numbers{
        {"prediction", rows}, {"target", {0.3, 2.2, -4, 3.5}}, {"mask", {1, 1, 1, 0}}};
    const json ones{1, 1, 1, 1};
    for (const int p : {1, 2})
      for (const bool root : {false, true}) {
        const json params{{"p", p}, {"root", root}, {"bins", kBins}, {"ce_weight", 0.3}};
        addCase("wasserstein", params, ranks, ones, 3);
        addCase("wasserstein", params, shares, ones, 3);
        json value = params;
        value["target_kind"] = "value";
        addCase("wasserstein", value, numbers, ones, 3);
      }
    addCase("wasserstein", {{"normalize", true}, {"lambda", 3}, {"ignore_index", 1}},
            {{"prediction", rows}, {"target", {3, 1, 1, 0}}}, ones, 2);
    addCase("wasserstein", {}, {{"prediction", {{0.4, -2}}}, {"target", {1}}}, {1}, 1);
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

  void nothingValidIsZero_data() {
    QTest::addColumn<json>("params");
    QTest::addColumn<json>("input");
    QTest::newRow("ranks") << json::object() << json{{"prediction", kRow}, {"target", {-100}}};
    QTest::newRow("distribution") << json::object()
                                  << json{{"prediction", kRow}, {"target", kSpread}, {"mask", {0}}};
    QTest::newRow("number") << json{{"target_kind", "value"}}
                            << json{{"prediction", kRow}, {"target", {2.0}}, {"mask", {0}}};
  }
  void nothingValidIsZero() {
    QFETCH(json, params);
    QFETCH(json, input);
    for (const bool root : {false, true}) {
      params["root"] = root;
      params["p"] = root ? 2 : 1;
      const auto found = evaluate("wasserstein", params, input);
      QCOMPARE(found.value, 0.0);
      QCOMPARE(entry(found.perSample, 0), 0.0);
      QCOMPARE(found.gradient.abs().max().item<double>(), 0.0);
    }
  }

  void refuses_data() {
    QTest::addColumn<json>("params");
    QTest::addColumn<json>("target");
    QTest::addColumn<QString>("expected");
    const auto add = [](const json& params, const json& target, const char* expected) {
      QTest::newRow(expected) << params << target << QString(expected);
    };
    add({{"p", 3}}, {1}, "wasserstein.p: 3 is above 2");
    add({{"p", 1.5}}, {1}, "wasserstein.p: expected an integer, found 1.5");
    add({{"bins", {0, 1, 1, 4}}}, {1},
        "wasserstein.bins[2]: positions must increase, found 1 after 1");
    add({{"bins", {0, 1, 2}}}, {1}, "wasserstein.bins: needs one entry a class, 4, found 3");
    add({{"lambda", -1}}, {1}, "wasserstein.lambda: -1 is below 0");
    add({}, {4}, "wasserstein.target: classes go from 0 to 3 (-100 = ignored), found 4");
    add({}, {1.5}, "wasserstein.target: must be integers, found 1.5");
    add({}, {1, 2}, "wasserstein.target: must have the shape of the samples [1], found [2]");
    add({}, {{0.5, 0.5}},
        "wasserstein.target: must have the shape of prediction [1, 4], found [1, 2]");
    add({}, {{0.5, 0.25, 0.5, 0.5}},
        "wasserstein.target: each row of probabilities must sum to 1, found 1.75");
    add({{"target_kind", "value"}}, {std::nan("")},
        "wasserstein.target: must be finite, found nan");
    add({{"target_kind", "value"}}, kSpread,
        "wasserstein.target: must have the shape of the samples [1], found [1, 4]");
    add({}, {}, "wasserstein.target: is required and missing");
  }
  void refuses() {
    QFETCH(json, params);
    QFETCH(json, target);
    QFETCH(QString, expected);
    QCOMPARE(message("wasserstein", params, {{"prediction", kRow}, {"target", target}}), expected);
  }
  void refusesPredictions() {
    QCOMPARE(message("wasserstein", {}, {{"prediction", {{1, HUGE_VAL}}}, {"target", {0}}}),
             QString("wasserstein.prediction: must be finite, found inf"));
    QCOMPARE(message("wasserstein", {}, {{"prediction", {{1}}}, {"target", {0}}}),
             QString("wasserstein.prediction: expected logits [N, K] with K of at least 2, "
                     "found [1, 1]"));
    QCOMPARE(
        message("wasserstein", {}, {{"prediction", kRow}, {"target", kSpread}, {"mask", {-1}}}),
        QString("wasserstein.mask: must be 0 or 1, found -1"));
  }
};

EQUIPOISE_TEST(TestOrdinal)
#include "tst_ordinal.moc"

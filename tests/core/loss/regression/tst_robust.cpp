#include "tests/core/loss/class_cases.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

const char* const kIds[] = {"poly1", "gce", "symmetric_cross_entropy", "direct_coverage"};

json one(const json& row, const json& target = {0}) {
  return {{"prediction", {row}}, {"target", target}};
}

long double coverage(long double logP, long double n) {
  return -std::log(1 - std::pow(1 - std::exp(logP), n));
}

}  // namespace

class TestRobust : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsWorkedNumbers_data() {
    workedColumns();
    const auto add = [](const char* name, const char* id, const json& params, double expected) {
      QTest::newRow(name) << QString(id) << params << one(kRow[0]) << expected;
    };
    add("A08", "poly1", {}, 0.455714);
    add("A09", "gce", {}, 0.222031);
    add("A10", "symmetric_cross_entropy", {}, 0.881743);
    add("A10 log_zero", "symmetric_cross_entropy", {{"log_zero", std::log(1e-4)}}, 1.998855);
    add("A18", "direct_coverage", {}, 4.465265e-06);
    QTest::newRow("A18 rare") << QString("direct_coverage") << json()
                              << one({std::log(0.01 / 0.99), 0}) << 2.560640;
  }
  void equalsWorkedNumbers() {
    const auto fault = workedFault();
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void equalsTheFormulas() {
    RandomStream random(41);
    QString fault;
    const auto check = [&](const char* id, const json& params, const json& input,
                           const std::function<long double(long double)>& ofLogP) {
      if (fault.isEmpty())
        fault = samplesFault(id, params, input, [&](size_t i) {
          return ofLogP(logSoftmax(input["prediction"][i])[input["target"][i].get<size_t>()]);
        });
    };
    for (const int classes : {2, 3, 10}) {
      const json input{{"prediction", randomRows(random, 9, classes, 3)},
                       {"target", randomIndices(random, 9, classes)}};
      for (const double gamma : {0.0, 0.5, 3.0})
        for (const double epsilon : {-1.0, 0.0, 2.5})
          check("poly1", {{"gamma", gamma}, {"epsilon", epsilon}}, input, [&](long double logP) {
            const long double wrong = 1 - std::exp(logP), g = gamma;
            return -std::pow(wrong, g) * logP + epsilon * std::pow(wrong, g + 1);
          });
      for (const double q : {0.05, 0.7, 1.0})
        for (const double k : {0.0, 0.3, 0.9})
          check("gce", {{"q", q}, {"k", k}}, input, [&](long double logP) {
            const long double p = std::max(std::exp(logP), static_cast<long double>(k));
            return (1 - std::pow(p, static_cast<long double>(q))) / q;
          });
      check("symmetric_cross_entropy", {{"alpha", 6}, {"beta", 0.3}, {"log_zero", -7}}, input,
            [](long double logP) { return -6 * logP + 0.3L * 7 * (1 - std::exp(logP)); });
      for (const int n : {1, 2, 8, 1024})
        check("direct_coverage", {{"n", n}}, input,
              [&](long double logP) { return coverage(logP, n); });
    }
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void polyOfProbabilities() {
    RandomStream random(42);
    json input{{"prediction", randomRows(random, 5, 4)},
               {"target", randomDistributions(random, 5, 4)}};
    const auto expected = [&](size_t i) {
      const auto logP = logSoftmax(input["prediction"][i]), q = numbersOf(input["target"][i]);
      long double entropy = 0, hit = 0;
      for (size_t k = 0; k < 4; ++k) entropy -= q[k] * logP[k], hit += q[k] * std::exp(logP[k]);
      return entropy + 1.5L * (1 - hit);
    };
    auto fault = samplesFault("poly1", {{"epsilon", 1.5}}, input, expected);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
    input["mask"] = {0, 0, 0, 0, 0};
    fault = nothingValidFault("poly1", {}, input);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
    // The one-hot rows of class indices.
    const double soft = evaluate("poly1", {}, one(kRow[0], {{1, 0, 0}})).value;
    QVERIFY(std::abs(soft - evaluate("poly1", {}, one(kRow[0])).value) < 1e-15);
  }

  void slopesAreTheSheets() {
    for (const double m : {-7.0, -1.0, 0.0, 0.4, 6.0}) {
      const double p = 1 / (1 + std::exp(-m)), wrong = 1 / (1 + std::exp(m));
      const auto slope = [&](const char* id, const json& params) {
        return entry(evaluate(id, params, one({m, 0})).gradient, 0);
      };
      const auto near = [](double a, double b) { return std::abs(a - b) < 1e-13; };
      QVERIFY(near(slope("poly1", {{"epsilon", 2}}), -wrong * (1 + 2 * p)));
      QVERIFY(near(slope("poly1", {{"epsilon", -1}}), -wrong * wrong));
      QVERIFY(near(slope("gce", {{"q", 0.3}}), -std::pow(p, 0.3) * wrong));
      QVERIFY(near(slope("symmetric_cross_entropy", {{"alpha", 2}, {"beta", 3}}),
                   -wrong * (2 + 12 * p)));
      const double missed = std::pow(wrong, 8);
      QVERIFY(near(slope("direct_coverage", {}), -wrong * 8 * p * missed / wrong / (1 - missed)));
    }
    const auto rare = evaluate("direct_coverage", {}, one({std::log(0.01 / 0.99), 0}));
    QVERIFY(std::abs(entry(rare.gradient, 0) + 0.99 * 0.965179) < 1e-6);
  }

  void truncatedHasNoSlope() {
    const json input{{"prediction", {{0, 0}, {-1, 0}, {1, 0}}}, {"target", {0, 0, 0}}};
    const auto found = evaluate("gce", {{"k", 0.5}, {"q", 0.5}}, input);
    const double constant = (1 - std::sqrt(0.5)) / 0.5;
    // p = k is truncated, too.
    for (int i = 0; i < 2; ++i) {
      QVERIFY(std::abs(entry(found.perSample, i) - constant) < 1e-15);
      QCOMPARE(found.gradient[i].abs().max().item<double>(), 0.0);
    }
    QVERIFY(entry(found.perSample, 2) < constant);
    QVERIFY(entry(found.gradient, 4) < 0);
  }

  // Of 8 equal logits p was a rounding above 1/8, so that p = k still pulled.
  void equalLogitsAreTruncatedAtOneOfC() {
    for (int classes = 2; classes <= 100; ++classes) {
      const json row = std::vector<double>(static_cast<size_t>(classes), 0.3);
      const auto found = evaluate("gce", {{"k", 1.0 / classes}}, one(row));
      QCOMPARE(found.gradient.abs().max().item<double>(), 0.0);
    }
  }

  void tailsAreExact() {
    const auto at = [](const char* id, const json& params, double m) {
      return evaluate(id, params, one({m, 0}));
    };
    const auto relative = [](double a, double b) { return std::abs(a / b - 1); };
    QVERIFY(relative(at("poly1", {{"gamma", 2}}, 40).value, 2 * std::exp(-120.0)) < 1e-12);
    QVERIFY(relative(at("gce", {}, 40).value, std::exp(-40.0)) < 1e-12);
    QVERIFY(relative(at("gce", {{"q", 1e-9}}, -3).value, std::log1p(std::exp(3.0))) < 1e-8);
    QVERIFY(relative(at("direct_coverage", {}, 30).value, std::exp(-240.0)) < 1e-11);
    for (const int n : {1, 8, 1024})
      for (const double m : {-39.0, -41.0, -100.0, -1e4}) {
        const auto found = at("direct_coverage", {{"n", n}}, m);
        QVERIFY(relative(found.value, -m - std::log(n)) < 1e-13);
        QVERIFY(std::abs(entry(found.gradient, 0) + 1) < 1e-12);
      }
    // One draw is the cross-entropy, in value and slope.
    for (const double m : {-50.0, -3.0, 0.0, 5.0, 35.0, 300.0}) {
      const auto a = at("direct_coverage", {{"n", 1}}, m), b = at("cross_entropy", {}, m);
      QVERIFY(std::abs(a.value - b.value) <= 1e-14 * (1 + b.value));
      QVERIFY(distance(a.gradient, b.gradient) < 1e-14);
    }
    QCOMPARE(at("direct_coverage", {}, 1e4).value, 0.0);
  }

  void rowsOfTokensMultiply() {
    RandomStream random(43);
    json input{{"prediction",
                {randomRows(random, 4, 3), randomRows(random, 4, 3), randomRows(random, 4, 3)}},
               {"target", {{0, 2, -100, 1}, {-100, -100, -100, -100}, {1, 1, 0, 2}}}};
    const auto found = evaluate("direct_coverage", {{"n", 5}}, input);
    double sum = 0;
    for (const size_t i : {0, 2}) {
      long double logP = 0;
      for (size_t t = 0; t < 4; ++t) {
        const int y = input["target"][i][t];
        if (y >= 0) logP += logSoftmax(input["prediction"][i][t])[static_cast<size_t>(y)];
      }
      const auto expected = static_cast<double>(coverage(logP, 5));
      QVERIFY(std::abs(entry(found.perSample, static_cast<std::int64_t>(i)) - expected) < 1e-12);
      sum += expected / 2;
    }
    QVERIFY(std::abs(found.value - sum) < 1e-12);
    QCOMPARE(entry(found.perSample, 1), 0.0);
    QCOMPARE(found.gradient[1].abs().max().item<double>(), 0.0);
    QCOMPARE(found.gradient[0][2].abs().max().item<double>(), 0.0);
  }

  void cases_data() {
    caseColumns();
    RandomStream random(44);
    const json logits = randomRows(random, 5, 4);
    const json ones{1, 1, 1, 1, 1};
    const json classes{{"prediction", logits}, {"target", {3, 0, -100, 1, 3}}};
    for (const char* id : kIds) {
      addCase(id, {}, classes, ones, 4);
      addCase(id, {}, one(kRow[0]), {1}, 1);
      addCase(id, {{"ignore_index", 3}}, {{"prediction", logits}, {"target", {3, 0, 2, 1, 3}}},
              ones, 3);
    }
    addCase("poly1", {{"gamma", 2.5}, {"epsilon", -1}}, classes, ones, 4);
    addCase("poly1", {{"epsilon", 3}},
            {{"prediction", logits},
             {"target", randomDistributions(random, 5, 4)},
             {"mask", {1, 0, 1, 1, 0}}},
            ones, 3);
    addCase("gce", {{"q", 1}, {"k", 0.3}}, classes, ones, 4);
    addCase("symmetric_cross_entropy", {{"alpha", 0}, {"log_zero", -9}}, classes, ones, 4);
    for (const int n : {1, 2, 1024}) addCase("direct_coverage", {{"n", n}}, classes, ones, 4);
    addCase("direct_coverage", {{"n", 16}},
            {{"prediction", {randomRows(random, 3, 4), randomRows(random, 3, 4)}},
             {"target", {{0, -100, 3}, {-100, -100, -100}}}},
            {1, 1}, 1);
  }

  void gradientIsThatOfTheValue_data() { cases_data(); }
  void gradientIsThatOfTheValue() {
    const auto fault = gradientFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void properties_data() { cases_data(); }
  void properties() {
    const auto fault = propertyFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void ignoredSamplesCountNothing() {
    for (const char* id : kIds) {
      auto fault = ignoringFault(id, {}, {{"prediction", kTwoRows}, {"target", {0, 2}}},
                                 {"prediction", "target"});
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
      fault = nothingValidFault(id, {}, {{"prediction", kTwoRows}, {"target", {-100, -100}}});
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
  }

  void refuses_data() {
    refusalColumns();
    for (const char* id : {"poly1", "gce", "symmetric_cross_entropy"}) addClassRefusals(id, {});
    addRefusal("poly1", {{"gamma", 1}}, one(kRow[0], {{1, 0, 0}}),
               ".gamma: must be 0 with targets that are probabilities, found 1");
    addRefusal("poly1", {{"epsilon", -2}}, one(kRow[0]), ".epsilon: -2 is below -1");
    addRefusal("poly1", {{"gamma", 11}}, one(kRow[0]), ".gamma: 11 is above 10");
    addRefusal("gce", {{"q", 0}}, one(kRow[0]), ".q: 0 is not above 0");
    addRefusal("gce", {{"q", 1.5}}, one(kRow[0]), ".q: 1.5 is above 1");
    addRefusal("gce", {{"k", 1}}, one(kRow[0]), ".k: 1 is not below 1");
    addRefusal("gce", {}, one(kRow[0], {{1, 0, 0}}),
               ".target: must have the shape of the samples [1], found [1, 3]");
    addRefusal("symmetric_cross_entropy", {{"log_zero", 0}}, one(kRow[0]),
               ".log_zero: 0 is not below 0");
    addRefusal("symmetric_cross_entropy", {{"alpha", -1}}, one(kRow[0]), ".alpha: -1 is below 0");
    addRefusal("symmetric_cross_entropy", {{"beta", -1}}, one(kRow[0]), ".beta: -1 is below 0");
    addRefusal("direct_coverage", {{"n", 0}}, one(kRow[0]), ".n: 0 is below 1");
    addRefusal("direct_coverage", {{"n", 1025}}, one(kRow[0]), ".n: 1025 is above 1024");
    addRefusal("direct_coverage", {{"n", 2.5}}, one(kRow[0]), ".n: expected an integer, found 2.5");
    addRefusal("direct_coverage", {}, {{"prediction", {1, 2}}, {"target", {0, 0}}},
               ".prediction: expected logits [N, C] or [N, T, C] with C of at least 2, found [2]");
    addRefusal("direct_coverage", {}, one(kRow[0], {3}),
               ".target: classes go from 0 to 2 (-100 = ignored), found 3");
    addRefusal("direct_coverage", {}, one(kRow, {{0, 1}}),
               ".target: must have the shape of the positions [1, 1], found [1, 2]");
    addRefusal("direct_coverage", {}, one({1, std::nan("")}),
               ".prediction: must be finite, found nan");
  }
  void refuses() {
    const auto fault = refusalFault();
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }
};

EQUIPOISE_TEST(TestRobust)
#include "tst_robust.moc"

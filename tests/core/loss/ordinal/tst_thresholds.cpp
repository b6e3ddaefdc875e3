#include "tests/core/loss/class_cases.h"
#include "tests/registry.h"

#include <algorithm>

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

const char* const kThresholdIds[] = {"or_cnn", "coral", "corn", "presto"};
const char* const kLinks[] = {"logit", "probit", "cloglog"};
const json kThresholds{-1, 0.5, 2};
const json kDigits{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
/// Logits of p = [.1, .2, .3, .4].
const json kTenths{{std::log(0.1), std::log(0.2), std::log(0.3), std::log(0.4)}};

json input(const json& prediction, const json& target) {
  return {{"prediction", prediction}, {"target", target}};
}

json scores(const json& prediction, const json& target, const json& thresholds = kThresholds) {
  return {{"prediction", prediction}, {"target", target}, {"thresholds", thresholds}};
}

json increasing(RandomStream& random, int count) {
  auto numbers = randomNumbers(random, count).get<std::vector<double>>();
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

size_t rankOf(const json& all, size_t i) {
  return all["target"][i].get<size_t>();
}

/// Binary cross-entropy of the logit against the label.
long double entropy(long double x, bool label) {
  return -std::log(label ? sigmoid(x) : sigmoid(-x));
}

/// P(y <= rank) of the link at θ - f; 1 - P is that of f - θ but for cloglog.
long double below(const std::string& link, long double x) {
  if (link == "logit") return sigmoid(x);
  return link == "probit" ? std::erfc(-x / std::sqrt(2.0L)) / 2 : -std::expm1(-std::exp(x));
}

long double linkLoss(const std::string& link, const json& thresholds, long double score,
                     size_t rank) {
  const auto at = [&](size_t k) { return thresholds[k].get<double>() - score; };
  if (rank == 0) return -std::log(below(link, at(0)));
  if (rank == thresholds.size())
    return link == "cloglog" ? std::exp(at(rank - 1)) : -std::log(below(link, -at(rank - 1)));
  // The difference is taken on the side where both are small.
  const auto lower = at(rank - 1), upper = at(rank);
  if (link != "cloglog" && lower + upper > 0)
    return -std::log(below(link, -lower) - below(link, -upper));
  if (link == "cloglog")
    return std::exp(lower) - std::log(-std::expm1(std::exp(lower) - std::exp(upper)));
  return -std::log(below(link, upper) - below(link, lower));
}

/// -log of the clamped difference of the cumulative probabilities.
long double prestoLoss(const json& logits, size_t rank) {
  const long double upper = rank == logits.size() ? 1 : sigmoid(logits[rank].get<double>());
  const long double lower = rank == 0 ? 0 : sigmoid(logits[rank - 1].get<double>());
  return -std::log(std::max(upper - lower, 1e-12L));
}

/// The distance of the numbers at one position.
long double numberLoss(bool squared, const json& row, const json& values, size_t label) {
  const double truth = values[label].get<double>();
  long double sum = 0, distance = 0, mean = 0;
  for (size_t k = 0; k < values.size(); ++k)
    if (!values[k].is_null()) sum += std::exp(static_cast<long double>(row[k].get<double>()));
  for (size_t k = 0; k < values.size(); ++k) {
    if (values[k].is_null()) continue;
    const auto p = std::exp(static_cast<long double>(row[k].get<double>())) / sum;
    distance += p * std::abs(truth - values[k].get<double>());
    mean += p * values[k].get<double>();
  }
  return squared ? (mean - truth) * (mean - truth) : distance;
}

}  // namespace

class TestThresholds : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsWorkedNumbers_data() {
    workedColumns();
    const auto add = [](const char* name, const char* id, const json& params, const json& data,
                        double expected) {
      QTest::newRow(name) << QString(id) << params << data << expected;
    };
    const json cnn = input({{1.2, -0.4, -1}}, {1});
    add("B01 OR-CNN", "or_cnn", {}, cnn, 1.089559);
    add("B01 SORD", "sord", {}, input({{0.1, 0.9, 0.3, -0.5}}, {1}), 1.116827);
    const json rows{{2.1, 1.8, -2.1, -1.8}, {1.9, -1, -1.5, -1.3}, {1.9, 1.8, 1.7, 1.6}};
    add("B02", "coral", {}, input(rows, {2, 1, 4}), 0.692039);
    add("B02 row 1", "coral", {}, input(json::array({rows[0]}), {2}), 0.536994);
    add("B03", "corn", {}, input({{0.5, -0.3, 0.2}, {1, 0.4, -0.6}}, {1, 3}), 0.578439);
    const double links[] = {1.541008, 1.091630, 1.218407, 1.867786};
    for (int y = 0; y < 4; ++y)
      add(qPrintable(QString("B04 %1").arg(y)), "cumulative_link", {}, scores({0.3}, {y}),
          links[y]);
    add("B05", "presto_penalty", {{"lambda", 0.1}},
        {{"prediction", {{0.5, -0.2}, {0.7, 0.1}, {0.7, 0.4}}}}, 0.15);
    add("B07 one-hot", "squared_emd", {}, input(kTenths, {1}), 0.66);
    const json spread{{0, 0.5, 0.5, 0}};
    add("B07", "squared_emd", {}, input(kTenths, spread), 0.21);
    add("B07 NIMA", "squared_emd", {{"form", "nima"}}, input(kTenths, spread), 0.229129);
    const json digits = input({{0, 0, 0, 2, 0, 0, 0, 0, 1, 0}}, {4});
    const json alone{{"values", kDigits}, {"ce_weight", 0}, {"lambda", 1}};
    add("B08 WAS", "ntl_was", alone, digits, 2.113076);
    add("B08 MSE", "ntl_mse", alone, digits, 0.091727);
    add("B08 total", "ntl_was", {{"values", kDigits}}, digits, 3.530240);
  }
  void equalsWorkedNumbers() {
    const auto fault = workedFault();
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void thresholdLogitsEqualTheFormulas() {
    RandomStream random(51);
    for (const int ranks : {2, 3, 8}) {
      const json data =
          input(randomRows(random, 12, ranks - 1, 3), randomIndices(random, 12, ranks));
      std::vector<double> importance;
      for (int k = 1; k < ranks; ++k) importance.push_back(k == 2 ? 0 : 3 * random.uniform());
      const auto terms = [&](size_t i, bool conditional, bool weighted) {
        long double sum = 0;
        for (size_t k = 0; k + 1 < static_cast<size_t>(ranks); ++k)
          if (!conditional || rankOf(data, i) >= k)
            sum += entropy(data["prediction"][i][k].get<double>(), rankOf(data, i) > k) *
                   (weighted ? importance[k] : 1);
        return sum;
      };
      for (const char* id : {"or_cnn", "coral"})
        for (const bool weighted : {false, true}) {
          const json params = weighted ? json{{"importance", importance}} : json::object();
          const auto fault =
              samplesFault(id, params, data, [&](size_t i) { return terms(i, false, weighted); });
          QVERIFY2(fault.isEmpty(), qPrintable(fault));
        }
      const auto fault =
          samplesFault("corn", {}, data, [&](size_t i) { return terms(i, true, false); });
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
  }

  void sordEqualsTheFormula() {
    RandomStream random(52);
    for (const int ranks : {2, 5})
      for (const bool squared : {true, false})
        for (const double slope : {0.3, 1.0, 4.0})
          for (const bool placed : {false, true}) {
            const json data = input(randomRows(random, 6, ranks), randomIndices(random, 6, ranks));
            json places = json::array();
            for (int k = 0; k < ranks; ++k) places.push_back(k);
            if (placed) places = increasing(random, ranks);
            json params{{"phi", squared ? "squared" : "absolute"}, {"slope", slope}};
            if (placed) params["ranks"] = places;
            const auto fault = samplesFault("sord", params, data, [&](size_t i) {
              const auto r = numbersOf(places);
              const auto logP = logSoftmax(data["prediction"][i]);
              long double sum = 0, total = 0;
              for (size_t k = 0; k < r.size(); ++k) {
                const auto gap = std::abs(r[k] - r[rankOf(data, i)]);
                const auto q = std::exp(-slope * (squared ? gap * gap : gap));
                total += q;
                sum -= q * logP[k];
              }
              return sum / total;
            });
            QVERIFY2(fault.isEmpty(), qPrintable(fault));
          }
  }

  void squaredEmdEqualsTheFormula() {
    RandomStream random(53);
    for (const int ranks : {2, 5, 11})
      for (const bool nima : {false, true})
        for (const bool soft : {false, true}) {
          const json data =
              input(randomRows(random, 6, ranks),
                    soft ? randomDistributions(random, 6, ranks) : randomIndices(random, 6, ranks));
          const json params{{"form", nima ? "nima" : "sum"}};
          const auto fault = samplesFault("squared_emd", params, data, [&](size_t i) {
            const auto p = softmax(data["prediction"][i]);
            long double f = 0, g = 0, sum = 0;
            for (size_t k = 0; k < p.size(); ++k) {
              f += p[k];
              g += soft ? data["target"][i][k].get<double>() : rankOf(data, i) == k;
              sum += (f - g) * (f - g);
            }
            return nima ? std::sqrt(sum / ranks) : sum;
          });
          QVERIFY2(fault.isEmpty(), qPrintable(fault));
        }
  }

  void linksEqualTheFormulas() {
    RandomStream random(54);
    for (const std::string link : kLinks)
      for (const int ranks : {2, 3, 6}) {
        const auto thresholds = increasing(random, ranks - 1);
        for (const double size : {0.5, 2.0, 5.0}) {
          const json data =
              scores(randomNumbers(random, 12, size), randomIndices(random, 12, ranks), thresholds);
          const auto fault = samplesFault("cumulative_link", {{"link", link}}, data, [&](size_t i) {
            return linkLoss(link, thresholds, data["prediction"][i].get<double>(), rankOf(data, i));
          });
          QVERIFY2(fault.isEmpty(), qPrintable(fault));
        }
      }
  }

  void linksAreExactFarOut_data() {
    QTest::addColumn<QString>("link");
    QTest::addColumn<double>("score");
    for (const char* link : kLinks)
      for (const double score : {-100.0, -30.0, -9.0, 9.0, 30.0, 100.0, 1000.0})
        if ((link != kLinks[2] || score > -9.5) && (link != kLinks[1] || score < 101))
          QTest::addRow("%s %g", link, score) << QString(link) << score;
  }
  void linksAreExactFarOut() {
    QFETCH(QString, link);
    QFETCH(double, score);
    const std::string name = link.toStdString();
    for (int y = 0; y < 4; ++y) {
      const auto loss = make("cumulative_link", {{"link", name}});
      const auto found = evaluate(*loss, batchOf("cumulative_link", scores({score}, {y})));
      const auto value = [&](long double f) {
        return linkLoss(name, kThresholds, f, static_cast<size_t>(y));
      };
      const auto expected = static_cast<double>(value(score));
      const auto slope = static_cast<double>((value(score + 1e-4L) - value(score - 1e-4L)) / 2e-4L);
      QVERIFY(std::isfinite(expected) && std::isfinite(slope));
      QVERIFY(std::abs(found.value - expected) <= 1e-12 * (1 + std::abs(expected)));
      QVERIFY(std::abs(entry(found.gradient, 0) - slope) <= 1e-6 * (1 + std::abs(slope)));
    }
  }

  void ranksSumToOne() {
    for (const char* link : kLinks)
      for (const double score : {-2.0, 0.3, 4.0}) {
        double sum = 0;
        for (int y = 0; y < 4; ++y)
          sum +=
              std::exp(-evaluate("cumulative_link", {{"link", link}}, scores({score}, {y})).value);
        QVERIFY(std::abs(sum - 1) < 1e-14);
      }
  }

  void prestoEqualsTheFormula() {
    RandomStream random(55);
    for (const int ranks : {2, 3, 7}) {
      json rows = json::array();
      for (int i = 0; i < 10; ++i) rows.push_back(increasing(random, ranks - 1));
      const json slopes = randomRows(random, ranks - 1, 4);
      json data = input(rows, randomIndices(random, 10, ranks));
      const auto reference = [&](size_t i) { return prestoLoss(rows[i], rankOf(data, i)); };
      const auto plain = evaluate("presto", {{"lambda", 0.7}}, data);
      double expected = 0, penalty = 0;
      for (size_t i = 0; i < 10; ++i) expected += static_cast<double>(reference(i)) / 10;
      for (size_t k = 0; k < slopes.size(); ++k)
        for (size_t j = 0; j < 4; ++j)
          penalty += 0.7 * std::abs(slopes[k][j].get<double>() -
                                    (k == 0 ? 0 : slopes[k - 1][j].get<double>()));
      QVERIFY(std::abs(plain.value - expected) < 1e-12);
      data["slopes"] = slopes;
      const auto fault = samplesFault("presto", {{"lambda", 0.7}}, data, reference);
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
      const auto found = evaluate("presto", {{"lambda", 0.7}}, data);
      QVERIFY(std::abs(found.value - plain.value - penalty) < 1e-12);
      QVERIFY(distance(found.gradient, plain.gradient) == 0);
      const json alone{{"prediction", slopes}};
      QVERIFY(std::abs(evaluate("presto_penalty", {{"lambda", 0.7}}, alone).value - penalty) <
              1e-12);
    }
  }

  void crossedThresholdsAreClamped() {
    const auto found = evaluate("presto", {}, input({{1, -1}, {40, 40}}, {1, 1}));
    for (int i = 0; i < 2; ++i)
      QVERIFY(std::abs(entry(found.perSample, i) + std::log(1e-12)) < 1e-12);
    QCOMPARE(found.gradient.abs().max().item<double>(), 0.0);
  }

  void penaltyHasNoSlopeAtZero() {
    const auto found =
        evaluate("presto_penalty", {{"lambda", 2}}, {{"prediction", {{0, 1}, {0, -1}, {3, -1}}}});
    const double expected[] = {0, 4, -2, -2, 2, 0};
    for (int i = 0; i < 6; ++i) QCOMPARE(entry(found.gradient, i), expected[i]);
    QVERIFY(!found.perSample.defined());
    QCOMPARE(evaluate("presto_penalty", {}, {{"prediction", {{0.0, 0.0}}}}).value, 0.0);
  }

  void equalDistributionsCostNothing() {
    const json same{{0.1, 0.2, 0.3, 0.4}};
    for (const char* form : {"sum", "nima"}) {
      const auto found = evaluate("squared_emd", {{"form", form}}, input(kTenths, same));
      QVERIFY(found.value < 1e-15);
      QVERIFY(found.gradient.isfinite().all().item<bool>());
    }
    const auto sure = evaluate("squared_emd", {{"form", "nima"}}, input({{5000, 0, 0}}, {0}));
    QCOMPARE(sure.value, 0.0);
    QCOMPARE(sure.gradient.abs().max().item<double>(), 0.0);
  }

  void numberTokensEqualTheFormula() {
    RandomStream random(56);
    const json values{nullptr, 4, -1.5, nullptr, 0, 10, 4};
    const json labels{{1, 0, 6, -100, 3}, {5, 2, -100, 4, 1}};
    json prediction = json::array();
    for (int b = 0; b < 2; ++b) prediction.push_back(randomRows(random, 5, 7));
    for (const bool squared : {false, true}) {
      json params{{"values", values}, {"lambda", 0.8}, {"ce_weight", 0.4}};
      const char* id = squared ? "ntl_mse" : "ntl_was";
      const auto found = evaluate(id, params, input(prediction, labels));
      QVERIFY(found.perSample.sizes().equals({2, 5}));
      double entropies = 0, distances = 0;
      for (size_t b = 0; b < 2; ++b)
        for (size_t t = 0; t < 5; ++t) {
          const json& row = prediction[b][t];
          double one = 0, two = 0;
          if (labels[b][t] != -100) {
            const auto label = labels[b][t].get<size_t>();
            one = 0.4 * static_cast<double>(-logSoftmax(row)[label]);
            if (!values[label].is_null())
              two = 0.8 * static_cast<double>(numberLoss(squared, row, values, label));
          }
          QVERIFY(
              std::abs(found.perSample[static_cast<std::int64_t>(b)][static_cast<std::int64_t>(t)]
                           .item<double>() -
                       one - two) < 1e-12);
          entropies += one;
          distances += two;
        }
      QVERIFY(std::abs(found.value - entropies / 8 - distances / 6) < 1e-12);
      params["reduction"] = "sum";
      QVERIFY(std::abs(evaluate(id, params, input(prediction, labels)).value - entropies -
                       distances) < 1e-11);
      const Case c{id, params, input(prediction, labels), {}, 1};
      for (const auto& fault : {gradientFault(c), singlePrecisionFault(c), extremeFault(c, 1e4)})
        QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
  }

  void withoutNumbersOnlyTheEntropyCounts() {
    const json nothing{nullptr, nullptr, nullptr}, other{nullptr, 1, 2};
    const json data = input(kTwoRows, {0, 0});
    const auto entropy = evaluate("cross_entropy", {}, data);
    for (const char* id : {"ntl_was", "ntl_mse"})
      for (const json& values : {nothing, other}) {
        const auto found = evaluate(id, {{"values", values}, {"lambda", 9}}, data);
        QVERIFY(std::abs(found.value - entropy.value) < 1e-14);
        QVERIFY(distance(found.gradient, entropy.gradient) < 1e-14);
      }
  }

  void cases_data() {
    caseColumns();
    RandomStream random(57);
    const json ones{1, 1, 1, 1};
    json rows = json::array();
    for (int i = 0; i < 4; ++i) rows.push_back(increasing(random, 3));
    const json ranks = input(rows, {3, -100, 1, 0});
    for (const char* id : {"or_cnn", "coral", "presto"}) addCase(id, {}, ranks, ones, 3);
    addCase("or_cnn", {{"importance", {0.5, 2, 0}}}, ranks, ones, 3);
    addCase("corn", {}, ranks, ones, 3 + 2 + 1);
    addCase("corn", {{"ignore_index", 3}}, input(rows, {3, 2, 1, 0}), ones, 3 + 2 + 1);
    addCase("corn", {}, input({{0.4}}, {1}), {1}, 1);
    for (const char* link : kLinks) {
      addCase("cumulative_link", {{"link", link}}, scores({-0.4, 0.3, 1.7, 0.9}, {3, -100, 1, 0}),
              ones, 3);
      addCase("cumulative_link", {{"link", link}}, scores({2.5, -3, 3.5, -2.1}, {1, 2, 2, 1}), ones,
              4);
      addCase("cumulative_link", {{"link", link}}, scores({-1, 0.5, 2, 0.5}, {0, 1, 2, 2}), ones,
              4);
      addCase("cumulative_link", {{"link", link}}, scores({0.7}, {1}, {0.2}), {1}, 1);
    }
    const json logits = randomRows(random, 4, 4);
    for (const char* id : {"sord", "squared_emd"})
      addCase(id, {}, input(logits, {3, -100, 1, 0}), ones, 3);
    addCase("sord", {{"phi", "absolute"}, {"slope", 0.4}, {"ranks", {-1, 0, 3, 5}}},
            input(logits, {3, 2, 1, 0}), ones, 4);
    json shares = input(logits, randomDistributions(random, 4, 4));
    shares["mask"] = {1, 0, 1, 1};
    addCase("squared_emd", {{"form", "nima"}}, shares, ones, 3);
    for (const char* id : {"ntl_was", "ntl_mse"})
      addCase(id, {{"values", {0, 1, 2.5, nullptr}}, {"lambda", 2}, {"ce_weight", 0.3}},
              input(logits, {1, -100, 2, 0}), ones, 3);
  }

  void gradientIsThatOfTheValue_data() { cases_data(); }
  void gradientIsThatOfTheValue() {
    const auto fault = gradientFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void hasTheProperties_data() { cases_data(); }
  void hasTheProperties() {
    const auto fault = propertyFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void ignoredSamplesAreNotThere() {
    RandomStream random(58);
    const json ranks{2, 0, 1, 2};
    const auto check = [](const char* id, const json& params, const json& data) {
      const auto fault = ignoringFault(id, params, data, {"prediction", "target"});
      QVERIFY2(fault.isEmpty(), qPrintable(QString(id) + ": " + fault));
    };
    for (const char* id : kThresholdIds) check(id, {}, input(randomRows(random, 4, 2), ranks));
    for (const char* id : {"sord", "squared_emd"})
      check(id, {}, input(randomRows(random, 4, 3), ranks));
    for (const char* id : {"ntl_was", "ntl_mse"})
      check(id, {{"values", {1, 2, nullptr}}}, input(randomRows(random, 4, 3), ranks));
    for (const char* link : kLinks)
      check("cumulative_link", {{"link", link}}, scores(randomNumbers(random, 4), ranks));
  }

  void nothingValidIsZero() {
    const auto check = [](const char* id, const json& params, const json& data) {
      const auto fault = nothingValidFault(id, params, data);
      QVERIFY2(fault.isEmpty(), qPrintable(QString(id) + ": " + fault));
    };
    for (const char* id : {"or_cnn", "coral", "corn", "presto", "sord", "squared_emd"})
      check(id, {}, input(kRow, {-100}));
    check("squared_emd", {{"form", "nima"}},
          {{"prediction", kRow}, {"target", {{0.5, 0.5, 0}}}, {"mask", {0}}});
    for (const char* id : {"ntl_was", "ntl_mse"})
      check(id, {{"values", {1, 2, nullptr}}}, input(kRow, {-100}));
    for (const char* link : kLinks)
      check("cumulative_link", {{"link", link}}, scores({1e4}, {-100}));
  }

  void refuses_data() {
    refusalColumns();
    addClassRefusals("sord", {});
    addClassRefusals("squared_emd", {});
    for (const char* id : kThresholdIds) {
      addRefusal(id, {}, input(kRow, {4}),
                 ".target: classes go from 0 to 3 (-100 = ignored), found 4");
      addRefusal(id, {}, input({1, 2}, {0, 1}),
                 ".prediction: expected one logit a threshold, [N, K-1], found [2]");
      addRefusal(id, {}, {{"prediction", kRow}}, ".target: is required and missing");
    }
    for (const char* id : {"or_cnn", "coral"}) {
      addRefusal(id, {{"importance", {1, 2}}}, input(kRow, {0}),
                 ".importance: needs one entry a threshold, 3, found 2");
      addRefusal(id, {{"importance", {1, 2, -1}}}, input(kRow, {0}),
                 ".importance[2]: -1 is below 0");
    }
    addRefusal("sord", {{"ranks", {0, 2, 1}}}, input(kRow, {0}),
               ".ranks[2]: positions must increase, found 1 after 2");
    addRefusal("sord", {{"ranks", {0, 2}}}, input(kRow, {0}),
               ".ranks: needs one entry a class, 3, found 2");
    addRefusal("sord", {{"slope", 0}}, input(kRow, {0}), ".slope: 0 is not above 0");
    addRefusal("cumulative_link", {}, input({1}, {0}), ".thresholds: is required and missing");
    addRefusal("cumulative_link", {}, scores({1}, {0}, {0, 1, 1}),
               ".thresholds[2]: must increase, found 1 after 1");
    addRefusal("cumulative_link", {}, scores({1}, {0}, {{0, 1}}),
               ".thresholds: expected [K-1], found [1, 2]");
    addRefusal("cumulative_link", {}, scores(kRow, {0}), ".prediction: expected [N], found [1, 3]");
    addRefusal("cumulative_link", {}, scores({1}, {4}),
               ".target: classes go from 0 to 3 (-100 = ignored), found 4");
    addRefusal("cumulative_link", {}, scores({1}, {0, 1}),
               ".target: must have the shape of prediction [1], found [2]");
    json sloped = input(kRow, {0});
    sloped["slopes"] = {{1, 2}, {3, 4}};
    addRefusal("presto", {}, sloped, ".slopes: expected one row a threshold, [3, p], found [2, 2]");
    addRefusal("presto", {{"lambda", -1}}, input(kRow, {0}), ".lambda: -1 is below 0");
    addRefusal("presto_penalty", {}, {{"prediction", {1, 2}}},
               ".prediction: expected slopes [K-1, p], found [2]");
    const json values{{"values", {1, nullptr, 2}}};
    addRefusal("ntl_was", {{"values", {1, 2}}}, input(kRow, {0}),
               ".values: needs one entry a token, 3, found 2");
    addRefusal("ntl_mse", {{"values", {1, "two", 2}}}, input(kRow, {0}),
               ".values[1]: expected a number or null, found \"two\"");
    addRefusal("ntl_was", {{"values", 3}}, input(kRow, {0}),
               ".values: expected a list with a number or null a token, found 3");
    addRefusal("ntl_was", values, input(kRow, {3}),
               ".target: classes go from 0 to 2 (-100 = ignored), found 3");
    addRefusal("ntl_mse", values, input(kRow, {{0}}),
               ".target: must have the shape of the positions [1], found [1, 1]");
    addRefusal("ntl_mse", values, input({1, 2, 3}, {0}),
               ".prediction: expected logits [N, V] or [B, T, V], found [3]");
  }
  void refuses() {
    const auto fault = refusalFault();
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }
};

EQUIPOISE_TEST(TestThresholds)
#include "tst_thresholds.moc"

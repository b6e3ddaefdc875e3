#include "tests/core/loss/class_cases.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

json input(const json& prediction, const json& target) {
  return {{"prediction", prediction}, {"target", target}};
}

long double positivePart(long double x) {
  return x > 0 ? x : 0;
}

long double oneVsRest(const json& row, size_t y) {
  const auto z = numbersOf(row);
  long double sum = 0;
  for (size_t k = 0; k < z.size(); ++k) sum += softplus(k == y ? -z[k] : z[k]);
  return sum;
}

/// One label of the asymmetric loss.
long double asymmetric(long double x, bool applies, double gamma, double clip) {
  const long double p = sigmoid(x), g = gamma;
  if (applies) return -std::pow(1 - p, g) * std::log(p);
  const long double shifted = positivePart(p - clip);
  return -std::pow(shifted, g) * std::log(1 - shifted);
}

json randomLabels(RandomStream& random, int rows, int columns) {
  json all = json::array();
  for (int i = 0; i < rows; ++i) all.push_back(randomIndices(random, columns, 2));
  return all;
}

}  // namespace

class TestMarginLosses : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsWorkedNumbers_data() {
    workedColumns();
    const auto add = [](const char* name, const char* id, const json& params,
                        const json& prediction, const json& target, double expected) {
      QTest::newRow(name) << QString(id) << params << input(prediction, target) << expected;
    };
    const json second{kTwoRows[1]};
    add("A11", "asymmetric", {}, {{1, -2, 0.5}}, {{1, 0, 0}}, 0.175504);
    add("A11 applies", "asymmetric", {}, {{1}}, {{1}}, 0.084249);
    add("A11 easy", "asymmetric", {}, {{-2}}, {{0}}, 1.644756e-06);
    add("A11 hard", "asymmetric", {}, {{0.5}}, {{0}}, 0.091253);
    add("A12 met", "multi_margin", {}, kRow, {0}, 0);
    add("A12", "multi_margin", {}, second, {2}, 1.066667);
    add("A12 p", "multi_margin", {{"p", 2}}, second, {2}, 1.713333);
    add("A12 largest", "crammer_singer", {}, second, {2}, 1.7);
    add("A12 hinge", "hinge", {}, {0.5}, {1}, 0.5);
    add("A12 soft", "soft_margin", {}, {0.5}, {1}, 0.474077);
    add("A13 row 1", "one_vs_rest", {}, kRow, {0}, 1.414267);
    add("A13 row 2", "one_vs_rest", {}, second, {2}, 2.565509);
    add("A13 switching", "sovr", {{"top_fraction", 0.5}}, kTwoRows, {0, 2}, 0.633758);
  }
  void equalsWorkedNumbers() {
    const auto fault = workedFault();
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void elementsEqualTheFormulas() {
    RandomStream random(61);
    const json data = input(randomNumbers(random, 12), randomIndices(random, 12, 2));
    const auto check = [&](const char* id, const json& params,
                           const std::function<long double(long double)>& ofMargin) {
      const auto fault = samplesFault(id, params, data, [&](size_t i) {
        const long double x = data["prediction"][i].get<double>();
        return ofMargin(data["target"][i] == 1 ? x : -x);
      });
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    };
    check("hinge", {{"margin", 2.5}}, [](long double m) { return positivePart(2.5L - m); });
    check("hinge", {{"margin", 0.5}, {"squared", true}},
          [](long double m) { return positivePart(0.5L - m) * positivePart(0.5L - m); });
    check("soft_margin", {}, [](long double m) { return softplus(-m); });
  }

  void classesEqualTheFormulas() {
    RandomStream random(62);
    for (const int classes : {2, 3, 9}) {
      const json rows = randomRows(random, 8, classes);
      const json data = input(rows, randomIndices(random, 8, classes));
      json weights = json::array();
      for (int k = 0; k < classes; ++k) weights.push_back(3 * random.uniform());
      const auto check = [&](const char* id, const json& params,
                             const std::function<long double(const Wide&, size_t)>& reference) {
        const auto fault = samplesFault(id, params, data, [&](size_t i) {
          return reference(numbersOf(rows[i]), data["target"][i].get<size_t>());
        });
        QVERIFY2(fault.isEmpty(), qPrintable(fault));
      };
      for (const int p : {1, 2})
        for (const json& factors : {json::array(), weights})
          check("multi_margin", {{"margin", 1.7}, {"p", p}, {"class_weights", factors}},
                [&](const Wide& z, size_t y) {
                  long double sum = 0;
                  for (size_t k = 0; k < z.size(); ++k)
                    if (k != y) sum += std::pow(positivePart(1.7L - z[y] + z[k]), p);
                  return sum * (factors.empty() ? 1 : factors[y].get<double>()) / classes;
                });
      check("crammer_singer", {{"margin", 0.6}},
            [](const Wide& z, size_t y) { return positivePart(0.6L + largestOther(z, y) - z[y]); });
      check("one_vs_rest", {{"negatives", "hardest"}},
            [](const Wide& z, size_t y) { return softplus(-z[y]) + softplus(largestOther(z, y)); });
      check("one_vs_rest", {}, [](const Wide& z, size_t y) {
        long double sum = softplus(-z[y]);
        for (size_t k = 0; k < z.size(); ++k)
          if (k != y) sum += softplus(z[k]);
        return sum;
      });
    }
  }

  void labelRowsEqualTheFormulas() {
    RandomStream random(63);
    json data = input(randomRows(random, 7, 5), randomLabels(random, 7, 5));
    data["target"][0] = {0, 0, 0, 0, 0};
    data["target"][1] = {1, 1, 1, 1, 1};
    auto fault = samplesFault("multilabel_margin", {}, data, [&](size_t i) {
      const auto z = numbersOf(data["prediction"][i]);
      long double sum = 0;
      for (size_t j = 0; j < 5; ++j)
        for (size_t k = 0; k < 5; ++k)
          if (data["target"][i][j] == 1 && data["target"][i][k] == 0)
            sum += positivePart(1 - z[j] + z[k]);
      return sum / 5;
    });
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
    data["mask"] = randomLabels(random, 7, 5);
    data["mask"][3] = {0, 0, 0, 0, 0};
    for (const double negative : {0.0, 0.5, 4.0})
      for (const double positive : {0.0, 2.5})
        for (const double clip : {0.0, 0.05, 0.6})
          for (const bool detached : {false, true}) {
            fault = samplesFault("asymmetric",
                                 {{"gamma_neg", negative},
                                  {"gamma_pos", positive},
                                  {"clip", clip},
                                  {"detach_focus", detached}},
                                 data, [&](size_t i) {
                                   long double sum = 0;
                                   for (size_t k = 0; k < 5; ++k) {
                                     const bool applies = data["target"][i][k] == 1;
                                     if (data["mask"][i][k] == 1)
                                       sum +=
                                           asymmetric(data["prediction"][i][k].get<double>(),
                                                      applies, applies ? positive : negative, clip);
                                   }
                                   return sum;
                                 });
            QVERIFY2(fault.isEmpty(), qPrintable(fault));
          }
  }

  /// Of the sheet, for both settings of detach_focus.
  void asymmetricSlopes() {
    const double gamma = 3, clip = 0.1;
    for (const double x : {-6.0, -1.0, 0.0, 0.7, 5.0}) {
      const double p = 1 / (1 + std::exp(-x)), shifted = p - clip;
      const auto slope = [&](int y, bool detached) {
        return entry(evaluate("asymmetric",
                              {{"gamma_neg", gamma},
                               {"gamma_pos", gamma},
                               {"clip", clip},
                               {"detach_focus", detached}},
                              input({{x}}, {{y}}))
                         .gradient,
                     0);
      };
      const double wrong = std::pow(1 - p, gamma);
      QVERIFY(std::abs(slope(1, true) - wrong * (p - 1)) < 1e-14);
      QVERIFY(std::abs(slope(1, false) - wrong * (gamma * p * std::log(p) + p - 1)) < 1e-14);
      const double ofLog = std::pow(shifted, gamma) / (1 - shifted);
      const double ofFocus = -gamma * std::pow(shifted, gamma - 1) * std::log(1 - shifted);
      QVERIFY(std::abs(slope(0, true) - (shifted > 0 ? p * (1 - p) * ofLog : 0)) < 1e-14);
      QVERIFY(std::abs(slope(0, false) - (shifted > 0 ? p * (1 - p) * (ofLog + ofFocus) : 0)) <
              1e-14);
    }
    // p = clip is dead already, and a clip far below all rounding keeps the tail finite.
    const auto found =
        evaluate("asymmetric", {{"clip", 0.5}, {"gamma_neg", 0}}, input({{0}}, {{0}}));
    QCOMPARE(found.value, 0.0);
    QCOMPARE(entry(found.gradient, 0), 0.0);
    const auto tail = evaluate("asymmetric", {{"clip", 1e-30}}, input({{500}}, {{0}}));
    QVERIFY(std::abs(tail.value - 30 * std::log(10.0)) < 1e-12);
  }

  void kinksHaveNoSlope() {
    const auto none = [](const char* id, const json& prediction, const json& target) {
      return evaluate(id, {}, input(prediction, target)).gradient.abs().max().item<double>() == 0;
    };
    QVERIFY(none("hinge", {1, -1}, {1, 0}));
    QVERIFY(none("multi_margin", {{1, 0, -3}}, {0}));
    QVERIFY(none("crammer_singer", {{1, 0, -3}}, {0}));
    QVERIFY(none("multilabel_margin", {{1, 0, -3}}, {{1, 0, 0}}));
    // Of equals the lower class is the largest.
    for (const char* id : {"crammer_singer", "one_vs_rest"}) {
      json params = json::object();
      if (std::string(id) == "one_vs_rest") params["negatives"] = "hardest";
      const auto found = evaluate(id, params, input({{2, 0, 2, 2}}, {0}));
      QCOMPARE(entry(found.gradient, 1), 0.0);
      QVERIFY(entry(found.gradient, 2) > 0);
      QCOMPARE(entry(found.gradient, 3), 0.0);
    }
  }

  void switchingEqualsTheFormula() {
    RandomStream random(64);
    for (const int samples : {1, 5, 10})
      for (const double fraction : {0.0, 0.3, 0.4, 1.0}) {
        const json rows = randomRows(random, samples, 4);
        json data = input(rows, randomIndices(random, samples, 4));
        if (samples > 1) data["target"][1] = -100;
        const auto lag = [&](size_t i) {
          const auto z = numbersOf(rows[i]);
          const auto y = data["target"][i].get<size_t>();
          return largestOther(z, y) - z[y];
        };
        const auto valid = [&](size_t i) { return data["target"][i] != -100; };
        int counted = 0;
        for (size_t i = 0; i < rows.size(); ++i) counted += valid(i) ? 1 : 0;
        const auto expected = [&](size_t i) -> long double {
          if (!valid(i)) return 0;
          int before = 0;
          for (size_t j = 0; j < rows.size(); ++j) before += valid(j) && lag(j) > lag(i) ? 1 : 0;
          const auto y = data["target"][i].get<size_t>();
          return before < std::floor(fraction * counted) ? 0.7L * oneVsRest(rows[i], y)
                                                         : -logSoftmax(rows[i])[y];
        };
        const auto fault =
            samplesFault("sovr", {{"top_fraction", fraction}, {"lambda", 0.7}}, data, expected);
        QVERIFY2(fault.isEmpty(), qPrintable(fault));
      }
  }

  void switchingTakesTheFirstOfEquals() {
    json rows = json::array(), targets = json::array();
    for (int i = 0; i < 40; ++i) rows.push_back(kTwoRows[1]), targets.push_back(2);
    const auto found = evaluate("sovr", {{"top_fraction", 0.4}}, input(rows, targets)).perSample;
    for (int i = 0; i < 40; ++i)
      QVERIFY(std::abs(entry(found, i) - (i < 16 ? 0.4 * 2.565509 : 1.539546)) < 1e-6);
  }

  void cases_data() {
    caseColumns();
    RandomStream random(65);
    const json rows = randomRows(random, 5, 4), ones{1, 1, 1, 1, 1};
    const json data = input(rows, {3, 0, -100, 1, 3});
    for (const char* id : {"multi_margin", "crammer_singer", "one_vs_rest", "sovr"}) {
      addCase(id, {}, data, ones, 4);
      addCase(id, {}, input(kRow, {1}), {1}, 1);
      addCase(id, {{"ignore_index", 3}}, input(rows, {3, 0, 2, 1, 3}), ones, 3);
    }
    addCase("multi_margin", {{"p", 2}, {"margin", 3}, {"class_weights", {1, 0, 2, 0.5}}}, data,
            ones, 4);
    addCase("one_vs_rest", {{"negatives", "hardest"}}, data, ones, 4);
    addCase("sovr", {{"top_fraction", 0.75}, {"lambda", 2}}, data, ones, 4);
    const json numbers = input(randomNumbers(random, 3), {1, 0, 1});
    json table = input(randomRows(random, 3, 2), {{1, 0}, {0, 1}, {0, 0}});
    json masked = table;
    masked["mask"] = {{1, 1}, {0, 1}, {0, 0}};
    for (const char* id : {"hinge", "soft_margin"}) {
      addCase(id, {}, numbers, {1, 1, 1}, 3);
      addCase(id, {}, table, {2, 2, 2}, 6);
      addCase(id, {}, masked, {2, 1, 0}, 3);
    }
    addCase("hinge", {{"squared", true}, {"margin", 4}}, masked, {2, 1, 0}, 3);
    addCase("multilabel_margin", {}, table, {1, 1, 1}, 3);
    addCase("multilabel_margin", {}, input(rows, randomLabels(random, 5, 4)), ones, 5);
    for (const bool clipped : {false, true}) {
      const json params{{"detach_focus", false}, {"gamma_neg", 1.5}, {"clip", clipped ? 0.2 : 0.0}};
      addCase("asymmetric", params, table, {1, 1, 1}, 3);
      addCase("asymmetric", params, masked, {1, 1, 1}, 2);
      addCase("asymmetric", params, input(rows, randomLabels(random, 5, 4)), ones, 5);
    }
    addCase("asymmetric", {{"detach_focus", false}, {"gamma_neg", 0.5}, {"gamma_pos", 0}}, table,
            {1, 1, 1}, 3);
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
    for (const char* id : {"multi_margin", "crammer_singer", "one_vs_rest", "sovr"}) {
      auto fault = ignoringFault(id, {}, input(kTwoRows, {0, 2}), {"prediction", "target"});
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
      fault = nothingValidFault(id, {}, input(kTwoRows, {-100, -100}));
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
  }

  void maskedLabelsMayHoldAnything() {
    for (const char* id : {"hinge", "soft_margin", "asymmetric"}) {
      json data = input({{1, 2}, {3, -1}}, {{0, 1}, {0, 1}});
      data["mask"] = {{1, 0}, {0, 1}};
      const auto expected = evaluate(id, {}, data);
      for (const double anything : {std::nan(""), 7.0}) {
        data["target"][0][1] = anything;
        const auto found = evaluate(id, {}, data);
        QCOMPARE(found.value, expected.value);
        QCOMPARE(distance(found.gradient, expected.gradient), 0.0);
        QCOMPARE(entry(found.gradient, 1), 0.0);
      }
      data["mask"] = {{0, 0}, {0, 0}};
      const auto fault = nothingValidFault(id, {}, data);
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
  }

  void refuses_data() {
    refusalColumns();
    for (const char* id : {"multi_margin", "crammer_singer", "one_vs_rest", "sovr"})
      addClassRefusals(id, {});
    const json data = input(kRow, {0}), numbers = input({1, 2}, {0, 1});
    addRefusal("multi_margin", {{"p", 3}}, data, ".p: 3 is above 2");
    addRefusal("multi_margin", {{"p", 1.5}}, data, ".p: expected an integer, found 1.5");
    addRefusal("multi_margin", {{"margin", 0}}, data, ".margin: 0 is not above 0");
    addRefusal("multi_margin", {{"class_weights", {1, 2}}}, data,
               ".class_weights: needs one entry a class, 3, found 2");
    addRefusal("crammer_singer", {{"margin", 0}}, data, ".margin: 0 is not above 0");
    addRefusal("crammer_singer", {{"p", 2}}, data,
               ".p: unknown parameter; known: margin, ignore_index, reduction");
    addRefusal("one_vs_rest", {{"negatives", "some"}}, data,
               ".negatives: expected one of all, hardest, found \"some\"");
    addRefusal("sovr", {{"top_fraction", 1.5}}, data, ".top_fraction: 1.5 is above 1");
    addRefusal("sovr", {{"lambda", -1}}, data, ".lambda: -1 is below 0");
    addRefusal("hinge", {{"margin", 0}}, numbers, ".margin: 0 is not above 0");
    addRefusal("asymmetric", {{"gamma_neg", 11}}, numbers, ".gamma_neg: 11 is above 10");
    addRefusal("asymmetric", {{"gamma_pos", -1}}, numbers, ".gamma_pos: -1 is below 0");
    addRefusal("asymmetric", {{"clip", 1}}, numbers, ".clip: 1 is not below 1");
    for (const char* id : {"hinge", "soft_margin"}) {
      addRefusal(id, {}, input({1, 2}, {0, 0.5}), ".target: must be 0 or 1, found 0.5");
      addRefusal(id, {}, input({1, 2}, {{0, 1}}),
                 ".target: must have the shape of prediction [2], found [1, 2]");
    }
    for (const char* id : {"asymmetric", "multilabel_margin"}) {
      addRefusal(id, {}, input({{1, 2}}, {{0, 2}}), ".target: must be 0 or 1, found 2");
      addRefusal(id, {}, numbers, ".prediction: expected logits [N, L], found [2]");
      addRefusal(id, {}, input({{1, 2}}, {{0, 1, 1}}),
                 ".target: must have the shape of prediction [1, 2], found [1, 3]");
      addRefusal(id, {}, input({{1, HUGE_VAL}}, {{0, 1}}),
                 ".prediction: must be finite, found inf");
      addRefusal(id, {}, {{"prediction", {{1, 2}}}}, ".target: is required and missing");
    }
    json masked = input({{1, 2}}, {{0, 1}});
    masked["mask"] = {{1, 2}};
    addRefusal("asymmetric", {}, masked, ".mask: must be 0 or 1, found 2");
    masked["mask"] = {1};
    addRefusal("asymmetric", {}, masked,
               ".mask: must have the shape of prediction [1, 2], found [1]");
  }
  void refuses() {
    const auto fault = refusalFault();
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }
};

EQUIPOISE_TEST(TestMarginLosses)
#include "tst_margin_losses.moc"

#include "tests/core/loss/class_cases.h"
#include "tests/registry.h"

#include <algorithm>

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

const json kCounts{500, 50, 5};

json with(json params, const json& counts = kCounts) {
  params["counts"] = counts;
  return params;
}

json input(const json& rows, const json& target) {
  return {{"prediction", rows}, {"target", target}};
}

/// Weights of the classes, from their effective numbers; 0 without samples.
Wide balanced(const json& counts, double beta) {
  Wide weights;
  long double sum = 0, present = 0;
  for (const double n : counts) {
    const long double b = beta;
    weights.push_back(n > 0 ? (1 - b) / (1 - std::pow(b, static_cast<long double>(n))) : 0);
    sum += weights.back();
    present += n > 0 ? 1 : 0;
  }
  for (auto& weight : weights) weight *= present / sum;
  return weights;
}

}  // namespace

class TestImbalance : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsWorkedNumbers_data() {
    workedColumns();
    const auto add = [](const char* name, const char* id, const json& params, const json& rows,
                        const json& target, double expected) {
      QTest::newRow(name) << QString(id) << with(params) << input(rows, target) << expected;
    };
    const json second{kTwoRows[1]}, cosines{{0.6, -0.1, 0.2}};
    add("A05 frequent", "class_balanced", json::object(), kRow, {0}, 0.006682);
    add("A05 rare", "class_balanced", json::object(), second, {2}, 4.159157);
    add("A06 frequent", "logit_adjusted", json::object(), kRow, {0}, 0.007184);
    add("A06 rare", "logit_adjusted", json::object(), second, {2}, 5.225799);
    add("A07 rare", "ldam", json::object(), cosines, {2}, 27.000000);
    add("A07 frequent", "ldam", json::object(), cosines, {0}, 0.000705);
  }
  void equalsWorkedNumbers() {
    const auto fault = workedFault();
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void weightsAreTheSheets() {
    const json zeros{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}};
    const auto weights = [&](const json& params) {
      return evaluate("class_balanced", params, input(zeros, {0, 1, 2})).perSample / std::log(3.0);
    };
    const auto near = [](const at::Tensor& found, const std::vector<double>& expected) {
      for (size_t k = 0; k < 3; ++k)
        if (std::abs(entry(found, static_cast<std::int64_t>(k)) - expected[k]) > 6e-7) return false;
      return true;
    };
    QVERIFY(near(weights(with(json::object())), {0.027690, 0.270763, 2.701547}));
    QVERIFY(near(weights(with({{"beta", 0.99}})), {0.126130, 0.317223, 2.556647}));
    QVERIFY(near(weights(with({{"beta", 0}})), {1, 1, 1}));
    // A class without samples is left out, of the mean as well.
    QVERIFY(near(weights(with({{"beta", 0}}, {7, 0, 9})), {1, 0, 1}));
    QVERIFY(near(weights(with({{"beta", 1 - 1e-12}}, {30, 0, 10})), {0.5, 0, 1.5}));
  }

  void classBalancedEqualsTheFormula() {
    RandomStream random(51);
    const json counts{40, 3, 0, 1000}, rows = randomRows(random, 9, 4, 3);
    const json data = input(rows, randomIndices(random, 9, 4));
    for (const double beta : {0.0, 0.9, 0.999})
      for (const double gamma : {0.0, 1.5})
        for (const char* base : {"cross_entropy", "binary_cross_entropy", "binary_focal"}) {
          const auto weights = balanced(counts, beta);
          const auto expected = [&](size_t i) {
            const auto y = data["target"][i].get<size_t>();
            const std::string name = base;
            if (name == "cross_entropy") return -weights[y] * logSoftmax(rows[i])[y];
            const auto z = numbersOf(rows[i]);
            long double sum = 0;
            for (size_t k = 0; k < 4; ++k) {
              const long double p = sigmoid(k == y ? z[k] : -z[k]);
              const long double focus = name == "binary_focal"
                                            ? std::pow(1 - p, static_cast<long double>(gamma))
                                            : 1 / 4.0L;
              sum -= focus * std::log(p);
            }
            return weights[y] * sum;
          };
          const auto fault = samplesFault(
              "class_balanced", with({{"beta", beta}, {"gamma", gamma}, {"base", base}}, counts),
              data, expected);
          QVERIFY2(fault.isEmpty(), qPrintable(fault));
        }
  }

  void logitAdjustedEqualsTheFormula() {
    RandomStream random(52);
    const json counts{40, 3, 0, 1000}, rows = randomRows(random, 9, 4, 3);
    const json hard = randomIndices(random, 9, 4), soft = randomDistributions(random, 9, 4);
    for (const double tau : {0.0, 0.6, 2.0}) {
      json shifted = json::array();
      for (const auto& row : rows) {
        json moved = json::array();
        for (size_t k = 0; k < 4; ++k)
          moved.push_back(row[k].get<double>() +
                          tau * std::log(std::max(counts[k].get<double>(), 1.0) / 1043));
        shifted.push_back(moved);
      }
      for (const json& target : {hard, soft}) {
        const auto fault = samplesFault("logit_adjusted", with({{"tau", tau}}, counts),
                                        input(rows, target), [&](size_t i) {
                                          const auto logP = logSoftmax(shifted[i]);
                                          if (!target[i].is_array())
                                            return -logP[target[i].get<size_t>()];
                                          const auto q = numbersOf(target[i]);
                                          long double sum = 0;
                                          for (size_t k = 0; k < 4; ++k) sum -= q[k] * logP[k];
                                          return sum;
                                        });
        QVERIFY2(fault.isEmpty(), qPrintable(fault));
      }
    }
    // Zero logits predict the prior, so the slope begins there.
    const auto start = evaluate("logit_adjusted", with(json::object()), input({{0, 0, 0}}, {1}));
    QVERIFY(std::abs(entry(start.gradient, 0) - 500 / 555.0) < 1e-15);
    QVERIFY(std::abs(entry(start.gradient, 1) - (50 / 555.0 - 1)) < 1e-15);
  }

  void ldamEqualsTheFormula() {
    RandomStream random(53);
    const json counts{40, 3, 11, 1000}, weights{0.5, 2, 1, 0}, rows = randomRows(random, 9, 4, 0.5);
    const json data = input(rows, randomIndices(random, 9, 4));
    for (const json& factors : {json::array(), weights}) {
      const json params =
          with({{"max_margin", 0.8}, {"scale", 7}, {"class_weights", factors}}, counts);
      long double total = 0, sum = 0;
      const auto expected = [&](size_t i) {
        const auto y = data["target"][i].get<size_t>();
        json logits = json::array();
        for (size_t k = 0; k < 4; ++k)
          logits.push_back(7 * (rows[i][k].get<double>() -
                                (k == y ? 0.8 * std::pow(3 / counts[k].get<double>(), 0.25) : 0)));
        const long double w = factors.empty() ? 1 : factors[y].get<double>();
        total += w;
        sum -= w * logSoftmax(logits)[y];
        return -w * logSoftmax(logits)[y];
      };
      const auto fault = samplesFault("ldam", params, data, expected);
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
      QVERIFY(std::abs(evaluate("ldam", params, data).value - static_cast<double>(sum / total)) <
              1e-12);
    }
    // The slope in the own cosine is -s (1 - p).
    const auto found = evaluate("ldam", with(json::object()), input({{0.6, -0.1, 0.2}}, {2}));
    QVERIFY(std::abs(entry(found.gradient, 2) + 30) < 1e-9);
  }

  void cases_data() {
    caseColumns();
    RandomStream random(54);
    const json rows = randomRows(random, 5, 3), ones{1, 1, 1, 1, 1};
    const json data = input(rows, {2, 0, -100, 1, 2});
    for (const char* id : {"class_balanced", "logit_adjusted", "ldam"}) {
      addCase(id, with(json::object()), data, ones, 4);
      addCase(id, with({{"ignore_index", 2}}), input(rows, {2, 0, 0, 1, 2}), ones, 3);
      addCase(id, with(json::object()), input(kRow, {1}), {1}, 1);
      addCase(id, with(json::object()), input(kTwoRows, {1, 1}), {1, 1}, 2);
    }
    for (const char* base : {"binary_cross_entropy", "binary_focal"})
      addCase("class_balanced", with({{"base", base}, {"gamma", 3}, {"beta", 0.9}}, {4, 0, 9}),
              data, ones, 4);
    json soft = input(rows, randomDistributions(random, 5, 3));
    soft["mask"] = {1, 0, 0, 1, 1};
    addCase("logit_adjusted", with({{"tau", 0.5}}), soft, ones, 3);
    addCase("ldam", with({{"scale", 2}, {"class_weights", {0.5, 3, 0.25}}}), data, ones,
            0.25 + 0.5 + 3 + 0.25);
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
    for (const char* id : {"class_balanced", "logit_adjusted", "ldam"}) {
      auto fault = ignoringFault(id, with(json::object()), input(kTwoRows, {0, 2}),
                                 {"prediction", "target"});
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
      fault = nothingValidFault(id, with(json::object()), input(kTwoRows, {-100, -100}));
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
    const auto fault =
        nothingValidFault("ldam", with({{"class_weights", {0, 1, 1}}}), input(kTwoRows, {0, 0}));
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void refuses_data() {
    refusalColumns();
    const json data = input(kRow, {0});
    for (const char* id : {"class_balanced", "logit_adjusted", "ldam"}) {
      addClassRefusals(id, with(json::object()));
      addRefusal(id, {}, data, ".counts: is required and missing (Training samples of each class)");
      addRefusal(id, with(json::object(), {1, 2}), data,
                 ".counts: needs one entry a class, 3, found 2");
      addRefusal(id, with(json::object(), json::array()), data,
                 ".counts: needs one entry a class, 3, found an empty list");
      addRefusal(id, with(json::object(), "many"), data,
                 ".counts: expected a list, found \"many\"");
    }
    for (const char* id : {"class_balanced", "logit_adjusted"}) {
      addRefusal(id, with(json::object(), {0, 0, 0}), data,
                 ".counts: at least one must be above 0, found all 0");
      addRefusal(id, with(json::object(), {1, -1, 2}), data, ".counts[1]: -1 is below 0");
    }
    addRefusal("ldam", with(json::object(), {1, 0, 2}), data, ".counts[1]: 0 is not above 0");
    addRefusal("ldam", with({{"class_weights", {1}}}), data,
               ".class_weights: needs one entry a class, 3, found 1");
    addRefusal("ldam", with({{"max_margin", 0}}), data, ".max_margin: 0 is not above 0");
    addRefusal("ldam", with({{"scale", 0}}), data, ".scale: 0 is not above 0");
    addRefusal("logit_adjusted", with({{"tau", 2.5}}), data, ".tau: 2.5 is above 2");
    addRefusal("class_balanced", with({{"beta", 1}}), data, ".beta: 1 is not below 1");
    addRefusal("class_balanced", with({{"base", "mse"}}), data,
               ".base: expected one of cross_entropy, binary_cross_entropy, binary_focal, found "
               "\"mse\"");
    addRefusal("class_balanced", with({{"gamma", -1}}), data, ".gamma: -1 is below 0");
  }
  void refuses() {
    const auto fault = refusalFault();
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }
};

EQUIPOISE_TEST(TestImbalance)
#include "tst_imbalance.moc"

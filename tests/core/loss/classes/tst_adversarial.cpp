#include "tests/core/loss/class_cases.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

json input(const json& prediction, const json& target) {
  return {{"prediction", prediction}, {"target", target}};
}

json withNatural(json data, const json& natural) {
  data["natural"] = natural;
  return data;
}

json withSteps(json data, const json& steps) {
  data["steps"] = steps;
  return data;
}

long double mart(const json& attacked, const json& natural, size_t y, double beta) {
  const auto p = softmax(attacked), n = softmax(natural);
  long double divergence = 0;
  for (size_t k = 0; k < p.size(); ++k) divergence += n[k] * std::log(n[k] / (p[k] + 1e-12L));
  return -std::log(p[y]) - std::log(1.0001L - largestOther(p, y) + 1e-12L) +
         beta * divergence * (1.0000001L - n[y]);
}

long double flipWeight(const std::string& form, double lambda, double most, double steps) {
  const double u = lambda + 5 * (1 - 2 * steps / most);
  if (form == "tanh") return (1 + std::tanh(static_cast<long double>(u))) / 2;
  return form == "sigmoid" ? sigmoid(u) : (most + 1 - steps) / (most + 1.0L);
}

}  // namespace

class TestAdversarial : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsWorkedNumbers() {
    const json attacked{{1, 0.2, 0.5}};
    const auto mart = evaluate("mart", {}, withNatural(input(attacked, {0}), kRow));
    QVERIFY(std::abs(mart.value - 1.350642) < 6e-7);
    const auto boosted = evaluate("mart", {{"beta", 0}}, withNatural(input(attacked, {0}), kRow));
    QVERIFY(std::abs(boosted.value - 1.070146) < 6e-7);
    const double entropy = evaluate("cross_entropy", {}, input(attacked, {0})).value;
    const double mail = evaluate("mail", {}, input(attacked, {0})).value;
    QVERIFY(std::abs(mail / entropy - 0.466780) < 6e-7);
    const json zeros{{0, 0}, {0, 0}, {0, 0}};
    const auto gairat =
        evaluate("gairat", {}, withSteps(input(zeros, {0, 1, 0}), {0, 5, 10})).perSample;
    const double expected[] = {2.680369, 0.319615, 1.647418e-05};
    for (int i = 0; i < 3; ++i)
      QVERIFY(std::abs(entry(gairat, i) / std::log(2.0) - expected[i]) <
              (i < 2 ? 6e-7 : 6e-7 * expected[i]));
  }

  void equalsTheFormulas() {
    RandomStream random(71);
    for (const int classes : {2, 3, 8}) {
      const json rows = randomRows(random, 7, classes);
      const json data = withNatural(input(rows, randomIndices(random, 7, classes)),
                                    randomRows(random, 7, classes));
      const auto target = [&](size_t i) { return data["target"][i].get<size_t>(); };
      auto fault = samplesFault("mart", {{"beta", 2.5}}, data, [&](size_t i) {
        return mart(rows[i], data["natural"][i], target(i), 2.5);
      });
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
      fault = samplesFault("mail", {{"slope", 10}, {"bias", -0.2}}, data, [&](size_t i) {
        const auto p = softmax(rows[i]);
        const auto y = target(i);
        return -3 * sigmoid(10 * (largestOther(p, y) - p[y] - 0.2L)) * std::log(p[y]);
      });
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
  }

  void flipWeightsEqualTheFormula() {
    RandomStream random(72);
    const json rows = randomRows(random, 6, 3);
    for (const double lambda : {-1.0, 0.0, 3.5})
      for (const int most : {5, 10})
        for (const std::string form : {"tanh", "sigmoid", "discrete"}) {
          const json data =
              withSteps(input(rows, {0, 1, 2, -100, 1, 1}), randomIndices(random, 6, most + 1));
          const auto weight = [&](size_t i) {
            return flipWeight(form, lambda, most, data["steps"][i].get<double>());
          };
          long double sum = 0;
          for (const size_t i : {0, 1, 2, 4, 5}) sum += weight(i);
          const auto fault = samplesFault(
              "gairat", {{"lambda", lambda}, {"max_steps", most}, {"form", form}}, data,
              [&](size_t i) -> long double {
                if (i == 3) return 0;
                return -weight(i) * 5 / sum * logSoftmax(rows[i])[data["target"][i].get<size_t>()];
              });
          QVERIFY2(fault.isEmpty(), qPrintable(fault));
        }
    // Weights that all lie far below the smallest number keep their proportions.
    const auto found = evaluate("gairat", {{"lambda", -2000}},
                                withSteps(input({{0, 0}, {0, 0}}, {0, 1}), {0, 10}));
    QVERIFY(std::abs(found.value - std::log(2.0)) < 1e-14);
    QVERIFY(std::abs(entry(found.perSample, 0) - 2 * std::log(2.0)) < 1e-7);
  }

  /// MAIL's weights are constants: the slope is ω (p - e) / N.
  void weightsAreDetached() {
    RandomStream random(73);
    const json rows = randomRows(random, 4, 3);
    const json data = input(rows, {0, 1, 2, 1});
    const auto found = evaluate("mail", {{"slope", 5}}, data);
    for (size_t i = 0; i < 4; ++i) {
      const auto p = softmax(rows[i]);
      const auto y = data["target"][i].get<size_t>();
      const long double weight = 3 * sigmoid(5 * (largestOther(p, y) - p[y] - 1.5L));
      for (size_t k = 0; k < 3; ++k) {
        const auto expected = static_cast<double>(weight * (p[k] - (k == y ? 1 : 0)) / 4);
        const double slope = entry(found.gradient, static_cast<std::int64_t>(3 * i + k));
        QVERIFY(std::abs(slope - expected) < 1e-14);
      }
    }
  }

  void naturalLogitsGetTheirGradient() {
    auto batch = batchOf("mart", withNatural(input(kTwoRows, {0, 2}), {{1, 2, 3}, {0, 1e4, 0}}));
    batch.fields["natural"].requires_grad_();
    make("mart", {})->evaluate(batch).value.backward();
    const auto& slope = batch.fields["natural"].grad();
    QVERIFY(slope.isfinite().all().item<bool>());
    QVERIFY(slope[0].abs().max().item<double>() > 0);
  }

  void cases_data() {
    caseColumns();
    RandomStream random(74);
    const json rows = randomRows(random, 5, 3), natural = randomRows(random, 5, 3);
    const json ones{1, 1, 1, 1, 1}, steps{0, 10, 3, 6, 1};
    json data = withSteps(withNatural(input(rows, {2, 0, -100, 1, 2}), natural), steps);
    json other = data;
    other["target"] = {2, 0, 0, 1, 2};
    const json single = withSteps(withNatural(input(kRow, {1}), {{0, 1, 2}}), {4});
    for (const char* id : {"mart", "gairat", "mail"}) {
      addCase(id, {}, data, ones, 4);
      addCase(id, {{"ignore_index", 2}}, other, ones, 3);
      addCase(id, {}, single, {1}, 1);
    }
    data["natural"] = {{1e4, 0, 0}, {0, -1e4, 1e4}, {0, 0, 0}, {1, 1, 1}, {0, 40, 0}};
    addCase("mart", {{"beta", 1}}, data, ones, 4);
    for (const char* form : {"sigmoid", "discrete"})
      addCase("gairat", {{"form", form}, {"lambda", 2}, {"max_steps", 12}}, data, ones, 4);
    addCase("mail", {{"slope", 0}}, data, ones, 4);
  }

  void gradientIsThatOfTheValue_data() { cases_data(); }
  void gradientIsThatOfTheValue() {
    const auto c = fetchCase();
    if (c.id == "mail" && !c.params.contains("slope")) return;  // detached; see above
    const auto fault = gradientFault(c);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void properties_data() { cases_data(); }
  void properties() {
    const auto fault = propertyFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void ignoredSamplesCountNothing() {
    const json data =
        withSteps(withNatural(input(kTwoRows, {0, 2}), {{1, 2, 3}, {0, 1, 0}}), {1, 7});
    for (const char* id : {"mart", "gairat", "mail"}) {
      auto fault = ignoringFault(id, {}, data, {"prediction", "target", "natural", "steps"});
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
      json nothing = data;
      nothing["target"] = {-100, -100};
      fault = nothingValidFault(id, {}, nothing);
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
  }

  void ignoredSamplesMayHaveAnySteps() {
    const json data = input(kTwoRows, {0, -100});
    const double expected = evaluate("cross_entropy", {}, data).value;
    for (const char* form : {"tanh", "sigmoid", "discrete"})
      for (const int steps : {-100, 11, 1000}) {
        const auto found = evaluate("gairat", {{"form", form}}, withSteps(data, {3, steps}));
        QVERIFY(std::abs(found.value - expected) < 1e-15);
        QVERIFY(found.gradient.isfinite().all().item<bool>());
      }
  }

  void refuses_data() {
    refusalColumns();
    addClassRefusals("mail", {});
    const json data = input(kRow, {0});
    addRefusal("mart", {}, data, ".natural: is required and missing");
    addRefusal("mart", {}, withNatural(data, {{1, 2}}),
               ".natural: must have the shape of prediction [1, 3], found [1, 2]");
    addRefusal("mart", {}, withNatural(data, {{1, 2, std::nan("")}}),
               ".natural: must be finite, found nan");
    addRefusal("mart", {{"beta", -1}}, withNatural(data, kRow), ".beta: -1 is below 0");
    addRefusal("mart", {}, withNatural(input(kRow, {7}), kRow),
               ".target: classes go from 0 to 2 (-100 = ignored), found 7");
    addRefusal("gairat", {}, data, ".steps: is required and missing");
    addRefusal("gairat", {}, withSteps(data, {1, 2}),
               ".steps: must have the shape of the samples [1], found [2]");
    addRefusal("gairat", {}, withSteps(data, {0.5}), ".steps: must be integers, found 0.5");
    addRefusal("gairat", {}, withSteps(data, {11}),
               ".steps: go from 0 to 10 (max_steps), found 11");
    addRefusal("gairat", {{"max_steps", 0}}, withSteps(data, {0}), ".max_steps: 0 is not above 0");
    addRefusal("gairat", {{"form", "step"}}, withSteps(data, {0}),
               ".form: expected one of tanh, sigmoid, discrete, found \"step\"");
  }
  void refuses() {
    const auto fault = refusalFault();
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }
};

EQUIPOISE_TEST(TestAdversarial)
#include "tst_adversarial.moc"

#include "tests/core/loss/loss_support.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

const char* const kIds[] = {"cosface", "arcface", "sphereface"};
const double kPi = std::acos(-1.0);

double number(const json& params, const char* name, double fallback) {
  return object(params).value(name, fallback);
}

/// The cosine of the own class after the margin, by its angle.
double withMargin(const std::string& id, const json& params, double x) {
  const double angle = std::acos(x);
  if (id == "cosface") return x - number(params, "margin", 0.35);
  if (id == "arcface") {
    const double m = number(params, "margin", 0.5);
    return angle + m > kPi ? x - m * std::sin(m) : std::cos(angle + m);
  }
  const int m = object(params).value("margin", 4);
  const int k = std::min(static_cast<int>(angle * m / kPi), m - 1);
  return (k % 2 == 0 ? 1 : -1) * std::cos(m * angle) - 2 * k;
}

double crossEntropy(const std::string& id, const json& params, std::vector<double> x, int y) {
  const double s = number(params, "scale", id == "sphereface" ? 1 : 64);
  const auto own = static_cast<size_t>(y);
  x[own] = withMargin(id, params, x[own]);
  double most = x[0], sum = 0;
  for (const double entry : x) most = std::max(most, entry);
  for (const double entry : x) sum += std::exp(s * (entry - most));
  return std::log(sum) + s * (most - x[own]);
}

json randomCosines(RandomStream& random, int rows, int columns) {
  json all = json::array();
  for (int i = 0; i < rows; ++i) {
    json row = json::array();
    for (int k = 0; k < columns; ++k) row.push_back(2 * random.uniform() - 1);
    all.push_back(row);
  }
  return all;
}

std::vector<json> variantsOf(const std::string& id) {
  if (id == "sphereface") {
    std::vector<json> all{json(), {{"scale", 30}}};
    for (int m = 1; m <= 8; ++m) all.push_back({{"margin", m}, {"scale", 0.5 * m}});
    return all;
  }
  return {json(), {{"scale", 4}}, {{"scale", 10}, {"margin", 0}}, {{"scale", 3}, {"margin", 1.2}}};
}

}  // namespace

class TestAngular : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsWorkedNumbers() {
    const json input{{"prediction", {{0.6, -0.1, 0.2}}}, {"target", {0}}};
    QVERIFY(std::abs(evaluate("cosface", {}, input).value - 0.039953) < 6e-7);
    QVERIFY(std::abs(evaluate("arcface", {}, input).value - 3.673142) < 6e-7);
  }

  void equalsTheFormulas() {
    RandomStream random(95);
    const json input{{"prediction", randomCosines(random, 60, 4)},
                     {"target", randomIndices(random, 60, 4)}};
    for (const std::string id : kIds)
      for (const auto& params : variantsOf(id)) {
        const auto found = evaluate(id, params, input).perSample;
        for (size_t i = 0; i < 60; ++i) {
          const double expected =
              crossEntropy(id, params, input["prediction"][i].get<std::vector<double>>(),
                           input["target"][i].get<int>());
          const double error = entry(found, static_cast<std::int64_t>(i)) - expected;
          QVERIFY2(std::abs(error) < 1e-11 * (1 + expected),
                   qPrintable(QString::number(error) + " " + QString::fromStdString(id)));
        }
      }
  }

  void cases_data() {
    caseColumns();
    RandomStream random(96);
    const json all{{"prediction", randomCosines(random, 5, 3)}, {"target", {0, 2, 1, 1, 0}}};
    json some = all, none = all;
    some["target"] = {0, -100, 1, -100, 0};
    none["target"] = {-100, -100, -100, -100, -100};
    const json one{{"prediction", {{0.25, -0.45}}}, {"target", {1}}};
    for (const std::string id : kIds)
      for (const auto& params : variantsOf(id)) {
        addCase(id.c_str(), params, all, {1, 1, 1, 1, 1}, 5);
        addCase(id.c_str(), params, some, {1, 1, 1, 1, 1}, 3);
        addCase(id.c_str(), params, one, {1}, 1);
        addCase(id.c_str(), params, none, {1, 1, 1, 1, 1}, 1);
      }
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

  /// 1 is the largest cosine; what lies beyond never passes the checks, but must not give NaN.
  void extremeNumbersStayFinite_data() { cases_data(); }
  void extremeNumbersStayFinite() {
    for (const double size : {1.0, 1e4, 1e-30}) {
      const auto fault = extremeFault(fetchCase(), size);
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
  }

  void endsOfTheCircleAreExact() {
    const auto ownAt = [](const char* id, const json& params, double x) {
      // Against a far logit the loss is s (x_k - x'_y).
      const json input{{"prediction", {{x, 1}}}, {"target", {0}}};
      json scaled = object(params);
      scaled["scale"] = 1e6;
      return 1 - evaluate(id, scaled, input).value / 1e6;
    };
    for (const double x : {-1.0, -0.999999}) {
      QVERIFY(std::abs(ownAt("arcface", {}, x) - (x - 0.5 * std::sin(0.5))) < 1e-12);
      QVERIFY(std::abs(ownAt("sphereface", {}, x) - withMargin("sphereface", {}, x)) < 1e-9);
    }
    QVERIFY(std::abs(ownAt("arcface", {}, 1) - std::cos(0.5)) < 1e-12);
    QVERIFY(std::abs(ownAt("sphereface", {}, -1) + 7) < 1e-12);
  }

  // Bug: the clamp of the cosine took the slope away where it is exactly 1 or -1.
  void sphereFaceKeepsItsSlopeAtTheEnds() {
    for (const double x : {1.0, -1.0})
      for (int m = 1; m <= 8; ++m) {
        const json input{{"prediction", {{x, 0.25}}}, {"target", {0}}};
        const double own = withMargin("sphereface", {{"margin", m}}, x);
        const double slope = -m * m / (1 + std::exp(own - 0.25));
        const auto found = evaluate("sphereface", {{"margin", m}}, input).gradient;
        QVERIFY(std::abs(entry(found, 0) - slope) < 1e-12 * m * m);
      }
  }

  void refuses() {
    const auto refused = [](const std::string& id, const json& params, const json& input,
                            const char* expected) {
      QCOMPARE(message(id, params, input), QString::fromStdString(id) + expected);
    };
    const json good{{"prediction", {{0.5, 0}}}, {"target", {0}}};
    json outside = good, beyond = good, flat = good;
    outside["prediction"] = {{0.5, -1.5}};
    beyond["target"] = {2};
    flat["prediction"] = {0.5};
    for (const std::string id : kIds) {
      refused(id, {{"scale", 0}}, good, ".scale: 0 is not above 0");
      refused(id, {}, beyond, ".target: classes go from 0 to 1 (-100 = ignored), found 2");
      refused(id, {}, flat, ".prediction: expected logits [N, C] with C of at least 2, found [1]");
      refused(id, {}, {{"prediction", {{0.5, 0}}}}, ".target: is required and missing");
    }
    for (const char* id : {"arcface", "sphereface"})
      refused(id, {}, outside, ".prediction: cosines go from -1 to 1, found -1.5");
    refused("cosface", {{"margin", -1}}, good, ".margin: -1 is below 0");
    refused("arcface", {{"margin", 1.6}}, good, ".margin: 1.6 is above 1.5707963267948966");
    refused("sphereface", {{"margin", 9}}, good, ".margin: 9 is above 8");
    QVERIFY(message("sphereface", {{"margin", 2.5}}, good).startsWith("sphereface.margin:"));
    QVERIFY(message("arcface", {{"margin", kPi / 2}}, good).isEmpty());
  }
};

EQUIPOISE_TEST(TestAngular)
#include "tst_angular.moc"

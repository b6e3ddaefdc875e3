#include "tests/core/loss/loss_support.h"
#include "tests/registry.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

const json kDepth{{"prediction", {{2, 3, 5}}}, {"target", {{1.8, 3.3, 4}}}};
const json kNormals{{"prediction", {{0.1, 0.2, 0.97}, {0, 0.6, 0.8}}},
                    {"target", {{0, 0, 1}, {0, 0.8, 0.6}}}};

bool near(double found, double expected, double tolerance = 1e-13) {
  if (std::abs(found - expected) <= tolerance * (1 + std::abs(expected))) return true;
  qWarning("found %.12g, expected %.12g", found, expected);
  return false;
}

double number(const json& rows, size_t i, size_t k) {
  return rows[i][k].get<double>();
}

json positiveRows(RandomStream& random, int rows, int columns) {
  auto all = randomRows(random, rows, columns, 1);
  for (auto& row : all)
    for (auto& value : row) value = 0.2 + std::abs(value.get<double>());
  return all;
}

/// Three images of five pixels: unknown depths, masked ones, and one image without any.
json images(RandomStream& random) {
  json input{{"prediction", positiveRows(random, 3, 5)}, {"target", positiveRows(random, 3, 5)}};
  input["target"][0][1] = 0;
  input["target"][1][4] = 0;
  input["mask"] = {{1, 1, 0, 1, 1}, {1, 1, 1, 1, 1}, {0, 0, 0, 0, 0}};
  return input;
}

/// The pixels that count in `images`, by a plain reading of the sheet.
bool counts(const json& input, size_t i, size_t k) {
  return input["mask"][i][k] != 0 && number(input["target"], i, k) > 0;
}

/// Mean of an image's valid pixels, and of all of them.
template <typename Term>
std::vector<double> pooledMeans(const json& input, const Term& term) {
  std::vector<double> means;
  double all = 0, pixels = 0;
  for (size_t i = 0; i < 3; ++i) {
    double sum = 0, n = 0;
    for (size_t k = 0; k < 5; ++k)
      if (counts(input, i, k)) {
        sum += term(number(input["prediction"], i, k), number(input["target"], i, k));
        n += 1;
      }
    means.push_back(sum / std::max(n, 1.0));
    all += sum, pixels += n;
  }
  means.push_back(all / pixels);
  return means;
}

double silog(const json& input, size_t i, double lambda) {
  double n = 0, sum = 0, squares = 0;
  for (size_t k = 0; k < 5; ++k)
    if (counts(input, i, k)) {
      const double d =
          std::log(number(input["prediction"], i, k)) - std::log(number(input["target"], i, k));
      n += 1, sum += d, squares += d * d;
    }
  return squares / n - lambda * sum * sum / n / n;
}

}  // namespace

class TestDepth : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsWorkedNumbers() {
    const auto worked = [](const char* id, const json& params, const json& input, double expected) {
      QVERIFY2(near(evaluate(id, params, input).value, expected, 6e-7), id);
    };
    const json sheet{{"prediction", {2.5, 0, 2, 8}}, {"target", {3, -0.5, 2, 7}}};
    worked("berhu", {}, sheet, 1.0125);
    worked("silog", {}, kDepth, 0.020305);
    worked("silog", {{"lambda", 1}}, kDepth, 0.017284);
    worked("silog", {{"lambda", 0.85}, {"root", true}}, kDepth, 1.348708);
    worked("inverse_depth_l1", {}, kDepth, 0.045286);
    worked("depth_l1", {}, kDepth, 0.5);
    worked("normal_cosine", {}, kNormals, 0.032778);
    const double radian = std::acos(-1.0) / 180;
    worked("normal_cosine", {{"form", "angular"}}, kNormals, (12.981193 + 16.260205) / 2 * radian);
  }

  void berhuEqualsTheFormula() {
    RandomStream random(31);
    json input{{"prediction", randomRows(random, 4, 3)}, {"target", randomRows(random, 4, 3)}};
    input["mask"] = {{1, 0, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 0}};
    input["prediction"][0][1] = 1e5;  // masked: its error is not the largest
    for (const double fraction : {0.05, 0.2, 0.7, 1.5}) {
      double largest = 0, sum = 0, n = 0;
      const auto size = [&](size_t i, size_t k) {
        return std::abs(number(input["prediction"], i, k) - number(input["target"], i, k));
      };
      for (size_t i = 0; i < 4; ++i)
        for (size_t k = 0; k < 3; ++k)
          if (input["mask"][i][k] == 1) largest = std::max(largest, size(i, k));
      const double c = fraction * largest;
      const auto found = evaluate("berhu", {{"fraction", fraction}}, input);
      for (size_t i = 0; i < 4; ++i)
        for (size_t k = 0; k < 3; ++k) {
          const auto slope = entry(found.gradient, static_cast<std::int64_t>(3 * i + k)) * 7;
          if (input["mask"][i][k] == 0) {
            QCOMPARE(slope, 0.0);
            continue;
          }
          const double a = size(i, k);
          const double sign =
              number(input["prediction"], i, k) > number(input["target"], i, k) ? 1 : -1;
          sum += a <= c ? a : (a * a + c * c) / (2 * c);
          n += 1;
          // The corner is a constant in the gradient.
          QVERIFY(near(slope, sign * (a <= c ? 1 : a / c)));
        }
      QVERIFY(near(found.value, sum / n));
      QVERIFY(!found.perSample.defined());
    }
  }

  void berhuWithoutErrorsIsZero() {
    const auto none = evaluate("berhu", {}, {{"prediction", {1, 2}}, {"target", {1, 2}}});
    QCOMPARE(none.value, 0.0);
    QCOMPARE(none.gradient.abs().max().item<double>(), 0.0);
    const json input{{"prediction", {{1, 2}, {3, 8}}}, {"target", {{1, 1}, {1, 1}}}};
    // c = 1.4; values 0, 1 | (4 + 1.96) / 2.8, (49 + 1.96) / 2.8
    const double sum = 0.5 + (5.96 + 50.96) / 2.8 / 2;
    QVERIFY(near(evaluate("berhu", {{"reduction", "sum"}}, input).value, sum));
    QVERIFY(near(evaluate("berhu", {}, input).value, sum / 2));
  }

  void silogEqualsTheFormula() {
    RandomStream random(32);
    const auto input = images(random);
    for (const double lambda : {0.0, 0.5, 0.85, 1.0})
      for (const bool root : {false, true}) {
        const auto found =
            evaluate("silog", {{"lambda", lambda}, {"root", root}, {"scale", 3}}, input);
        double sum = 0;
        for (size_t i = 0; i < 2; ++i) {
          double image = silog(input, i, lambda);
          if (root) image = 3 * std::sqrt(image + 1e-9);
          QVERIFY(near(entry(found.perSample, static_cast<std::int64_t>(i)), image));
          sum += image;
        }
        QCOMPARE(entry(found.perSample, 2), 0.0);
        QVERIFY(near(found.value, sum / 2));
      }
  }

  void silogDoesNotSeeAScale() {
    // One pixel, or a common factor: no spread. Single precision must not go below 0 there.
    for (const auto type : {at::kDouble, at::kFloat}) {
      auto batch = batchOf("silog", {{"prediction", {{2.7, 5.4, 8.1}}}, {"target", {{1, 2, 3}}}});
      batch.prediction = batch.prediction.to(type);
      const auto found = evaluate(*make("silog", {{"lambda", 1}, {"root", true}}), batch);
      QVERIFY(near(found.value, 10 * std::sqrt(1e-9), 1e-5));
      QVERIFY(found.gradient.isfinite().all().item<bool>());
    }
  }

  void depthErrorsEqualTheFormulas() {
    RandomStream random(33);
    const auto input = images(random);
    const auto compare = [&](const char* id, const json& params, const auto& term) {
      const auto expected = pooledMeans(input, term);
      const auto found = evaluate(id, params, input);
      for (size_t i = 0; i < 3; ++i)
        QVERIFY(near(entry(found.perSample, static_cast<std::int64_t>(i)), expected[i]));
      QVERIFY(near(found.value, expected[3]));
    };
    compare("inverse_depth_l1", {}, [](double p, double y) { return std::abs(1 / p - 1 / y); });
    compare("inverse_depth_l1", {{"disparity", true}},
            [](double p, double y) { return std::abs(p - 1 / y); });
    compare("depth_l1", {}, [](double p, double y) { return std::abs(p - y); });
  }

  void depthsThatCount() {
    // Below 0 is no depth, but for depth_l1 only 0 is unknown.
    const json input{{"prediction", {{1, 2, 4}}}, {"target", {{-1, 0, 2}}}};
    QCOMPARE(evaluate("depth_l1", {}, input).value, 2.0);
    QCOMPARE(evaluate("inverse_depth_l1", {}, input).value, 0.25);
    QVERIFY(near(evaluate("silog", {{"lambda", 0}}, input).value, std::pow(std::log(2.0), 2)));
    // Nothing but sky: disparity 0.
    const json far{{"prediction", {{4, 2}}}, {"target", {{HUGE_VAL, 2}}}};
    const auto found = evaluate("inverse_depth_l1", {}, far);
    QCOMPARE(found.value, 0.125);
    QCOMPARE(entry(found.gradient, 0), -1.0 / 32);
    QCOMPARE(entry(found.gradient, 1), 0.0);
  }

  void normalsEqualTheFormula() {
    RandomStream random(34);
    const int pixels = 4;
    json input;
    for (const char* field : {"prediction", "target"})
      input[field] = {randomRows(random, 3, pixels), randomRows(random, 3, pixels)};
    const auto component = [&](const char* field, size_t i, size_t k, size_t p) {
      return input[field][i][k][p].get<double>();
    };
    for (size_t i = 0; i < 2; ++i)
      for (size_t p = 0; p < pixels; ++p) {
        const double length = std::hypot(component("target", i, 0, p), component("target", i, 1, p),
                                         component("target", i, 2, p));
        for (size_t k = 0; k < 3; ++k)
          input["target"][i][k][p] = component("target", i, k, p) / length;
      }
    // Valid although its components sum to 0; and one that is unknown.
    const double half = std::sqrt(0.5);
    const double values[2][3] = {{half, -half, 0}, {0, 0, 0}};
    for (size_t k = 0; k < 3; ++k)
      for (size_t p = 0; p < 2; ++p) input["target"][0][k][p] = values[p][k];
    input["mask"] = {{1, 1, 0, 1}, {1, 1, 1, 1}};
    for (const char* form : {"cosine", "angular"}) {
      const auto found = evaluate("normal_cosine", {{"form", form}}, input);
      double all = 0;
      for (size_t i = 0; i < 2; ++i) {
        double sum = 0;
        for (size_t p = 0; p < pixels; ++p) {
          if (i == 0 && (p == 1 || p == 2)) continue;
          double dot = 0, square = 0;
          for (size_t k = 0; k < 3; ++k) {
            dot += component("prediction", i, k, p) * component("target", i, k, p);
            square += std::pow(component("prediction", i, k, p), 2);
          }
          const double cosine = dot / std::sqrt(square);
          sum += form == std::string("cosine") ? 1 - cosine : std::acos(cosine);
        }
        QVERIFY(near(entry(found.perSample, static_cast<std::int64_t>(i)), sum / (i == 0 ? 2 : 4)));
        all += sum;
      }
      QVERIFY(near(found.value, all / 6));
    }
  }

  /// A task has its maps one after the other in a row, and its mask counts a vector whole.
  void normalsOfATaskAreMaps() {
    const eq::TaskInfo task{"normals", eq::TaskKind::regression, 18, {}, {}, {2, 3}, {}};
    eq::loss::Batch maps;
    maps.prediction = at::randn({4, 3, 6}, at::kDouble);
    maps.target = at::randn({4, 3, 6}, at::kDouble);
    maps.target = maps.target / maps.target.norm(2, 1, true);
    maps.fields["mask"] = at::ones({4, 6}, at::kDouble);
    maps.fields["mask"].narrow(0, 1, 2).narrow(1, 2, 3).zero_();
    auto flat = maps;
    flat.prediction = maps.prediction.flatten(1);
    flat.target = maps.target.flatten(1);
    flat.fields["mask"] = at::ones({4, 3, 6}, at::kDouble);
    flat.fields["mask"].copy_(maps.field("mask").unsqueeze(1).expand({4, 3, 6}));
    flat.fields["mask"][0][1][5].fill_(0);  // one number of a vector
    maps.fields["mask"][0][5].fill_(0);
    flat.fields["mask"] = flat.fields["mask"].flatten(1);
    flat.task = &task;
    const auto loss = eq::loss::catalog().create("normal_cosine", nlohmann::json::object(), "loss");
    loss->check(flat);
    const auto found = loss->evaluate(flat, true), expected = loss->evaluate(maps, true);
    QVERIFY(found.value.equal(expected.value) && found.perSample.equal(expected.perSample));
    auto depths = task;
    depths.width = 6;
    QVERIFY_THROWS_EXCEPTION(eq::Error, loss->readouts(depths));
    QCOMPARE(loss->readouts(task)[0].outputs, std::int64_t{18});
  }

  void normalsAtTheirLimits() {
    const auto of = [](const char* form, const json& prediction) {
      return evaluate("normal_cosine", {{"form", form}},
                      {{"prediction", {prediction}}, {"target", {{0, 0, 1}}}});
    };
    QCOMPARE(of("cosine", {0, 0, 7}).value, 0.0);
    QCOMPARE(of("cosine", {0, 0, -7}).value, 2.0);
    QVERIFY(near(of("angular", {0, 0, 2}).value, std::acos(1 - 1e-6)));
    QVERIFY(near(of("angular", {0, 0, -2}).value, std::acos(-1 + 1e-6)));
    QCOMPARE(entry(of("angular", {0, 0, 2}).gradient, 2), 0.0);
    // Shorter than the smallest norm the length no longer matters.
    QCOMPARE(of("cosine", {0, 0, 0}).value, 1.0);
    QVERIFY(near(of("cosine", {0, 0, 5e-7}).value, 0.5));
    QVERIFY(near(entry(of("cosine", {0, 0, 0}).gradient, 2), -1e6));
  }

  void cases_data() {
    caseColumns();
    RandomStream random(35);
    const auto input = images(random);
    for (const double lambda : {0.5, 1.0})
      for (const bool root : {false, true})
        addCase("silog", {{"lambda", lambda}, {"root", root}}, input, {1, 1, 0}, 2);
    addCase("inverse_depth_l1", {}, input, {3, 4, 0}, 7);
    addCase("inverse_depth_l1", {{"disparity", true}}, input, {3, 4, 0}, 7);
    addCase("depth_l1", {}, input, {3, 4, 0}, 7);
    json maps;
    for (const char* field : {"prediction", "target"})
      maps[field] = {positiveRows(random, 2, 3), positiveRows(random, 2, 3)};
    for (const char* id : {"silog", "inverse_depth_l1", "depth_l1"})
      addCase(id, {}, maps, id == std::string("silog") ? json{1, 1} : json{6, 6},
              id == std::string("silog") ? 2 : 12);
    json normals;
    for (const char* field : {"prediction", "target"})
      normals[field] = {randomRows(random, 3, 4, 0.4), randomRows(random, 3, 4, 0.4)};
    normals["mask"] = {{1, 1, 0, 1}, {0, 0, 1, 0}};
    addCase("normal_cosine", {}, normals, {3, 1}, 4);
    addCase("normal_cosine", {{"form", "angular"}}, kNormals, {1, 1}, 2);
  }

  void gradientIsThatOfTheValue_data() { cases_data(); }
  void gradientIsThatOfTheValue() {
    const auto fault = gradientFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void meanGoesByPerSample_data() { cases_data(); }
  void meanGoesByPerSample() {
    const auto c = fetchCase();
    const auto found = evaluate(c.id, c.params, c.input);
    double sum = 0;
    for (size_t i = 0; i < c.weights.size(); ++i)
      sum += c.weights[i].get<double>() * entry(found.perSample, static_cast<std::int64_t>(i));
    QVERIFY(near(found.value, sum / c.divisor));
    const auto batch = batchOf(c.id, c.input);
    QCOMPARE(distance(make(c.id, c.params)->evaluate(batch).value,
                      make(c.id, c.params)->evaluate(batch, true).value),
             0.0);
  }

  void singlePrecisionAgrees_data() { cases_data(); }
  void singlePrecisionAgrees() {
    const auto fault = singlePrecisionFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void extremeNumbersStayFinite_data() { cases_data(); }
  void extremeNumbersStayFinite() {
    const auto c = fetchCase();
    for (const double size : {1e4, 1e-4}) {
      const auto loss = make(c.id, c.params);
      auto batch = batchOf(c.id, c.input);
      for (const auto type : {at::kDouble, at::kFloat}) {
        batch.prediction = batch.prediction.to(type) * size;
        const auto found = evaluate(*loss, batch);
        QVERIFY(std::isfinite(found.value));
        QVERIFY(found.gradient.isfinite().all().item<bool>());
      }
    }
  }

  void maskedPlacesMayHoldAnything() {
    for (const char* id : {"silog", "inverse_depth_l1", "depth_l1", "berhu"}) {
      const json input{
          {"prediction", {{1, 2, 3}}}, {"target", {{0.5, 5, 1}}}, {"mask", {{1, 0, 1}}}};
      const auto expected = evaluate(id, {}, input);
      for (const double anything : {std::nan(""), HUGE_VAL, -1.0, 0.0}) {
        json other = input;
        other["target"][0][1] = anything;
        other["prediction"][0][1] = std::isfinite(anything) ? anything : 1e300;
        const auto found = evaluate(id, {}, other);
        QCOMPARE(found.value, expected.value);
        QCOMPARE(distance(found.gradient, expected.gradient), 0.0);
      }
    }
  }

  void nothingValidIsZero() {
    const json depth{{"prediction", {{1, 2}}}, {"target", {{3, 0}}}, {"mask", {{0, 1}}}};
    const json normals{
        {"prediction", {{1, 2, 3}}}, {"target", {{std::nan(""), 0, 1}}}, {"mask", {0}}};
    json none = depth;
    none["mask"] = {{0, 0}};
    const auto zero = [](const char* id, const json& params, const json& input) {
      const auto found = evaluate(id, params, input);
      QCOMPARE(found.value, 0.0);
      QCOMPARE(found.gradient.abs().max().item<double>(), 0.0);
    };
    for (const char* id : {"silog", "inverse_depth_l1", "depth_l1"}) zero(id, {}, depth);
    zero("silog", {{"root", true}}, depth);
    zero("berhu", {}, none);
    zero("normal_cosine", {}, normals);
    zero("normal_cosine", {{"form", "angular"}}, normals);
  }

  void refuses() {
    const auto refused = [](const char* id, const json& params, const json& input,
                            const char* expected) {
      QCOMPARE(message(id, params, input), QString(id) + expected);
    };
    const json y{{1, 2}};
    for (const char* id : {"silog", "inverse_depth_l1", "depth_l1"}) {
      refused(id, {}, {{"prediction", {1, 2}}, {"target", {1, 2}}},
              ".prediction: expected images [N, pixels], found [2]");
      refused(id, {}, {{"prediction", y}}, ".target: is required and missing");
      refused(id, {}, {{"prediction", y}, {"target", {{1, 2, 3}}}},
              ".target: must have the shape of prediction [1, 2], found [1, 3]");
      refused(id, {}, {{"prediction", y}, {"target", y}, {"mask", {{1, 2}}}},
              ".mask: must be 0 or 1, found 2");
      refused(id, {}, {{"prediction", {{1, std::nan("")}}}, {"target", y}},
              ".prediction: must be finite, found nan");
    }
    refused("silog", {}, {{"prediction", y}, {"target", {{1, HUGE_VAL}}}},
            ".target: must be finite, found inf");
    refused("inverse_depth_l1", {}, {{"prediction", y}, {"target", {{1, std::nan("")}}}},
            ".target: must be a number, found nan");
    refused("silog", {}, {{"prediction", {{1, -2}}}, {"target", y}},
            ".prediction: must be above 0 where the target is valid, found -2");
    refused("inverse_depth_l1", {}, {{"prediction", {{1, 0}}}, {"target", y}},
            ".prediction: must not be 0 where the target is valid, found 0");
    QVERIFY(message("inverse_depth_l1", {{"disparity", true}},
                    {{"prediction", {{1, 0}}}, {"target", y}})
                .isEmpty());
    refused("silog", {{"lambda", 1.5}}, kDepth, ".lambda: 1.5 is above 1");
    refused("berhu", {{"fraction", 0}}, kDepth, ".fraction: 0 is not above 0");
    refused("normal_cosine", {}, {{"prediction", {{1, 2}}}, {"target", {{1, 2}}}},
            ".prediction: expected vectors [N, 3] or [N, 3, pixels], found [1, 2]");
    refused("normal_cosine", {}, {{"prediction", {{1, 2, 3}}}, {"target", {1, 2, 3}}},
            ".target: must have the shape of prediction [1, 3], found [3]");
    json masked = kNormals;
    masked["mask"] = {{1, 1, 1}, {1, 1, 1}};
    refused("normal_cosine", {}, masked,
            ".mask: must have the shape of prediction without its axis of 3 [2], found [2, 3]");
  }
};

EQUIPOISE_TEST(TestDepth)
#include "tst_depth.moc"

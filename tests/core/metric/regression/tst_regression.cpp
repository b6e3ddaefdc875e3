#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

namespace {

/// Pairs of an output that count.
struct Pairs {
  Row prediction, target;
};

std::vector<Pairs> outputsOf(const json& input) {
  const bool wide = input["prediction"][0].is_array();
  std::vector<Pairs> outputs(wide ? input["prediction"][0].size() : 1);
  for (size_t i = 0; i < input["prediction"].size(); ++i)
    for (size_t d = 0; d < outputs.size(); ++d) {
      const auto at = [&](const char* name) {
        return (wide ? input[name][i][d] : input[name][i]).get<double>();
      };
      if (input.contains("mask") && at("mask") == 0) continue;
      outputs[d].prediction.push_back(at("prediction"));
      outputs[d].target.push_back(at("target"));
    }
  return outputs;
}

bool isConstant(const Row& values) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; });
}

double covariance(const Row& a, const Row& b, double ddof) {
  const double meanA = mean(a), meanB = mean(b);
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - meanA) * (b[i] - meanB);
  return sum / (static_cast<double>(a.size()) - ddof);
}

/// 1 + the number below + half of the number of equal others.
Row ranks(const Row& values) {
  Row all;
  for (const double value : values) {
    double below = 0, equal = 0;
    for (const double other : values) below += other < value, equal += other == value;
    all.push_back(below + (equal + 1) / 2);
  }
  return all;
}

double spearman(const Pairs& pairs) {
  if (isConstant(pairs.prediction) || isConstant(pairs.target)) return std::nan("");
  const auto a = ranks(pairs.prediction), b = ranks(pairs.target);
  return covariance(a, b, 0) / std::sqrt(covariance(a, a, 0) * covariance(b, b, 0));
}

double concordance(const Pairs& pairs, double ddof) {
  const auto &x = pairs.prediction, &y = pairs.target;
  if (isConstant(x) || isConstant(y)) return std::nan("");
  return 2 * covariance(x, y, ddof) /
         (covariance(x, x, ddof) + covariance(y, y, ddof) + std::pow(mean(x) - mean(y), 2));
}

double determination(const Pairs& pairs) {
  if (isConstant(pairs.target)) return std::nan("");
  double residual = 0;
  for (size_t i = 0; i < pairs.target.size(); ++i)
    residual += std::pow(pairs.prediction[i] - pairs.target[i], 2);
  return 1 - residual / (covariance(pairs.target, pairs.target, 0) *
                         static_cast<double>(pairs.target.size()));
}

template <typename Score>
json meanOfOutputs(const std::vector<Pairs>& outputs, Score score) {
  Row scores;
  for (const auto& pairs : outputs)
    if (const double value = score(pairs); !std::isnan(value)) scores.push_back(value);
  return expectation(mean(scores));
}

void addAll(const json& input) {
  const auto outputs = outputsOf(input);
  Row absolute, squared;
  for (const auto& pairs : outputs)
    for (size_t i = 0; i < pairs.target.size(); ++i) {
      absolute.push_back(std::abs(pairs.prediction[i] - pairs.target[i]));
      squared.push_back(std::pow(pairs.prediction[i] - pairs.target[i], 2));
    }
  addCase("mae", {}, input, expectation(mean(absolute)));
  addCase("mse", {}, input, expectation(mean(squared)));
  addCase("rmse", {}, input, expectation(std::sqrt(mean(squared))));
  addCase("r2", {}, input, meanOfOutputs(outputs, determination));
  addCase("spearman", {}, input, meanOfOutputs(outputs, spearman));
  addCase("ccc", {}, input,
          meanOfOutputs(outputs, [](const Pairs& pairs) { return concordance(pairs, 0); }));
  addCase("ccc", {{"unbiased", true}}, input,
          meanOfOutputs(outputs, [](const Pairs& pairs) { return concordance(pairs, 1); }));
}

void addRandom(eq::RandomStream& random, int count) {
  json input{{"prediction", randomNumbers(random, count)},
             {"target", randomNumbers(random, count)}};
  addAll(input);
  for (auto& number : input["prediction"]) number = std::round(number.get<double>());
  input["mask"] = randomMask(random, count, 0.9);
  addAll(input);
  json wide{{"prediction", randomRows(random, count, 3)}, {"target", randomRows(random, count, 3)}};
  addAll(wide);
  for (auto& row : wide["target"]) row[1] = 0.1;  // this output does not vary
  wide["mask"] = json::array();
  for (int i = 0; i < count; ++i) wide["mask"].push_back(randomMask(random, 3, 0.9));
  addAll(wide);
}

}  // namespace

class TestRegression : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    const json sheet{{"prediction", {2.5, 0, 2, 8}}, {"target", {3, -.5, 2, 7}}};
    addCase("mae", {}, sheet, 0.5);
    addCase("rmse", {}, sheet, 0.612372, 6e-7);
    addCase("r2", {}, sheet, 0.948608, 6e-7);
    addCase("ccc", {}, sheet, 0.976789, 6e-7);
    addCase("ccc", {{"unbiased", true}}, sheet, 0.977735, 6e-7);
    addCase("spearman", {}, {{"prediction", {1, 2, 2, 4}}, {"target", {1, 3, 2, 4}}}, 0.948683,
            6e-7);
    addAll(sheet);
    eq::RandomStream random(11);
    for (const int count : {6, 25, 120}) addRandom(random, count);
    addCase("spearman", {}, {{"prediction", {1, 2, 3}}, {"target", {9, 8, -1e300}}}, -1.0);
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  void singlePrecision_data() { values_data(); }
  void singlePrecision() {
    const auto c = fetchCase();
    if (c.id != "spearman")  // an order, which rounding may change
      QCOMPARE(singlePrecisionFault(c), QString());
  }

  void largeOffsetsCostNoDigits() {
    eq::RandomStream random(12);
    json input{{"prediction", json::array()}, {"target", json::array()}}, near = input;
    for (int i = 0; i < 60; ++i) {
      const double x = std::round(100 * random.normal()) / 64, y = x + random.below(3) / 4.0;
      near["prediction"].push_back(x), near["target"].push_back(y);
      input["prediction"].push_back(x + 1e9), input["target"].push_back(y + 1e9);
    }
    for (const char* id : {"r2", "ccc"}) {
      std::vector<eq::metric::Batch> parts;
      const auto whole = batchOf(id, input);
      for (int begin = 0; begin < 60; begin += 7)
        parts.push_back(rows(whole, begin, std::min(begin + 7, 60)));
      QCOMPARE(difference(valueOf(id, {}, parts), valueOf(id, {}, near), 1e-7), QString());
    }
  }

  void undefined_data() {
    caseColumns();
    const json constant{{"prediction", {.1, .1, .1}}, {"target", {1, 2, 3}}};
    const json flat{{"prediction", {1, 2, 3}}, {"target", {.1, .1, .1}}};
    const json one{{"prediction", {1}}, {"target", {2}}};
    const json masked{{"prediction", {1, 2}}, {"target", {2, 3}}, {"mask", {0, 0}}};
    for (const char* id : {"spearman", "ccc"}) addCase(id, {}, constant, nullptr);
    for (const char* id : {"spearman", "ccc", "r2"}) {
      addCase(id, {}, flat, nullptr);
      addCase(id, {}, one, nullptr);
    }
    for (const char* id : {"mae", "mse", "rmse", "r2", "spearman", "ccc"})
      addCase(id, {}, masked, nullptr);
  }
  void undefined() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void refusals_data() {
    refusalColumns();
    const json wrongTarget{{"prediction", {1, 2}}, {"target", {1, 2, 3}}};
    for (const char* id : {"mae", "mse", "rmse", "r2", "spearman", "ccc"})
      addRefusal(id, {}, wrongTarget,
                 QString("%1.target: must have the shape of prediction [2], found [3]").arg(id));
    addRefusal("spearman", {}, {{"prediction", {{{1}}}}, {"target", {{{1}}}}},
               "spearman.prediction: expected [N] or [N, D], found [1, 1, 1]");
    addRefusal("ccc", {}, {{"prediction", {1, 2}}, {"target", {1, 2}}, {"mask", {1, 3}}},
               "ccc.mask: must be 0 or 1, found 3");
    addRefusal("mae", {}, {{"prediction", {1, nullptr}}, {"target", {1, 2}}},
               "mae.prediction[1]: expected a number, found null; leave the example out, or give "
               "it a mask "
               "of 0 where the method reads one");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestRegression)
#include "tst_regression.moc"

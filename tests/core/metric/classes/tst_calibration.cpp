#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

namespace {

/// Rows of probabilities with their class; those that do not count are left out.
struct Forecast {
  Table shares;
  std::vector<size_t> target;
};

Forecast forecastOf(const json& input) {
  Forecast forecast;
  const bool binary = !input["prediction"][0].is_array();
  for (size_t i = 0; i < input["target"].size(); ++i) {
    if (input["target"][i] == -100) continue;
    if (input.contains("mask") && input["mask"][i] == 0) continue;
    const auto& entry = input["prediction"][i];
    if (binary) {
      const double p = sigmoid(entry.get<double>());
      forecast.shares.push_back({1 - p, p});
    } else {
      forecast.shares.push_back(softmax(entry.get<Row>()));
    }
    forecast.target.push_back(input["target"][i].get<size_t>());
  }
  return forecast;
}

/// Confidence and whether it came true.
using Pairs = std::vector<std::pair<double, bool>>;

Pairs topOnes(const Forecast& forecast) {
  Pairs pairs;
  for (size_t i = 0; i < forecast.shares.size(); ++i) {
    const auto& row = forecast.shares[i];
    const auto best = std::max_element(row.begin(), row.end());
    pairs.emplace_back(*best, static_cast<size_t>(best - row.begin()) == forecast.target[i]);
  }
  return pairs;
}

Pairs ofClass(const Forecast& forecast, size_t c) {
  Pairs pairs;
  for (size_t i = 0; i < forecast.shares.size(); ++i)
    pairs.emplace_back(forecast.shares[i][c], forecast.target[i] == c);
  return pairs;
}

double gap(const Pairs& group) {
  double confidence = 0, right = 0;
  for (const auto& [value, hit] : group) confidence += value, right += hit ? 1 : 0;
  return std::abs(right - confidence) / static_cast<double>(group.size());
}

/// Expected and maximum error over bins (lo, hi] of equal width.
std::pair<double, double> equalWidth(const Pairs& pairs, int bins) {
  double expected = 0, largest = 0;
  for (int b = 0; b < bins; ++b) {
    Pairs group;
    for (const auto& pair : pairs)
      if (pair.first > b / double(bins) && pair.first <= (b + 1) / double(bins))
        group.push_back(pair);
    if (group.empty()) continue;
    expected += gap(group) * static_cast<double>(group.size()) / static_cast<double>(pairs.size());
    largest = std::max(largest, gap(group));
  }
  return {expected, largest};
}

double equalMass(Pairs pairs, size_t bins) {
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  double sum = 0;
  auto begin = pairs.begin();
  for (size_t b = 0; b < bins; ++b) {
    const auto size = pairs.size() / bins + (b < pairs.size() % bins ? 1 : 0);
    const auto end = begin + static_cast<std::ptrdiff_t>(size);
    if (size > 0) sum += gap({begin, end}) * static_cast<double>(size);
    begin = end;
  }
  return sum / static_cast<double>(pairs.size());
}

void addAll(const json& input, int bins) {
  const auto forecast = forecastOf(input);
  const auto classes = forecast.shares[0].size();
  Row widths, masses;
  for (size_t c = 0; c < classes; ++c) {
    widths.push_back(equalWidth(ofClass(forecast, c), bins).first);
    masses.push_back(equalMass(ofClass(forecast, c), static_cast<size_t>(bins)));
  }
  const auto top = topOnes(forecast);
  const json params = bins == 15 ? json() : json{{"bins", bins}};
  addCase("ece", params, input, equalWidth(top, bins).first);
  addCase("mce", params, input, equalWidth(top, bins).second);
  addCase("classwise_ece", params, input, mean(widths));
  addCase("adaptive_ece", params, input, equalMass(top, static_cast<size_t>(bins)));
  addCase("ace", params, input, mean(masses));
}

void addRandom(eq::RandomStream& random, int count, int bins) {
  json input{{"prediction", randomRows(random, count, 4)},
             {"target", randomIndices(random, count, 4)}};
  addAll(input, bins);
  input["target"][count / 2] = -100;
  input["mask"] = randomMask(random, count, 0.9);
  addAll(input, bins);
  for (auto& row : input["prediction"])
    for (auto& logit : row) logit = std::round(logit.get<double>());
  addAll(input, bins);  // equal confidences keep their order
  addAll(
      {{"prediction", randomNumbers(random, count)}, {"target", randomIndices(random, count, 2)}},
      bins);
}

/// Rows of four classes with the given confidence in class 0.
json sheet() {
  const Row confidence{.97, .91, .83, .62, .56, .41};
  const std::vector<bool> right{true, true, false, true, false, false};
  json input{{"prediction", json::array()}, {"target", json::array()}};
  for (size_t i = 0; i < confidence.size(); ++i) {
    const double rest = std::log((1 - confidence[i]) / 3);
    input["prediction"].push_back({std::log(confidence[i]), rest, rest, rest});
    input["target"].push_back(right[i] ? 0 : 1);
  }
  return input;
}

}  // namespace

class TestCalibration : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    addCase("ece", {}, sheet(), 0.383333, 6e-7);
    addCase("adaptive_ece", {{"bins", 3}}, sheet(), 0.256667, 6e-7);
    addAll(sheet(), 3);
    eq::RandomStream random(9);
    addRandom(random, 11, 15);  // fewer rows than bins
    addRandom(random, 100, 15);
    addRandom(random, 64, 7);
    addRandom(random, 50, 1);
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  void labelsCountEachElement() {
    const json labels{{"prediction", {{2, -1}, {0.5, 3}}}, {"target", {{1, 0}, {0, 1}}}};
    const json flat{{"prediction", {2, -1, 0.5, 3}}, {"target", {1, 0, 0, 1}}};
    for (const char* id : {"ece", "mce", "classwise_ece", "adaptive_ece", "ace"})
      QVERIFY(valueOf(id, {}, labels) == valueOf(id, {}, flat));
  }

  void undefined() {
    const json ignored{{"prediction", {{1, 2}, {3, 4}}}, {"target", {-100, -100}}};
    for (const char* id : {"ece", "mce", "classwise_ece", "adaptive_ece", "ace"}) {
      QVERIFY(valueOf(id, {}, ignored).is_null());
      QVERIFY(valueOf(id, {}, std::vector<eq::metric::Batch>()).is_null());
    }
  }

  void refusals_data() {
    refusalColumns();
    addRefusal("ace", {{"bins", 0}}, {{"prediction", {{1, 2}}}, {"target", {0}}},
               "ace.bins: 0 is below 1");
    addRefusal("adaptive_ece", {}, {{"prediction", {1, 2}}, {"target", {0, 3}}},
               "adaptive_ece.target: must be 0 or 1, found 3");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestCalibration)
#include "tst_calibration.moc"

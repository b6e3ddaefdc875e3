#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

namespace {

/// The pixels that count, as predicted and true depth.
std::vector<std::pair<double, double>> pixelsOf(const json& input) {
  std::vector<std::pair<double, double>> pixels;
  for (size_t i = 0; i < input["target"].size(); ++i)
    for (size_t p = 0; p < input["target"][i].size(); ++p) {
      const double truth = input["target"][i][p];
      if (truth <= 0 || (input.contains("mask") && input["mask"][i][p] == 0)) continue;
      pixels.emplace_back(input["prediction"][i][p], truth);
    }
  return pixels;
}

template <typename Value>
double meanOver(const json& input, Value value) {
  Row values;
  for (const auto& [found, truth] : pixelsOf(input)) values.push_back(value(found, truth));
  return mean(values);
}

bool isClose(double found, double truth, double limit) {
  return found > 0 && found / truth < limit && truth / found < limit;
}

void addAll(const json& input, bool positive) {
  addCase("depth_abs_error", {}, input,
          expectation(meanOver(input, [](double a, double b) { return std::abs(a - b); })));
  addCase("depth_rel_error", {}, input,
          expectation(meanOver(input, [](double a, double b) { return std::abs(a - b) / b; })));
  addCase("depth_rmse", {}, input, expectation(std::sqrt(meanOver(input, [](double a, double b) {
            return (a - b) * (a - b);
          }))));
  for (const int k : {1, 2, 3})
    addCase("depth_delta", {{"k", k}}, input, expectation(meanOver(input, [&](double a, double b) {
              return isClose(a, b, std::pow(1.25, k)) ? 1.0 : 0.0;
            })));
  if (positive)
    addCase("depth_rmse_log", {}, input,
            expectation(std::sqrt(
                meanOver(input, [](double a, double b) { return std::pow(std::log(a / b), 2); }))));
}

json randomDepths(eq::RandomStream& random, int images, int pixels) {
  json input{{"prediction", json::array()}, {"target", json::array()}, {"mask", json::array()}};
  for (int i = 0; i < images; ++i) {
    json found = json::array(), truth = json::array();
    for (int p = 0; p < pixels; ++p) {
      const double depth = random.uniform() < 0.2 ? 0 : 0.5 + 9 * random.uniform();
      truth.push_back(depth);
      found.push_back(depth == 0 ? -1 : depth * std::exp(0.5 * random.normal()));
    }
    input["prediction"].push_back(found);
    input["target"].push_back(truth);
    input["mask"].push_back(randomMask(random, pixels, 0.8));
  }
  return input;
}

const char* const kIds[] = {"depth_abs_error", "depth_rel_error", "depth_rmse", "depth_rmse_log",
                            "depth_delta"};

}  // namespace

class TestDepth : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    const json sheet{{"prediction", {{2, 3, 5}}}, {"target", {{1.8, 3.3, 4}}}};
    addCase("depth_abs_error", {}, sheet, 0.5);
    addCase("depth_rel_error", {}, sheet, 0.150673, 6e-7);
    eq::RandomStream random(13);
    for (int i = 1; i < 5; ++i) {
      auto input = randomDepths(random, 4 * i, 3 + i);
      addAll(input, true);
      input.erase("mask");
      addAll(input, true);
      for (auto& image : input["prediction"]) image[0] = -image[0].get<double>();
      addAll(input, false);  // a depth below 0 is never close
    }
    addCase("depth_delta", {}, {{"prediction", {{1.25, 1.2}}}, {"target", {{1, 1}}}}, 0.5);
    addCase("depth_delta", {}, {{"prediction", {{0, 2}}}, {"target", {{1, 2}}}}, 0.5);
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  void undefined() {
    const json input{{"prediction", {{1, 2}}}, {"target", {{0, -1}}}};
    for (const char* id : kIds) {
      QVERIFY(valueOf(id, {}, input).is_null());
      QVERIFY(valueOf(id, {}, std::vector<eq::metric::Batch>()).is_null());
    }
  }

  void imagesOfRowsAndColumns() {
    eq::RandomStream random(14);
    const json flat = randomDepths(random, 3, 6);
    for (const char* id : kIds) {
      auto batch = batchOf(id, flat);
      const auto expected = valueOf(id, {}, {batch});
      batch.prediction = batch.prediction.reshape({3, 2, 3});
      batch.target = batch.target.reshape({3, 2, 3});
      batch.fields["mask"] = batch.fields["mask"].reshape({3, 2, 3});
      QCOMPARE(difference(valueOf(id, {}, {batch}), expected, 1e-13), QString());
    }
  }

  void refusals_data() {
    refusalColumns();
    for (const char* id : kIds)
      addRefusal(
          id, {}, {{"prediction", {{1, 2}}}, {"target", {{1, 2, 3}}}},
          QString("%1.target: must have the shape of prediction [1, 2], found [1, 3]").arg(id));
    addRefusal("depth_rmse_log", {}, {{"prediction", {{1, -2}}}, {"target", {{1, 2}}}},
               "depth_rmse_log.prediction: must be above 0 where the target is, found -2");
    addRefusal("depth_delta", {{"k", 0}}, {{"prediction", {{1}}}, {"target", {{1}}}},
               "depth_delta.k: 0 is below 1");
    addRefusal("depth_rmse", {}, {{"prediction", {{1}}}, {"target", {{1}}}, {"mask", {{0.5}}}},
               "depth_rmse.mask: must be 0 or 1, found 0.5");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestDepth)
#include "tst_depth.moc"

#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/nonzero.h>

using namespace eq::metric::test;

namespace {

double degreesBetween(const Row& v, const Row& n) {
  const double length = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  const double dot = (v[0] * n[0] + v[1] * n[1] + v[2] * n[2]) / std::max(length, 1e-6);
  return std::acos(std::clamp(dot, -1.0, 1.0)) * 180 / M_PI;
}

Row anglesOf(const json& input) {
  Row angles;
  for (size_t i = 0; i < input["target"].size(); ++i)
    for (size_t p = 0; p < input["target"][i][0].size(); ++p) {
      Row v, n;
      for (size_t k = 0; k < 3; ++k) {
        v.push_back(input["prediction"][i][k][p]);
        n.push_back(input["target"][i][k][p]);
      }
      if (n == Row{0, 0, 0} || (input.contains("mask") && input["mask"][i][p] == 0)) continue;
      angles.push_back(degreesBetween(v, n));
    }
  return angles;
}

double median(Row values) {
  std::sort(values.begin(), values.end());
  const auto n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

void addAll(const json& input) {
  const auto angles = anglesOf(input);
  addCase("normal_angle", {}, input, mean(angles));
  addCase("normal_angle", {{"statistic", "median"}}, input, median(angles));
  for (const double threshold : {11.25, 60.0}) {
    Row within;
    for (const double angle : angles) within.push_back(angle < threshold ? 1 : 0);
    addCase("normal_angle", {{"statistic", "within"}, {"threshold", threshold}}, input,
            mean(within));
  }
}

json randomNormals(eq::RandomStream& random, int images, int pixels) {
  json input{{"prediction", json::array()}, {"target", json::array()}, {"mask", json::array()}};
  for (int i = 0; i < images; ++i) {
    json target = randomRows(random, 3, pixels), found = randomRows(random, 3, pixels, 0.3);
    for (size_t p = 0; p < static_cast<size_t>(pixels); ++p) {
      double length = 0;
      for (size_t k = 0; k < 3; ++k) length += std::pow(target[k][p].get<double>(), 2);
      const double scale = random.uniform() < 0.2 ? 0 : 1 / std::sqrt(length);
      for (size_t k = 0; k < 3; ++k) {
        target[k][p] = target[k][p].get<double>() * scale;
        found[k][p] = found[k][p].get<double>() + 2 * target[k][p].get<double>();
      }
    }
    input["prediction"].push_back(found);
    input["target"].push_back(target);
    input["mask"].push_back(randomMask(random, pixels, 0.8));
  }
  return input;
}

}  // namespace

class TestNormals : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    const json sheet{{"prediction", {{.1, .2, .97}, {0, .6, .8}}},
                     {"target", {{0, 0, 1}, {0, .8, .6}}}};
    addCase("normal_angle", {}, sheet, 14.620699, 6e-7);
    addCase("normal_angle", {{"statistic", "median"}}, sheet, 14.620699, 6e-7);
    addCase("normal_angle", {{"statistic", "within"}}, sheet, 0.0);
    addCase("normal_angle", {{"statistic", "within"}, {"threshold", 15}}, sheet, 0.5);
    addCase("normal_angle", {}, {{"prediction", {{0, 0, -3}}}, {"target", {{0, 0, 1}}}}, 180.0);
    addCase("normal_angle", {},
            {{"prediction", {{1, -1, 0}}}, {"target", {{M_SQRT1_2, -M_SQRT1_2, 0}}}}, 0.0, 1e-5);
    eq::RandomStream random(15);
    for (int i = 1; i < 5; ++i) {
      auto input = randomNormals(random, 3 * i, 2 + i);
      addAll(input);
      input.erase("mask");
      addAll(input);
    }
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  /// A task has its maps one after the other in a row.
  void mapsOfATask() {
    const eq::TaskInfo task{"normals", eq::TaskKind::regression, 18, {}, {}, {2, 3}, {}};
    eq::RandomStream random(4);
    const auto input = randomNormals(random, 5, 6);
    auto batch = batchOf("normal_angle", input);
    const json params = json::object();
    const auto expected =
        valueOf("normal_angle", params, std::vector<eq::metric::Batch>{batch}).get<double>();
    batch.prediction = batch.prediction.flatten(1);
    batch.target = batch.target.flatten(1);
    batch.task = &task;
    QCOMPARE(valueOf("normal_angle", params, std::vector<eq::metric::Batch>{batch}).get<double>(),
             expected);
    const auto metric = eq::metric::catalog().create("normal_angle", params, "metric");
    const auto counted = metric->counted(batch);
    QVERIFY(counted.sizes().equals({5, 18}));
    const auto place = counted.nonzero()[0];
    batch.prediction[place[0].item<std::int64_t>()][place[1].item<std::int64_t>()] =
        std::numeric_limits<float>::quiet_NaN();
    metric->add(batch);
    QCOMPARE(metric->nonfiniteRows(), std::int64_t(1));
  }

  void undefined() {
    const json input{{"prediction", {{1, 2, 3}}}, {"target", {{0, 0, 0}}}};
    for (const char* statistic : {"mean", "median", "within"}) {
      const json params{{"statistic", statistic}};
      QVERIFY(valueOf("normal_angle", params, input).is_null());
      QVERIFY(valueOf("normal_angle", params, std::vector<eq::metric::Batch>()).is_null());
    }
  }

  void refusals_data() {
    refusalColumns();
    addRefusal("normal_angle", {}, {{"prediction", {{1, 2}}}, {"target", {{0, 1}}}},
               "normal_angle.prediction: expected vectors [N, 3] or [N, 3, pixels], found [1, 2]");
    addRefusal("normal_angle", {}, {{"prediction", {{1, 2, 3}}}, {"target", {{0, 1}}}},
               "normal_angle.target: must have the shape of prediction [1, 3], found [1, 2]");
    addRefusal("normal_angle", {},
               {{"prediction", {{1, 2, 3}}}, {"target", {{0, 0, 1}}}, {"mask", {1, 1}}},
               "normal_angle.mask: must have the shape of prediction without its axis of 3 [1], "
               "found [2]");
    addRefusal("normal_angle", {{"threshold", 0}}, {{"prediction", {{1}}}, {"target", {{1}}}},
               "normal_angle.threshold: 0 is not above 0");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestNormals)
#include "tst_normals.moc"

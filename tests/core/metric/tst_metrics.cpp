#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <QTest>

#include <cmath>

#include "core/base/error.h"
#include "core/metric/catalog.h"
#include "core/metric/metric.h"
#include "tests/registry.h"

using eq::metric::Batch;
using nlohmann::json;

namespace {

at::Tensor numbers(const json& value) {
  std::vector<double> entries;
  const auto walk = [&](const auto& self, const json& node) -> void {
    if (node.is_array())
      for (const auto& child : node) self(self, child);
    else
      entries.push_back(node.get<double>());
  };
  walk(walk, value);
  std::vector<std::int64_t> shape;
  for (const json* node = &value; node->is_array(); node = &node->front())
    shape.push_back(static_cast<std::int64_t>(node->size()));
  return at::tensor(entries, at::kDouble).reshape(shape);
}

at::Tensor integers(const json& value) {
  return numbers(value).to(at::kLong);
}

/// Logits whose arg max follows a confusion matrix: entry [t][p] rows of class t decided as p.
Batch fromConfusion(const std::vector<std::vector<int>>& matrix) {
  json logits = json::array();
  json target = json::array();
  for (size_t t = 0; t < matrix.size(); ++t)
    for (size_t p = 0; p < matrix.size(); ++p)
      for (int i = 0; i < matrix[t][p]; ++i) {
        json row(matrix.size(), 0.0);
        row[p] = 1.0;
        logits.push_back(row);
        target.push_back(t);
      }
  return {numbers(logits), integers(target), {}};
}

/// Logits of two classes with the given confidence in class 0.
Batch fromConfidence(const std::vector<double>& confidence, const std::vector<int>& right) {
  json logits = json::array();
  json target = json::array();
  for (size_t i = 0; i < confidence.size(); ++i) {
    // Where the confidence is below a half, three classes share the rest, so that class 0 stays on
    // top.
    const double rest = std::log((1 - confidence[i]) / 3);
    logits.push_back({std::log(confidence[i]), rest, rest, rest});
    target.push_back(right[i] ? 0 : 1);
  }
  return {numbers(logits), integers(target), {}};
}

json valueOf(const std::string& id, const json& parameters, const std::vector<Batch>& batches) {
  const auto metric = eq::metric::catalog().create(id, parameters, id);
  for (const auto& batch : batches) {
    metric->check(batch);
    metric->add(batch);
  }
  return metric->value();
}

Batch rows(const Batch& batch, std::int64_t begin, std::int64_t end) {
  Batch part{batch.prediction.slice(0, begin, end), batch.target.slice(0, begin, end), {}};
  for (const auto& [name, field] : batch.fields) part.fields[name] = field.slice(0, begin, end);
  return part;
}

const std::vector<std::vector<int>> kSheetMatrix{{50, 2, 3}, {4, 30, 6}, {1, 2, 2}};

}  // namespace

class TestMetrics : public QObject {
  Q_OBJECT

  void compare(const json& value, double expected, double tolerance) const {
    QVERIFY2(value.is_number(), value.dump().c_str());
    QVERIFY2(std::abs(value.get<double>() - expected) <= tolerance, value.dump().c_str());
  }

  QString message(const std::string& id, const Batch& batch) const {
    try {
      eq::metric::catalog().create(id, json::object(), id)->check(batch);
    } catch (const eq::Error& error) {
      return QString::fromStdString(error.what());
    }
    return {};
  }

 private Q_SLOTS:
  void equalsTheSheet() {
    const Batch batch = fromConfusion(kSheetMatrix);
    compare(valueOf("accuracy", {}, {batch}), 0.82, 1e-12);
    compare(valueOf("f1", {}, {batch}), 0.656634, 1e-6);
    compare(valueOf("recall", {}, {batch}), 0.686364, 1e-6);
    compare(valueOf("f1", {{"average", "micro"}}, {batch}), 0.82, 1e-12);
    const Batch errors{numbers({2.5, 0, 2, 8}), numbers({3, -0.5, 2, 7}), {}};
    compare(valueOf("mae", {}, {errors}), 0.5, 1e-12);
    compare(valueOf("mse", {}, {errors}), 0.375, 1e-12);
    compare(valueOf("rmse", {}, {errors}), 0.612372, 1e-6);
    compare(valueOf("r2", {}, {errors}), 0.948608, 1e-6);
    const Batch confident = fromConfidence({.97, .91, .83, .62, .56, .41}, {1, 1, 0, 1, 0, 0});
    compare(valueOf("ece", {}, {confident}), 0.383333, 1e-6);
  }

  void poolsOverBatches_data() {
    QTest::addColumn<QString>("id");
    for (const char* id : {"accuracy", "precision", "recall", "f1", "ece", "mce", "classwise_ece",
                           "mae", "mse", "rmse", "r2"})
      QTest::newRow(id) << QString(id);
  }
  void poolsOverBatches() {
    QFETCH(QString, id);
    const auto& descriptor = eq::metric::catalog().descriptor(id.toStdString());
    const bool classes = descriptor.accepts(eq::TaskKind::classification);
    const Batch whole =
        classes ? fromConfusion(kSheetMatrix)
                : Batch{numbers({2.5, 0, 2, 8, 1e6}), numbers({3, -0.5, 2, 7, 1e6}), {}};
    const auto size = whole.target.size(0);
    const std::vector<Batch> parts{rows(whole, 0, 1), rows(whole, 1, size / 2),
                                   rows(whole, size / 2, size)};
    const json expected = valueOf(id.toStdString(), {}, {whole});
    compare(valueOf(id.toStdString(), {}, parts), expected.get<double>(), 1e-9);
  }

  void masksLeaveTheRestAlone() {
    Batch batch{numbers({{1, 2}, {3, 4}, {0, 0}}), numbers({{0, 2}, {3, 9}, {0, 0}}), {}};
    batch.fields["mask"] = numbers({{1, 1}, {1, 0}, {0, 0}});
    compare(valueOf("mae", {}, {batch}), 1.0 / 3, 1e-12);
    Batch ignored = fromConfusion(kSheetMatrix);
    ignored.target = ignored.target.clone();
    ignored.target.slice(0, 50, 55).fill_(-100);  // the five mistakes of class 0
    compare(valueOf("accuracy", {}, {ignored}), 82.0 / 95, 1e-12);
  }

  void undefinedIsNull() {
    const Batch ignored{numbers({{1, 2}, {3, 4}}), integers({-100, -100}), {}};
    for (const char* id : {"accuracy", "f1", "ece", "mce", "classwise_ece"})
      QVERIFY(valueOf(id, {}, {ignored}).is_null());
    QVERIFY(valueOf("r2", {}, {{numbers({1, 2}), numbers({3, 3}), {}}}).is_null());
    QVERIFY(valueOf("r2", {}, {{numbers({1}), numbers({3}), {}}}).is_null());
    // The mean of three times 0.1 is not 0.1: the spread around it is tiny, not 0.
    QVERIFY(valueOf("r2", {}, {{numbers({1, 2, 3}), numbers({.1, .1, .1}), {}}}).is_null());
  }

  void tiesGoToTheLowerClass() {
    compare(valueOf("accuracy", {}, {{numbers({{1, 1, 0}, {0, 2, 2}}), integers({0, 1}), {}}}), 1,
            0);
  }

  void binaryStandsForTwoLogits() {
    const Batch one{numbers({2, -1, 0.5}), numbers({1, 0, 0}), {}};
    const Batch two{numbers({{0, 2}, {0, -1}, {0, 0.5}}), integers({1, 0, 0}), {}};
    for (const char* id : {"ece", "mce", "classwise_ece"})
      compare(valueOf(id, {}, {one}), valueOf(id, {}, {two}).get<double>(), 1e-12);
    compare(valueOf("precision", {}, {one}), 0.5, 1e-12);
    compare(valueOf("recall", {}, {one}), 1, 1e-12);
  }

  void binsAreClosedAbove() {
    // Confidence of exactly 0.75 with four bins belongs to (0.5, 0.75], together with 0.6.
    const Batch batch{numbers({std::log(3.0), std::log(1.5)}), numbers({1, 0}), {}};
    compare(valueOf("ece", {{"bins", 4}}, {batch}), std::abs(1 - (0.75 + 0.6)) / 2, 1e-12);
  }

  void refusesWithPlaceRuleAndValue() {
    QCOMPARE(message("accuracy", {numbers({{1, 2}, {3, 4}}), integers({0, 2}), {}}),
             QString("accuracy.target: classes go from 0 to 1 (-100 = ignored), found 2"));
    QCOMPARE(message("f1", {numbers({1, 2}), numbers({0, 0.5}), {}}),
             QString("f1.target: must be 0 or 1, found 0.5"));
    QCOMPARE(message("mae", {numbers({1, 2}), numbers({1, 2, 3}), {}}),
             QString("mae.target: must have the shape of prediction [2], found [3]"));
    QCOMPARE(message("rmse", {numbers({1, 2}), {}, {}}),
             QString("rmse.target: is required and missing"));
  }
};

EQUIPOISE_TEST(TestMetrics)
#include "tst_metrics.moc"

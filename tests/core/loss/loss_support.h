#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros_like.h>

#include <QString>
#include <QTest>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/loss/catalog.h"
#include "core/loss/json_tensor.h"
#include "core/loss/loss.h"

Q_DECLARE_METATYPE(nlohmann::json)

namespace eq::loss::test {

using nlohmann::json;

inline json object(const json& given) {
  return given.is_null() ? json::object() : given;
}

inline std::unique_ptr<Loss> make(const std::string& id, const json& params) {
  return catalog().create(id, object(params), id);
}

/// The batch of an input file of `equipoise-cli loss`.
inline Batch batchOf(const std::string& id, const json& input) {
  std::vector<std::string> fields;
  for (const auto& field : catalog().descriptor(id).inputs) fields.push_back(field.name);
  return batchFromJson(input, fields, id);
}

struct Result {
  double value = 0;
  at::Tensor perSample, gradient;  ///< perSample: undefined for a coupled loss
};

inline Result evaluate(const Loss& loss, Batch batch) {
  batch.prediction = batch.prediction.detach().clone().requires_grad_();
  const auto found = loss.evaluate(batch, true);
  found.value.backward();
  const auto& gradient = batch.prediction.grad();
  return {found.value.item<double>(),
          found.perSample.defined() ? found.perSample.detach() : at::Tensor(),
          gradient.defined() ? gradient : at::zeros_like(batch.prediction)};
}

inline Result evaluate(const std::string& id, const json& params, const json& input) {
  const auto loss = make(id, params);
  const auto batch = batchOf(id, input);
  loss->check(batch);
  return evaluate(*loss, batch);
}

/// Central differences of the value in float64.
inline at::Tensor differences(const Loss& loss, Batch batch, double step = 1e-5) {
  const auto start = batch.prediction.contiguous();
  const auto slopes = at::zeros_like(start);
  const auto valueAt = [&](std::int64_t i, double shift) {
    batch.prediction = start.clone();
    batch.prediction.view(-1)[i] += shift;
    return loss.evaluate(batch).value.item<double>();
  };
  for (std::int64_t i = 0; i < start.numel(); ++i)
    slopes.view(-1)[i] = (valueAt(i, step) - valueAt(i, -step)) / (2 * step);
  return slopes;
}

inline double distance(const at::Tensor& a, const at::Tensor& b) {
  return a.numel() == 0 ? 0 : (a - b).abs().max().item<double>();
}

inline double entry(const at::Tensor& tensor, std::int64_t i) {
  return tensor.reshape(-1)[i].item<double>();
}

/// What a person is told about the parameters or the input; empty when all is accepted.
inline QString message(const std::string& id, const json& params, const json& input) {
  try {
    make(id, params)->check(batchOf(id, input));
  } catch (const Error& error) {
    return error.kind() == ErrorKind::user ? QString::fromStdString(error.what()) : "not a user's";
  }
  return {};
}

inline json randomRows(RandomStream& random, int rows, int columns, double scale = 2) {
  json all = json::array();
  for (int i = 0; i < rows; ++i) {
    json row = json::array();
    for (int k = 0; k < columns; ++k) row.push_back(scale * random.normal());
    all.push_back(row);
  }
  return all;
}

inline json randomNumbers(RandomStream& random, int count, double scale = 2) {
  return randomRows(random, 1, count, scale)[0];
}

/// Rows that sum to 1.
inline json randomDistributions(RandomStream& random, int rows, int columns) {
  json all = json::array();
  for (int i = 0; i < rows; ++i) {
    std::vector<double> row;
    double sum = 0;
    for (int k = 0; k < columns; ++k) sum += row.emplace_back(0.05 + random.uniform());
    for (auto& share : row) share /= sum;
    all.push_back(row);
  }
  return all;
}

inline json randomIndices(RandomStream& random, int count, int classes) {
  json all = json::array();
  for (int i = 0; i < count; ++i)
    all.push_back(static_cast<int>(random.below(static_cast<std::uint64_t>(classes))));
  return all;
}

/// Columns of a case that every property below is tested on. `weights`: what `per_sample` counts in
/// the mean, one a sample; `divisor`: what the mean divides by.
inline void caseColumns() {
  QTest::addColumn<QString>("id");
  QTest::addColumn<json>("params");
  QTest::addColumn<json>("input");
  QTest::addColumn<json>("weights");
  QTest::addColumn<double>("divisor");
}

inline void addCase(const char* id, const json& params, const json& input, const json& weights,
                    double divisor) {
  static int number = 0;
  const auto name = QString("%1 %2 #%3").arg(id, QString::fromStdString(object(params).dump()));
  QTest::newRow(qPrintable(name.arg(number++)))
      << QString(id) << params << input << weights << divisor;
}

struct Case {
  std::string id;
  json params, input, weights;
  double divisor = 1;
};

inline Case fetchCase() {
  QFETCH(QString, id);
  QFETCH(json, params);
  QFETCH(json, input);
  QFETCH(json, weights);
  QFETCH(double, divisor);
  return {id.toStdString(), params, input, weights, divisor};
}

// Properties of a case: the fault in words, or nothing.

inline QString gradientFault(const Case& c) {
  const auto loss = make(c.id, c.params);
  const auto batch = batchOf(c.id, c.input);
  loss->check(batch);
  const auto found = evaluate(*loss, batch);
  const double scale = 1 + found.gradient.abs().max().item<double>();
  const double error = distance(found.gradient, differences(*loss, batch));
  return error <= 1e-7 * scale ? QString() : QString("gradient differs by %1").arg(error);
}

inline QString reductionFault(const Case& c) {
  const auto mean = evaluate(c.id, c.params, c.input);
  json params = object(c.params);
  params["reduction"] = "sum";
  const auto sum = evaluate(c.id, params, c.input);
  double weighted = 0;
  for (std::int64_t i = 0; i < mean.perSample.numel(); ++i)
    weighted += c.weights[static_cast<size_t>(i)].get<double>() * entry(mean.perSample, i);
  const double total = mean.perSample.sum().item<double>();
  const double scale = 1e-12 * (1 + std::abs(total));
  if (mean.perSample.size(0) != batchOf(c.id, c.input).prediction.size(0))
    return "per_sample is not one entry a sample";
  if (distance(mean.perSample, sum.perSample) > 0) return "per_sample depends on the reduction";
  if (std::abs(sum.value - total) > scale) return "sum is not that of per_sample";
  if (std::abs(mean.value - weighted / c.divisor) > scale)
    return QString("mean is %1, by per_sample %2").arg(mean.value).arg(weighted / c.divisor);
  return {};
}

inline QString singlePrecisionFault(const Case& c) {
  const auto loss = make(c.id, c.params);
  const auto wide = batchOf(c.id, c.input);
  Batch narrow = wide;
  narrow.prediction = wide.prediction.to(at::kFloat);
  if (wide.target.defined() && wide.target.is_floating_point())
    narrow.target = wide.target.to(at::kFloat);
  const auto a = evaluate(*loss, wide), b = evaluate(*loss, narrow);
  if (b.gradient.scalar_type() != at::kFloat ||
      (b.perSample.defined() && b.perSample.scalar_type() != at::kFloat))
    return "float32 does not stay float32";
  const double scale = 1e-5 * (1 + std::abs(a.value));
  if (std::abs(a.value - b.value) > scale) return QString("value is %1").arg(b.value);
  const double error = distance(a.gradient, b.gradient.to(at::kDouble));
  return error <= scale ? QString() : QString("gradient differs by %1").arg(error);
}

/// Predictions of `size` with all signs, in double and float.
inline QString extremeFault(const Case& c, double size) {
  const auto loss = make(c.id, c.params);
  auto batch = batchOf(c.id, c.input);
  for (const auto type : {at::kDouble, at::kFloat})
    for (const double factor : {size, -size}) {
      const auto extreme = batch.prediction.sign().to(type) * factor;
      const auto found = evaluate(*loss, {extreme, batch.target, batch.fields});
      if (!std::isfinite(found.value)) return QString("value %1").arg(found.value);
      if (!found.gradient.isfinite().all().item<bool>()) return "gradient is not finite";
      if (found.perSample.defined() && !found.perSample.isfinite().all().item<bool>())
        return "per_sample is not finite";
    }
  return {};
}

}  // namespace eq::loss::test

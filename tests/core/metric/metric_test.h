#pragma once

#include "tests/core/loss/loss_support.h"

#include <algorithm>

#include "core/metric/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric::test {

using loss::test::object;
using loss::test::randomIndices;
using loss::test::randomNumbers;
using loss::test::randomRows;
using nlohmann::json;

/// The batch of an input file of `equipoise-cli metric`.
inline Batch batchOf(const std::string& id, const json& input) {
  const auto& descriptor = catalog().descriptor(id);
  std::vector<std::string> fields;
  for (const auto& field : descriptor.inputs) fields.push_back(field.name);
  return loss::batchFromJson(input, fields, id,
                             descriptor.traits.value("nullable", std::vector<std::string>()));
}

inline json valueOf(const std::string& id, const json& params, const std::vector<Batch>& batches) {
  const auto metric = catalog().create(id, object(params), id);
  for (const auto& batch : batches) {
    metric->check(batch);
    metric->add(batch);
  }
  return metric->value();
}

inline json valueOf(const std::string& id, const json& params, const json& input) {
  return valueOf(id, params, std::vector<Batch>{batchOf(id, input)});
}

/// What a person is told about the parameters or the input; empty when all is accepted.
inline QString message(const std::string& id, const json& params, const json& input) {
  try {
    catalog().create(id, object(params), id)->check(batchOf(id, input));
  } catch (const Error& error) {
    return error.kind() == ErrorKind::user ? QString::fromStdString(error.what()) : "not a user's";
  }
  return {};
}

/// Rows begin to end of every tensor that has as many rows as the prediction.
inline Batch rows(const Batch& batch, std::int64_t begin, std::int64_t end) {
  const auto part = [&](const at::Tensor& tensor) {
    const bool has = tensor.defined() && tensor.size(0) == batch.prediction.size(0);
    return has ? tensor.slice(0, begin, end) : tensor;
  };
  Batch some{part(batch.prediction), part(batch.target), {}};
  for (const auto& [name, field] : batch.fields) some.fields[name] = part(field);
  return some;
}

// Plain numbers out of JSON, for evaluations that share nothing with the metrics.

using Row = std::vector<double>;
using Table = std::vector<Row>;

/// Relative to the largest and added up in ascending order, so that shifted and permuted logits
/// give equal shares.
inline Row softmax(const Row& logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  Row shares;
  for (const double z : logits) shares.push_back(std::exp(z - largest));
  Row sorted = shares;
  std::sort(sorted.begin(), sorted.end());
  double sum = 0;
  for (const double share : sorted) sum += share;
  for (auto& share : shares) share /= sum;
  return shares;
}

inline double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

inline double mean(const Row& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? std::nan("") : sum / static_cast<double>(values.size());
}

/// Null stands for undefined.
inline json expectation(double value) {
  return std::isnan(value) ? json() : json(value);
}

inline json randomMask(RandomStream& random, int count, double share = 0.7) {
  json mask = json::array();
  for (int i = 0; i < count; ++i) mask.push_back(random.uniform() < share ? 1 : 0);
  return mask;
}

// Cases: what a metric says of an input.

inline void caseColumns() {
  QTest::addColumn<QString>("id");
  QTest::addColumn<json>("params");
  QTest::addColumn<json>("input");
  QTest::addColumn<json>("expected");
  QTest::addColumn<double>("tolerance");
}

/// \param tolerance relative to 1 + |expected|.
inline void addCase(const std::string& id, const json& params, const json& input,
                    const json& expected, double tolerance = 1e-12) {
  static int number = 0;
  const auto text = QString::fromStdString(id + " " + object(params).dump());
  QTest::newRow(qPrintable(QString("%1 #%2").arg(text).arg(number++)))
      << QString::fromStdString(id) << params << input << expected << tolerance;
}

struct Case {
  std::string id;
  json params, input, expected;
  double tolerance = 0;
};

inline Case fetchCase() {
  QFETCH(QString, id);
  QFETCH(json, params);
  QFETCH(json, input);
  QFETCH(json, expected);
  QFETCH(double, tolerance);
  return {id.toStdString(), params, input, expected, tolerance};
}

inline QString difference(const json& found, const json& expected, double tolerance) {
  const auto both = QString::fromStdString(found.dump() + " instead of " + expected.dump());
  if (expected.is_array()) {
    if (!found.is_array() || found.size() != expected.size()) return both;
    for (size_t i = 0; i < expected.size(); ++i)
      if (!difference(found[i], expected[i], tolerance).isEmpty()) return both;
    return {};
  }
  if (!expected.is_number()) return found == expected ? QString() : both;
  if (!found.is_number()) return both;
  const double target = expected.get<double>();
  const double error = std::abs(found.get<double>() - target);
  return error <= tolerance * (1 + std::abs(target)) ? QString() : both;
}

/// The fault in words, or nothing.
inline QString valueFault(const Case& c) {
  return difference(valueOf(c.id, c.params, c.input), c.expected, c.tolerance);
}

/// Many small batches say what one large batch says.
inline QString batchesFault(const Case& c) {
  const auto whole = batchOf(c.id, c.input);
  const auto count = whole.prediction.size(0);
  std::vector<Batch> parts;
  for (std::int64_t begin = 0, size = 1; begin < count; begin += size, size = 3)
    parts.push_back(rows(whole, begin, std::min(begin + size, count)));
  return difference(valueOf(c.id, c.params, parts), valueOf(c.id, c.params, {whole}), 1e-12);
}

/// Float32 predictions say nearly the same.
inline QString singlePrecisionFault(const Case& c) {
  auto batch = batchOf(c.id, c.input);
  const auto expected = valueOf(c.id, c.params, {batch});
  batch.prediction = batch.prediction.to(at::kFloat);
  if (batch.target.defined() && batch.target.is_floating_point())
    batch.target = batch.target.to(at::kFloat);
  return difference(valueOf(c.id, c.params, {batch}), expected, 1e-4);
}

inline void refusalColumns() {
  QTest::addColumn<QString>("id");
  QTest::addColumn<json>("params");
  QTest::addColumn<json>("input");
  QTest::addColumn<QString>("text");
}

inline void addRefusal(const std::string& id, const json& params, const json& input,
                       const QString& text) {
  QTest::newRow(qPrintable(text)) << QString::fromStdString(id) << params << input << text;
}

inline void compareRefusal() {
  QFETCH(QString, id);
  QFETCH(json, params);
  QFETCH(json, input);
  QFETCH(QString, text);
  QCOMPARE(message(id.toStdString(), params, input), text);
}

}  // namespace eq::metric::test

#pragma once

#include "tests/core/loss/loss_support.h"

#include <functional>
#include <initializer_list>

// What tests of losses over classes and labels share: the sheet's rows, numbers in long double to
// evaluate formulas a second time, and the properties that every such loss has.

namespace eq::loss::test {

using Wide = std::vector<long double>;

inline const json kRow{{2, -1, 0.5}};
inline const json kTwoRows{{2, -1, 0.5}, {0.2, 0.4, -0.3}};

inline Wide numbersOf(const json& list) {
  Wide numbers;
  for (const auto& value : list) numbers.push_back(static_cast<long double>(value.get<double>()));
  return numbers;
}

inline Wide logSoftmax(const json& row) {
  auto z = numbersOf(row);
  long double sum = 0;
  for (const auto value : z) sum += std::exp(value);
  for (auto& value : z) value -= std::log(sum);
  return z;
}

inline Wide softmax(const json& row) {
  auto p = logSoftmax(row);
  for (auto& value : p) value = std::exp(value);
  return p;
}

inline long double sigmoid(long double x) {
  return 1 / (1 + std::exp(-x));
}

/// log(1 + e^x).
inline long double softplus(long double x) {
  return std::log1p(std::exp(x));
}

/// The largest entry but that of `own`.
inline long double largestOther(const Wide& values, size_t own) {
  long double most = -HUGE_VALL;
  for (size_t k = 0; k < values.size(); ++k)
    if (k != own && values[k] > most) most = values[k];
  return most;
}

/// `per_sample` against one long double a sample.
inline QString samplesFault(const std::string& id, const json& params, const json& input,
                            const Wide& expected) {
  const auto found = evaluate(id, params, input).perSample;
  if (found.numel() != static_cast<std::int64_t>(expected.size())) return "wrong count";
  for (size_t i = 0; i < expected.size(); ++i) {
    const double value = entry(found, static_cast<std::int64_t>(i));
    const auto wanted = static_cast<double>(expected[i]);
    if (!(std::abs(value - wanted) <= 1e-12 * (1 + std::abs(wanted))))
      return QString("%1 %2: %3 for %4")
          .arg(QString::fromStdString(id), QString::fromStdString(object(params).dump()))
          .arg(value, 0, 'g', 17)
          .arg(wanted, 0, 'g', 17);
  }
  return {};
}

/// The same by a function of the sample's index.
inline QString samplesFault(const std::string& id, const json& params, const json& input,
                            const std::function<long double(size_t)>& reference) {
  Wide expected;
  for (size_t i = 0; i < input["prediction"].size(); ++i) expected.push_back(reference(i));
  return samplesFault(id, params, input, expected);
}

/// Reductions, float32 and extreme predictions; what is asked of every case.
inline QString propertyFault(const Case& c) {
  for (const auto& fault : {reductionFault(c), singlePrecisionFault(c), extremeFault(c, 1e4),
                            extremeFault(c, 1e2), extremeFault(c, 1e-30)})
    if (!fault.isEmpty()) return fault;
  return {};
}

/// Value, per_sample and gradient of an input of which nothing counts.
inline QString nothingValidFault(const std::string& id, const json& params, const json& input) {
  for (const char* reduction : {"mean", "sum"}) {
    json all = object(params);
    all["reduction"] = reduction;
    const auto found = evaluate(id, all, input);
    if (found.value != 0) return QString("value %1").arg(found.value);
    if (found.perSample.abs().max().item<double>() != 0) return "per_sample is not 0";
    if (found.gradient.abs().max().item<double>() != 0) return "gradient is not 0";
  }
  return {};
}

/// Ignores one sample of `input` after another: the others must be as if it were not there.
/// \param fields those with one entry a sample.
inline QString ignoringFault(const std::string& id, const json& params, const json& input,
                             std::initializer_list<const char*> fields) {
  for (size_t i = 0; i < input["target"].size(); ++i) {
    json ignored = input, without = input;
    ignored["target"][i] = -100;
    for (const char* field : fields)
      without[field].erase(without[field].begin() + static_cast<std::ptrdiff_t>(i));
    const auto a = evaluate(id, params, ignored), b = evaluate(id, params, without);
    const auto row = static_cast<std::int64_t>(i);
    if (std::abs(a.value - b.value) > 1e-14 * (1 + std::abs(b.value)))
      return QString("value %1 for %2").arg(a.value).arg(b.value);
    if (entry(a.perSample, row) != 0 || a.gradient[row].abs().max().item<double>() != 0)
      return "the ignored sample counts";
    const double total =
        std::abs(a.gradient.abs().sum().item<double>() - b.gradient.abs().sum().item<double>());
    if (total > 1e-13 * (1 + b.gradient.abs().sum().item<double>())) return "gradients differ";
  }
  return {};
}

inline void workedColumns() {
  QTest::addColumn<QString>("id");
  QTest::addColumn<json>("params");
  QTest::addColumn<json>("input");
  QTest::addColumn<double>("expected");
}

/// A number of the sheet, given to six decimals or, below 1e-4, to seven digits.
inline QString workedFault() {
  QFETCH(QString, id);
  QFETCH(json, params);
  QFETCH(json, input);
  QFETCH(double, expected);
  const double value = evaluate(id.toStdString(), params, input).value;
  const double tolerance = std::abs(expected) < 1e-4 ? 6e-7 * std::abs(expected) : 6e-7;
  return std::abs(value - expected) <= tolerance ? QString() : QString::number(value, 'g', 12);
}

inline void refusalColumns() {
  QTest::addColumn<QString>("id");
  QTest::addColumn<json>("params");
  QTest::addColumn<json>("input");
  QTest::addColumn<QString>("expected");
}

inline void addRefusal(const char* id, const json& params, const json& input,
                       const char* expected) {
  QTest::newRow(qPrintable(QString(id) + expected))
      << QString(id) << params << input << QString(id) + expected;
}

/// What each loss of class indices refuses.
inline void addClassRefusals(const char* id, const json& params) {
  const auto input = [](const json& prediction, const json& target) {
    return json{{"prediction", prediction}, {"target", target}};
  };
  addRefusal(id, params, input(kRow, {3}),
             ".target: classes go from 0 to 2 (-100 = ignored), found 3");
  addRefusal(id, params, input(kRow, {0.5}), ".target: must be integers, found 0.5");
  addRefusal(id, params, input(kRow, {0, 1}),
             ".target: must have the shape of the samples [1], found [2]");
  addRefusal(id, params, {{"prediction", kRow}}, ".target: is required and missing");
  addRefusal(id, params, input({{1}, {2}}, {0, 0}),
             ".prediction: expected logits [N, C] with C of at least 2, found [2, 1]");
  addRefusal(id, params, input({{1, std::nan("")}}, {0}), ".prediction: must be finite, found nan");
}

inline QString refusalFault() {
  QFETCH(QString, id);
  QFETCH(json, params);
  QFETCH(json, input);
  QFETCH(QString, expected);
  const auto found = message(id.toStdString(), params, input);
  return found == expected ? QString() : "told: " + found;
}

}  // namespace eq::loss::test

#pragma once

#include <ATen/ops/cat.h>

#include "tests/core/loss/loss_support.h"

#include <algorithm>
#include <functional>
#include <limits>

// Embeddings in plain C++, to evaluate the formulas of their losses a second time.

namespace eq::loss::test {

using Row = std::vector<double>;
using Rows = std::vector<Row>;

inline double dot(const Row& a, const Row& b) {
  double sum = 0;
  for (size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

inline Rows unit(Rows rows) {
  for (auto& row : rows) {
    const double length = std::sqrt(dot(row, row));
    for (auto& entry : row) entry /= length;
  }
  return rows;
}

inline Rows prepared(const Rows& rows, const json& params) {
  return object(params).value("normalize", true) ? unit(rows) : rows;
}

inline double squaredDistance(const Row& a, const Row& b) {
  double sum = 0;
  for (size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}

inline double root(double squared) {
  return std::sqrt(squared + 1e-12);
}

inline double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

/// -infinity without terms.
inline double logSumExp(const Row& terms) {
  if (terms.empty()) return -std::numeric_limits<double>::infinity();
  const double most = *std::max_element(terms.begin(), terms.end());
  double sum = 0;
  for (const double term : terms) sum += std::exp(term - most);
  return most + std::log(sum);
}

inline double mean(const Row& terms) {
  double sum = 0;
  for (const double term : terms) sum += term;
  return terms.empty() ? 0 : sum / static_cast<double>(terms.size());
}

/// Unit vectors of the plane.
inline json angles(const Row& degrees) {
  json rows = json::array();
  for (const double degree : degrees) {
    const double angle = degree * std::acos(-1.0) / 180;
    rows.push_back({std::cos(angle), std::sin(angle)});
  }
  return rows;
}

/// The loss of embeddings `x`; what the sheet detaches is computed from `fixed`.
using Reference = std::function<double(const Rows& x, const Rows& fixed)>;

/// Value and gradient against the formula; the gradient by differences of fourth order.
inline QString formulaFault(const std::string& id, const json& params, const json& input,
                            const Reference& reference) {
  const auto found = evaluate(id, params, input);
  const auto fixed = input["prediction"].get<Rows>();
  const double expected = reference(fixed, fixed);
  if (!(std::abs(found.value - expected) <= 1e-11 * (1 + std::abs(expected))))
    return QString("value is %1, not %2").arg(found.value, 0, 'g', 15).arg(expected, 0, 'g', 15);
  const double scale = 1 + found.gradient.abs().max().item<double>();
  for (size_t i = 0; i < fixed.size(); ++i)
    for (size_t k = 0; k < fixed[i].size(); ++k) {
      const auto at = [&](double shift) {
        auto x = fixed;
        x[i][k] += shift;
        return reference(x, fixed);
      };
      constexpr double kStep = 1e-4;
      const double slope =
          (8 * (at(kStep) - at(-kStep)) - at(2 * kStep) + at(-2 * kStep)) / (12 * kStep);
      const double error =
          entry(found.gradient, static_cast<std::int64_t>(i * fixed[i].size() + k)) - slope;
      if (!(std::abs(error) <= 1e-8 * scale))
        return QString("gradient [%1, %2] is off by %3").arg(i).arg(k).arg(error);
    }
  return {};
}

/// The anchors' vector and its mean, or none for a coupled loss.
inline QString anchorsFault(const std::string& id, const json& params, const json& input,
                            bool anchors) {
  const auto found = evaluate(id, params, input);
  if (found.perSample.defined() != anchors)
    return anchors ? "per_sample is missing" : "per_sample of a coupled loss";
  if (!anchors) return {};
  if (found.perSample.size(0) != static_cast<std::int64_t>(input["prediction"].size()))
    return "per_sample is not one entry a sample";
  const double error = found.value - found.perSample.mean().item<double>();
  return std::abs(error) <= 1e-14 * (1 + std::abs(found.value)) ? "" : "value is not their mean";
}

/// Values and gradients must be finite where points coincide and where rows are zero.
inline QString degenerateFault(const Case& c) {
  const auto loss = make(c.id, c.params);
  const auto batch = batchOf(c.id, c.input);
  const auto& x = batch.prediction;
  auto partners = batch;
  for (auto& [name, field] : partners.fields)
    if (field.sizes().equals(x.sizes())) field = x;
  const auto oneZero = at::cat({at::zeros_like(x.narrow(0, 0, 1)), x.narrow(0, 1, x.size(0) - 1)});
  const std::vector<std::pair<const char*, Batch>> all{
      {"zeros", {at::zeros_like(x), batch.target, batch.fields}},
      {"a zero", {oneZero, batch.target, batch.fields}},
      {"equal rows", {x.narrow(0, 0, 1).expand_as(x), batch.target, batch.fields}},
      {"equal partners", partners}};
  for (const auto& [name, input] : all)
    for (const auto type : {at::kDouble, at::kFloat}) {
      auto typed = input;
      typed.prediction = input.prediction.to(type);
      const auto found = evaluate(*loss, typed);
      if (!std::isfinite(found.value)) return QString("%1: value %2").arg(name).arg(found.value);
      if (!found.gradient.isfinite().all().item<bool>())
        return QString("%1: gradient is not finite").arg(name);
      if (found.gradient.abs().max().item<double>() > 1e4)
        return QString("%1: gradient is huge").arg(name);
    }
  return {};
}

/// Ignored samples leave a batch as if they were not in it.
inline QString ignoredFault(const std::string& id, const json& params, const json& input) {
  json without = input;
  without["prediction"] = without["target"] = json::array();
  for (size_t i = 0; i < input["target"].size(); ++i) {
    if (input["target"][i] == -100) continue;
    without["prediction"].push_back(input["prediction"][i]);
    without["target"].push_back(input["target"][i]);
  }
  const auto some = evaluate(id, params, input), rest = evaluate(id, params, without);
  if (std::abs(some.value - rest.value) > 1e-13 * (1 + std::abs(rest.value)))
    return QString("value is %1, not %2").arg(some.value).arg(rest.value);
  std::int64_t at = 0;
  for (size_t i = 0; i < input["target"].size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    const bool ignored = input["target"][i] == -100;
    const auto slope = some.gradient[row];
    const auto expected = ignored ? at::zeros_like(slope) : rest.gradient[at];
    if (distance(slope, expected) > 1e-12) return QString("gradient %1 differs").arg(i);
    if (some.perSample.defined()) {
      const double value = ignored ? 0 : entry(rest.perSample, at);
      if (std::abs(entry(some.perSample, row) - value) > 1e-12)
        return QString("per_sample %1 differs").arg(i);
    }
    at += !ignored;
  }
  return {};
}

}  // namespace eq::loss::test

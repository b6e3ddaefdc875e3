#pragma once

#include <cmath>
#include <string>

#include <nlohmann/json.hpp>

#include <QFloat16>  // that QCOMPARE of JSON must know

#include "core/base/error.h"
#include "core/metric/pareto/front_json.h"

/// Sets of points as `equipoise-cli pareto` takes and answers them.
namespace eq::metric::test {

using nlohmann::json;

inline json figures(const json& input, const json& params = json::object(),
                    std::uint64_t seed = 0) {
  const auto options = frontOptions(Parameters(frontParameters(), params, "pareto"), seed);
  return toJson(analyseFront(readFrontQuestion(input, options), options));
}

/// The message of the refusal; empty where there was none.
inline std::string refusalOf(const json& input, const json& params = json::object()) {
  try {
    figures(input, params);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

/// Whether two answers are the same but for rounding. \param tolerance of 1, and of larger numbers.
inline bool same(const json& found, const json& expected, double tolerance = 1e-9) {
  if (expected.is_number() && found.is_number()) {
    const double a = found.get<double>(), b = expected.get<double>();
    return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
  }
  if (!expected.is_array()) return found == expected;
  if (!found.is_array() || found.size() != expected.size()) return false;
  for (size_t i = 0; i < expected.size(); ++i)
    if (!same(found[i], expected[i], tolerance)) return false;
  return true;
}

inline bool sameObject(const json& found, const json& expected, double tolerance = 1e-9) {
  for (const auto& [key, value] : expected.items())
    if (!found.contains(key) || !same(found[key], value, tolerance)) return false;
  return true;
}

}  // namespace eq::metric::test

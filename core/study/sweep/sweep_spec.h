#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/parameter.h"

namespace eq::study {

/// From `low` to `high`, both included.
struct SweepRange {
  enum class Scale { linear, logarithmic, integer };
  double low = 0;
  double high = 0;
  Scale scale = Scale::linear;
  std::optional<std::int64_t> count = std::nullopt;  ///< values that a grid takes

  /// The i-th of `count`, equally spaced in the scale.
  nlohmann::json at(std::int64_t i) const;
  /// \param u in [0, 1).
  nlohmann::json at(double u) const;
};

/// A field of the experiment and what it is to be: one of the values, or in the range.
struct SweepField {
  std::string path;  ///< as written
  std::vector<nlohmann::json> values;
  std::optional<SweepRange> range = std::nullopt;

  nlohmann::json at(double u) const;
};

/// `field` counts only where `other` has one of the values.
struct SweepCondition {
  std::string field;
  std::string other;
  std::vector<nlohmann::json> values;
};

/// What successive halving looks at.
struct SweepMetric {
  std::string task;
  std::string split = "validation";
  std::string metric;
  bool maximise = false;
};

/// The key "sweep" of an experiment file.
struct SweepSpec {
  std::string method = "grid";     ///< grid, random, sobol, asha, linear, lanes
  std::vector<SweepField> fields;  ///< in the order as written
  std::vector<SweepCondition> when;
  std::vector<std::uint64_t> seeds;          ///< each once; empty: the experiment's
  std::int64_t runs = 0;                     ///< random, sobol, asha: combinations to draw
  std::uint64_t seed = 1;                    ///< random, asha: of the draws
  SweepMetric metric;                        ///< asha
  std::int64_t reduction = 3;                ///< asha: of so many runs one goes on
  std::int64_t leastSteps = 1;               ///< asha: after which runs are compared first
  std::int64_t divisions = 10;               ///< linear: of the lattice
  std::vector<std::vector<double>> weights;  ///< linear: instead of the lattice
  std::string scale = "none";                ///< linear: none, first, single
  std::string spacing = "lattice";           ///< linear: lattice, log
  std::vector<nlohmann::json> lanes;         ///< lanes: objects {path: value}, a combination each
};

/// How combinations can be made of fields, for forms: all methods but `lanes`.
const std::vector<std::string>& sweepMethods();
/// The numbers and choices that a method reads beside its fields.
std::vector<ParameterSpec> sweepParameters(const std::string& method);
/// The keys of `metric`.
const std::vector<ParameterSpec>& sweepMetricParameters();

/// \param sweep with the order in which the keys stand in the file.
/// \throws Error `sweep.fields["optimizer.lr"].low: ...`.
SweepSpec sweepFromJson(const nlohmann::ordered_json& sweep);

}  // namespace eq::study

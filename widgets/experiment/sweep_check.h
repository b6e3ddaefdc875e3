#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <QString>
#include <nlohmann/json.hpp>

#include "core/train/experiment.h"

namespace eq::widgets {

/// What an experiment with a key "sweep" stands for.
struct SweepCheck {
  std::int64_t runs = 0;
  std::int64_t combinations = 0;
  std::string problem;  ///< the first that was found, by its path; empty: none
};

/// Looks at the sweep and at the values of its combinations, of very many at some; reads the data
/// where the experiment names no tasks and the sweep needs them. Any thread; throws nothing.
SweepCheck checkSweep(const train::Experiment& experiment, const nlohmann::ordered_json& sweep);

/// `0.1, focal, [1, 2]` as values: each is JSON, or a text where it is none. Commas within brackets
/// and quotes part nothing.
std::vector<nlohmann::json> sweepValuesFrom(const QString& text);
/// Reads back to the same.
QString sweepValuesText(const std::vector<nlohmann::json>& values);

/// The seeds of a sweep: "1, 4, 7", "[7]", or how many; null for an empty text.
nlohmann::json seedsFrom(const QString& text);
/// Reads back to the same.
QString seedsText(const nlohmann::json& seeds);

}  // namespace eq::widgets

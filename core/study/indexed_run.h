#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/run/run_folder.h"
#include "core/run/run_labels.h"
#include "core/train/series_expression.h"

namespace eq::study {

/// The names of what many runs have alike, kept once.
struct RunLayout {
  std::vector<std::string> fields;  ///< paths of the completed experiment as it ended, by name
  std::vector<std::string> series;  ///< by name: those of evaluations whole, of the others the
                                    ///< newest value
  bool operator==(const RunLayout&) const = default;
};

/// A 95 % interval of the newest value of a series, as the run measured it.
struct IndexedInterval {
  std::size_t series = 0;  ///< among the layout's
  double low = 0, high = 0;
  bool operator==(const IndexedInterval&) const = default;
};

/// What tables, filters and axes know of a run without opening it.
struct IndexedRun {
  run::RunInfo info;
  run::RunLabels labels;
  std::shared_ptr<const RunLayout> layout;
  std::vector<const nlohmann::json*> fields;  ///< values of the layout's, from interned()
  std::vector<std::size_t> ends;              ///< of its series among
  std::vector<double> values;                 ///< their values, one series after the other
  std::vector<IndexedInterval> intervals;     ///< of those that have one, by series

  /// Of a bare name, or a function of a series; absent where there is none. Short names are those
  /// of shortNames(). Of a series of steps only the newest value is known.
  train::SeriesValue value(const train::SeriesQuantity& quantity) const;
};
using IndexedRunPtr = std::shared_ptr<const IndexedRun>;

/// The one copy of a value that many runs have, for as long as the process lives; any thread.
const nlohmann::json* interned(const nlohmann::json& value);

/// A field of a run's experiment; null where it has none.
const nlohmann::json* fieldOf(const IndexedRun& run, const std::string& path);

/// name, tag, note, state, seed, weighting, gradient, ...
const std::vector<std::string>& shortNames();
/// The short names, and the fields and series of any of the runs.
std::vector<std::string> namesOf(const std::vector<IndexedRunPtr>& runs);

/// \throws ExpressionError for a function that needs more of a series of steps than is known.
void requireIndexed(const train::SeriesExpression& expression, std::string_view place);
/// The value of an expression for a run.
train::SeriesValue valueFor(const train::SeriesExpression& expression, const IndexedRun& run);

/// The interval of an expression that is the newest value of a series, where the run has one.
std::optional<IndexedInterval> intervalFor(const train::SeriesExpression& expression,
                                           const IndexedRun& run);

/// Reads a run. \throws Error when it cannot be read.
IndexedRun readIndexedRun(const std::filesystem::path& folder);

}  // namespace eq::study

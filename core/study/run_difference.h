#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/run/run_folder.h"

namespace eq::study {

/// Only what differs between two runs.
struct RunDifference {
  struct Field {
    std::string path;
    nlohmann::json first, second;  ///< null where one has no such field
    bool operator==(const Field&) const = default;
  };
  std::vector<Field> fields;  ///< of the experiments as they began, defaults included
  /// Commands and notes that only one of them got, or at another step.
  std::vector<train::EventRecord> firstEvents, secondEvents;

  bool empty() const { return fields.empty() && firstEvents.empty() && secondEvents.empty(); }
};

RunDifference differenceOf(const run::RunReader& first, const run::RunReader& second);

/// As text to copy: a line a field, `optimizer.lr: 0.001 | 0.01`, then the events.
std::string inWords(const RunDifference& difference);
/// {"fields": [{"path", "first", "second"}], "events": {"first": [...], "second": [...]}}.
nlohmann::json toJson(const RunDifference& difference);

}  // namespace eq::study

#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/train/records.h"

namespace eq::train {

/// Watches evaluations for predictions that are not finite: one event a split and task, when its
/// first ones come. That the metrics are undefined there says every evaluation.
class PredictionWatch {
 public:
  explicit PredictionWatch(std::vector<std::string> tasks) : tasks_(std::move(tasks)) {}

  /// \return the events; their `seconds` are left to the caller.
  std::vector<EventRecord> read(const EvaluationRecord& record);

  /// The key "nonfinite_predictions" of a snapshot.
  void addState(nlohmann::json& meta) const;
  void restore(const nlohmann::json& meta);

 private:
  std::vector<std::string> tasks_;
  std::map<std::string, std::set<size_t>> told_;  ///< by split: tasks
};

}  // namespace eq::train

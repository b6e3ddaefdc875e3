#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/train/pending_records.h"

namespace eq::train {

/// Watches what balancers remark: one event when a remark begins to stand, one when it no longer
/// does. One that was away for less than 100 steps has stood all the time, so that a weight that
/// trembles at its bound is told once.
class BalancerWatch {
 public:
  explicit BalancerWatch(std::vector<std::string> tasks) : tasks_(std::move(tasks)) {}

  /// Reads records in their order. \return the events; their `seconds` are left to the caller.
  std::vector<EventRecord> read(const TakenRecords& taken);

  /// The key "remarks" of a snapshot.
  void addState(nlohmann::json& meta) const;
  void restore(const nlohmann::json& meta);

 private:
  std::vector<std::string> tasks_;
  std::map<std::string, std::int64_t> standing_;  ///< by its line: the step where it last stood
};

}  // namespace eq::train

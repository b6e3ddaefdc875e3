#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/train/pending_records.h"
#include "core/train/records.h"

namespace eq::train {

/// Watches the records of a run for losses, gradients and weights that are not finite: one event
/// when a task's begin, and an error when the run has not moved for many steps.
class FiniteWatch {
 public:
  explicit FiniteWatch(std::vector<std::string> tasks);

  /// Reads records in their order. \return one event for each loss, gradient or weight that was
  /// finite in the step before; their `seconds` are left to the caller.
  std::vector<EventRecord> read(const TakenRecords& taken);

  /// \param steps updates done, for the message.
  /// \throws Error (failure) when too many steps in a row were not applied.
  void requireProgress(std::int64_t steps) const;
  /// \throws Error (failure) when none of them was.
  void requireAnyUpdate(std::int64_t steps) const;

  /// Steps in a row, up to the newest read, that were not applied.
  std::int64_t skipped() const { return skipped_; }

  /// The keys "finite" and "skipped" of a snapshot.
  void addState(nlohmann::json& meta) const;
  void restore(const nlohmann::json& meta);

 private:
  EventRecord report(const NonFinite& found) const;
  [[noreturn]] void failAt(std::int64_t step) const;

  std::vector<std::string> tasks_;
  /// Per task: 1 where its newest loss, weight and, as far as known, gradient were finite, 2 where
  /// only the weight was not, else 0; then whether the newest gradient of all was.
  std::vector<char> finite_;
  std::int64_t skipped_ = 0;  ///< steps in a row without an update
};

}  // namespace eq::train

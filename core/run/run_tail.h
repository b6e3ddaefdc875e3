#pragma once

#include <filesystem>
#include <string>

#include "core/run/run_folder.h"

namespace eq::run {

/// What a run's record has gained.
struct RunNews {
  RunInfo info;
  Records records;
  /// `records` is the whole record: the run was resumed before its end, so that what was read of it
  /// no longer counts.
  bool anew = false;
};

/// Reads a run again and again while another thread or process may train it. One thread at a time.
class RunTail {
 public:
  /// \throws Error when `folder` holds no run.
  explicit RunTail(const std::filesystem::path& folder);

  const RunReader& reader() const { return reader_; }
  bool isUnread() const { return lastEvent_.empty(); }
  /// What came since the last call; at first, everything. \throws Error when it cannot be read.
  RunNews read();

 private:
  /// Whether what was read before is still part of the record.
  bool isStillThere(const RunInfo& info, const Position& position) const;
  void remember(const RunNews& news, const Position& position);

  RunReader reader_;
  bool held_ = false;  ///< by a process, at the last call
  std::int64_t step_ = 0;
  Position seen_;
  std::string lastEvent_;  ///< as JSON
};

}  // namespace eq::run

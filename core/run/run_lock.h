#pragma once

#include <filesystem>

namespace eq::run {

/// The right to write a run folder. The system takes it back when the process ends, however it
/// ends.
class RunLock {
 public:
  /// \throws Error when another process, or another runner of this one, holds it.
  explicit RunLock(const std::filesystem::path& folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  /// Looks, and takes nothing.
  static bool isHeld(const std::filesystem::path& folder);

 private:
  int descriptor_ = -1;
};

}  // namespace eq::run

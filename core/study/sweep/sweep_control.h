#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <vector>

namespace eq::study {

/// What a person wants of the sweep or race of a folder. It is kept there, in `control.json`, so
/// that who trains it obeys, now or when it goes on, whoever asked. Runs go by their number in the
/// sweep, from 0.
struct SweepControl {
  bool paused = false;  ///< nothing is trained, and who trains it ends; starting it takes it back
  bool queued = false;  ///< it waits while an earlier one of its workspace is trained
  bool waits = false;   ///< the window that began it pauses it when it is closed
  std::optional<std::int64_t> workers = std::nullopt;  ///< runs at a time
  std::vector<std::int64_t> first = {};                ///< these before all others
  std::set<std::int64_t> cancelled = {};               ///< are not trained on
  std::set<std::int64_t> retried = {};  ///< failed ones to be tried again; taken out when they are
  bool operator==(const SweepControl&) const = default;
};

/// What is not there, or damaged, counts as never asked for.
SweepControl controlOf(const std::filesystem::path& folder);

/// Changes it, one process after the other. \throws Error when it cannot be written.
void changeControl(const std::filesystem::path& folder,
                   const std::function<void(SweepControl&)>& change);

/// The sweep or race that one which is queued waits for: of those beside it the first that began
/// earlier, by the name of its folder, and is trained now. Empty: there is none.
std::filesystem::path waitsFor(const std::filesystem::path& folder);

}  // namespace eq::study

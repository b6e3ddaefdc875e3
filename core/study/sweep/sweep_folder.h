#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/run/run_folder.h"
#include "core/study/run_folders.h"
#include "core/study/sweep/sweep_file.h"

namespace eq::study {

// A sweep's folder holds
//   sweep.json     the file as it began
//   scales.json    linear, where weights are divided: by what, so that it stays the same
//   sweep.lock     held by the queue and its workers; says how the sweep ended
//   control.json   what a person wants of it meanwhile; see sweep_control.h
//   mailbox        letters to a race; see race.h
//   the run folders; which is which is found from their experiments.

/// \throws Error naming the first path in which the sweep that `folder` holds differs from the
/// file, and when there is none but runs of something else.
void requireFits(const SweepFile& file, const std::filesystem::path& folder);

/// Makes the folder with `sweep.json` where it is not there. \pre requireFits returned.
void beginSweep(const SweepFile& file, const std::filesystem::path& folder);

/// The sweep that `folder` holds; relative paths start where they do for its runs.
/// \throws Error when it holds none.
SweepFile sweepIn(const std::filesystem::path& folder);

/// By what the weights of a sweep are divided: as its folder says, else as it is computed.
class Scales {
 public:
  Scales(const std::filesystem::path& folder, ScaleOf compute);
  std::vector<double> of(const train::Experiment& experiment);
  /// Keeps in the folder, which exists, what was computed.
  void save() const;

 private:
  std::filesystem::path file_;
  ScaleOf compute_;
  nlohmann::json kept_ = nlohmann::json::array();
  bool changed_ = false;
};

/// Whether a run has done what its experiment asks: its last step, or a rule of it has stopped it.
bool hasEnded(const run::RunInfo& info);

/// The runs of a folder, one for each of `runs` where there is one: of several the one that has
/// come furthest. \param runs those of `file`. \param known folders that are not looked at.
std::vector<std::optional<run::RunInfo>> foundRuns(
    const std::filesystem::path& folder, const SweepFile& file, const std::vector<SweepRun>& runs,
    const std::set<std::filesystem::path>& known = {});

/// The runs of a folder that were forked from others, and are not over: clones of lanes.
std::vector<run::RunInfo> openForksIn(const std::filesystem::path& folder);

enum class SweepState {
  running,
  finished,
  failed,
  stopped,
  died,
  submitted  ///< to a cluster: its runs say how it stands
};
std::string toText(SweepState state);

/// How the sweep of a folder stands.
SweepState stateOf(const std::filesystem::path& folder);

/// Notes that the sweep of a folder was given to a cluster. \throws Error when it cannot be
/// written.
void noteSubmitted(const std::filesystem::path& folder);

/// The right to run the sweep of a folder. It is given on to the workers, so that it ends with the
/// last of them however the queue ends; until it is let go the sweep counts as running.
class SweepLock {
 public:
  /// Waits while others hold it. \param stop is asked meanwhile. \param wait is called once when
  /// it has to wait.
  /// \throws Error when the file cannot be written.
  SweepLock(const std::filesystem::path& folder, const std::function<bool()>& stop,
            const std::function<void()>& wait);
  ~SweepLock();
  SweepLock(const SweepLock&) = delete;
  SweepLock& operator=(const SweepLock&) = delete;

  /// Whether it holds it; not when it was stopped while it waited.
  bool isHeld() const { return held_; }
  int descriptor() const { return descriptor_; }
  /// Notes how the sweep stands.
  void note(SweepState state);

 private:
  int descriptor_ = -1;
  bool held_ = false;
};

}  // namespace eq::study

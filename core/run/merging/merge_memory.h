#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/run/merging/merge_progress.h"
#include "core/train/snapshot.h"

namespace eq::run {

/// What a merge that takes many steps keeps of them, in a file beside the folder that it will make:
/// the same merge, asked for again after it was stopped or killed, goes on from there and comes to
/// the bits of one that never was. The file is written as a whole or not at all.
class MergeMemory {
 public:
  using State = std::function<train::Snapshot()>;

  /// \param out the folder. \param asked all that decides what comes out of the merge.
  MergeMemory(const std::filesystem::path& out, nlohmann::json asked);

  /// The state that this very merge kept; none: it begins.
  const std::optional<train::Snapshot>& kept() const { return kept_; }
  /// Why what was kept is not taken; empty where it is, or there is nothing.
  const std::string& refusal() const { return refusal_; }
  /// Of work before, of which something was kept.
  double secondsBefore() const { return secondsBefore_; }

  /// Keeps a state where the last one was kept long ago: a second, or twenty times what that took.
  void keepInTime(const State& state);
  void keep(const State& state);
  /// Removes the file.
  void forget();

 private:
  using Clock = std::chrono::steady_clock;

  std::filesystem::path file_;
  nlohmann::json asked_;
  std::optional<train::Snapshot> kept_;
  std::string refusal_;
  double secondsBefore_ = 0;
  Clock::time_point begun_ = Clock::now(), next_;
};

/// The state that was kept; none where nothing was, or nothing is. \param memory may be null.
std::optional<train::Snapshot> keptBy(const MergeMemory* memory);

/// Tells of a step to come. \param memory null: nothing is kept. \param state before the step; it
/// is kept in time, and where what is told ends the merge.
void tellStep(const MergeProgress& progress, MergeMemory* memory, const MergePart& part,
              const MergeMemory::State& state);

/// Tensors in a state, under names that begin with `prefix`, and the way back.
void addTensors(const std::map<std::string, at::Tensor>& tensors, const std::string& prefix,
                train::Snapshot& state);
std::map<std::string, at::Tensor> tensorsOf(const train::Snapshot& state,
                                            const std::string& prefix);

}  // namespace eq::run

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/run/runner.h"
#include "core/study/sweep/race.h"

namespace eq::study {

/// One run of a race. What fails ends this lane alone: nothing throws, but clone().
class RaceLane {
 public:
  /// Makes the run, or goes on with it.
  using Begin = std::function<std::unique_ptr<run::Runner>()>;

  /// \param known the run as far as it has come; `finished` or far enough: it is not gone on with.
  /// \param limit steps to stop after, since it began; 0: all. \param begin null: it is left alone.
  RaceLane(LaneResult known, std::int64_t limit, const Begin& begin);

  bool isOver() const { return runner_ == nullptr; }
  const LaneResult& result() const { return result_; }

  /// Goes on for some steps, and does what others ask of it; the last ones close it.
  /// \returns whether it moved.
  bool advance(std::int64_t steps);
  /// Ends it as its own end would, for who wants no more of it.
  void stop();
  /// Checkpoints, for who ends the program.
  void leave();
  /// A fork of it where it stands, changed. \pre !isOver(). \throws Error when that cannot be.
  std::unique_ptr<run::Runner> clone(const std::filesystem::path& workspace,
                                     const std::vector<std::string>& settings,
                                     const std::string& title);

 private:
  bool step(std::int64_t steps);
  void close(const std::function<void()>& work);
  void guarded(const std::function<void()>& work);

  std::unique_ptr<run::Runner> runner_;
  std::int64_t threads_ = 0;
  std::int64_t last_ = 0;
  bool paused_ = false;
  LaneResult result_;
};

}  // namespace eq::study

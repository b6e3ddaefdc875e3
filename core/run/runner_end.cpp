#include <system_error>
#include <utility>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/run_start.h"
#include "core/run/runner_state.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

std::string idleInWords(std::int64_t steps) {
  return steps == 0 ? "" : fmt::format("; the last {} were not applied", steps);
}

std::string byRuleInWords(const std::string& rule) {
  return rule.empty() ? "" : " by " + rule;
}

/// Says in the folder that is left that its run is elsewhere.
void leaveBehind(RunWriter& before, const fs::path& folder) {
  try {
    before.setState(RunState::stopped, "goes on in " + folder.string());
  } catch (const Error&) {
    // It could not be written before: that is why the run has left.
  }
}

std::string lostInWords(const std::vector<std::int64_t>& steps) {
  if (steps.empty()) return {};
  return fmt::format("; the checkpoints of steps {} could not be copied", fmt::join(steps, ", "));
}

}  // namespace

void Runner::State::setPaused(bool paused) {
  if (stateWritten_ && paused == (runState_ == RunState::paused)) return;
  runState_ = paused ? RunState::paused : RunState::running;
  stateWritten_ = false;
  note(paused ? "paused" : "continued",
       fmt::format("{} at step {}", paused ? "paused" : "goes on", trainer_->stepsDone()),
       nlohmann::json::object());
  save();
  writeState(runState_);
}

std::unique_ptr<RunWriter> Runner::State::copyInto(const fs::path& folder,
                                                   std::vector<std::int64_t>& lost) {
  makeFolder(folder / "checkpoints");
  auto writer = writer_->copyTo(folder);
  writeExperiment(folder, RunReader(folder).experiment());
  writer->append(unsaved_, true);
  writer->setState(runState_);
  for (const auto& found : checkpointsIn(folder_)) {
    const auto copy = checkpointFile(folder, found.step);
    std::error_code unreadable, ignored;  // one of the present step follows
    fs::copy_file(found.path, copy, unreadable);
    if (!unreadable) continue;
    fs::remove(copy, ignored);
    lost.push_back(found.step);
  }
  return writer;
}

void Runner::State::moveTo(const fs::path& workspace) {
  collect();
  const fs::path folder = makeRunFolder(workspace, trainer_->experiment().name);
  std::vector<std::int64_t> lost;
  auto writer = orRemove(folder, [&] { return copyInto(folder, lost); });
  leaveBehind(*writer_, folder);
  writer_ = std::move(writer);
  stateWritten_ = true;
  unsaved_ = {};
  const fs::path before = std::exchange(folder_, folder);
  note("note",
       fmt::format("goes on in {} because {} could not be written{}", folder.string(),
                   before.string(), lostInWords(lost)),
       nlohmann::json::object());
  keeper_.moveTo(folder);
  mail_.moveTo(folder);
  checkpoint(false);
}

void Runner::State::close() {
  // Who ends a program may not wait for the evaluations.
  if (!trainer_->finished()) writeCheckpoint();
  for (const auto split :
       {train::SplitName::train, train::SplitName::validation, train::SplitName::test})
    evaluateOnce(split);
  for (const auto split : {train::SplitName::validation, train::SplitName::test}) bootstrap(split);
  const bool done = trainer_->finished();
  collect();
  if (done) trainer_->requireAnyUpdate();
  noteEnd(done, idleInWords(trainer_->stepsWithoutUpdate()) + byRuleInWords(stoppedBy_));
  checkpoint(false);
  save();
  writeState(done ? RunState::finished : RunState::stopped, done ? std::string() : stoppedBy_);
  answerAll(untilClose_, {});
}

void Runner::State::noteEnd(bool done, const std::string& further) {
  if (std::exchange(ended_, true)) return;
  const auto end = done ? "finished" : "stopped";
  note(end, fmt::format("{} after {} steps{}", end, trainer_->stepsDone(), further),
       nlohmann::json::object());
}

void Runner::State::leave() {
  noteEnd(false, ", without a last evaluation");
  checkpoint(false);
  save();
  writeState(RunState::stopped);
  answerAll(untilClose_, {});
}

void Runner::State::fail(const std::string& message) {
  try {
    note("failed", message, nlohmann::json::object());
    writeHeld();
    writer_->setState(RunState::failed, message);
  } catch (const Error&) {
    // Disk or device are the failure itself; the run then counts as died, and can be resumed.
  }
  for (auto* letters : {&done_, &untilClose_}) answerAll(*letters, "the run failed: " + message);
}

}  // namespace eq::run

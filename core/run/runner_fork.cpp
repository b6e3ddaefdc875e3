#include <algorithm>

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/origin.h"
#include "core/run/run_replay.h"
#include "core/run/runner_state.h"
#include "core/run/safetensors.h"
#include "core/run/whereabouts.h"
#include "core/train/replay.h"
#include "core/train/rule.h"
#include "core/train/settings.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::int64_t stepOrLast(const RunReader& parent, std::int64_t step) {
  if (step >= 0) return step;
  const auto checkpoints = allCheckpointsIn(parent.folder());
  if (checkpoints.empty())
    eq::fail("{}: there is no checkpoint yet; name a step", parent.folder().string());
  return checkpoints.back().step;
}

/// Before steps are made again, which may take long. \throws Error that names the path of a setting
/// that cannot change in a running job, and for a command that does not fit.
void requireAlterable(const RunReader& parent, std::int64_t step, const Edits& edits) {
  if (edits.empty()) return;
  const auto begun = train::experimentFromJson(parent.experiment(), parent.dataFolder());
  if (begun.tasks.empty()) return;  // known with the data alone
  const auto now = train::inForceAt(begun, parent.events(), step + 1).experiment;
  auto wanted = train::withSettings(now, train::settingsFromTexts(edits.settings));
  wanted.epochs = now.epochs;
  train::requireCommandsBetween(now, wanted);
  if (wanted.rules != now.rules) train::requireRulesFit(wanted);
  for (const auto& command : edits.commands) {
    wanted = train::applied(wanted, command);
    if (command.kind == train::Command::Kind::setRules) train::requireRulesFit(wanted);
  }
}

/// Changes the trainer as the edits say. \throws Error that names the path of a setting that cannot
/// change in a running job.
void alter(Restored& restored, const Edits& edits, std::optional<double> epochs,
           const std::string& name) {
  auto& trainer = *restored.trainer;
  auto wanted = trainer.experiment();
  wanted = train::withSettings(wanted, train::settingsFromTexts(edits.settings));
  if (wanted.epochs != trainer.experiment().epochs) epochs = wanted.epochs;
  if (epochs) prolong(restored, *epochs, name);
  wanted.epochs = trainer.experiment().epochs;
  for (const auto& command : train::requireCommandsBetween(trainer.experiment(), wanted))
    trainer.apply(command);
  for (const auto& command : edits.commands) trainer.apply(command);
  requireReadable(trainer.experiment());
}

/// The event with which a fork begins.
train::EventRecord beginningOf(const RunReader& parent, const Restored& restored, bool longer) {
  const auto& trainer = *restored.trainer;
  const auto name = fs::absolute(parent.folder()).lexically_normal().filename().string();
  json detail{{"parent", name}, {"parent_step", trainer.stepsDone()}};
  if (longer) detail["epochs"] = trainer.experiment().epochs;
  auto differences = restored.differences;
  for (const auto& split : restored.otherData) differences.push_back("other " + split + " data");
  for (const auto& task : restored.otherTeachers)
    differences.push_back("another teacher of " + task);
  if (!differences.empty()) detail["differences"] = differences;
  detail.update(machineryOf(trainer));
  return {trainer.stepsDone(), restored.seconds, "started",
          fmt::format("forked from {} at step {}{}", name, trainer.stepsDone(), inWords(restored)),
          detail};
}

std::vector<train::EventRecord> firstEvents(const RunReader& parent, const Restored& restored) {
  std::vector<train::EventRecord> events;
  for (const auto& message : restored.damaged)
    events.push_back({restored.trainer->stepsDone(), restored.seconds, "note", message});
  events.push_back(beginningOf(parent, restored, !restored.longer.empty()));
  for (auto& event : restored.trainer->takeEvents()) events.push_back(std::move(event));
  return events;
}

std::vector<json> courseUntil(const std::vector<train::EventRecord>& events, std::int64_t step) {
  std::vector<json> course;
  for (const auto& event : events)
    if (event.step <= step && train::changesCourse(event)) course.push_back(event.detail);
  return course;
}

/// The parent may have been resumed before that step meanwhile, and have another past now.
void requireSamePast(const RunReader& child, const std::vector<json>& past, std::int64_t step) {
  const auto found = courseUntil(child.events(), step);
  if (found.size() >= past.size() && std::equal(past.begin(), past.end(), found.begin())) return;
  eq::fail("{}: the run was trained anew while it was forked; fork it again",
           child.info().parentFolder.string());
}

}  // namespace

std::unique_ptr<Runner> Runner::fork(const fs::path& folder, std::int64_t given,
                                     const fs::path& workspace, const Changes& changes,
                                     const Edits& edits, const Before& before) {
  const RunReader parent(folder);
  requireOwn(parent);
  const auto step = stepOrLast(parent, given);
  const auto past = courseUntil(parent.events(), step);
  requireAlterable(parent, step, edits);
  auto restored = replayTo(parent, step, {changes.data, {}, {}, changes.device}, before.replayed);
  auto& trainer = restored.trainer;
  alter(restored, edits, changes.epochs, folder.string());
  if (before.rehearse) before.rehearse(*trainer);

  RunWriter::ForkStart start;
  start.parent = folder;
  start.parentId = idOf(folder);
  start.step = step;
  auto began = Whereabouts(parent, changes.data).locate(parent.experiment()).experiment;
  began.device = trainer->experiment().device;
  start.experiment = train::toJson(began);
  start.dataFolder = trainer->experiment().folder.string();
  start.totalSteps = trainer->totalSteps();
  start.title = changes.title;
  start.events = firstEvents(parent, restored);

  const fs::path child = makeRunFolder(workspace, parent.info().name);
  return orRemove(child, [&] {
    writeExperiment(child, start.experiment);
    makeFolder(child / "checkpoints");
    auto writer = RunWriter::createFork(child, start, [&](const Position& position) {
      auto snapshot = trainer->snapshot();
      snapshot.meta["records"] = {{"events", position.events},
                                  {"evaluations", position.evaluations}};
      writeSnapshot(checkpointFile(child, step), snapshot);
    });
    requireSamePast(RunReader(child), past, step);
    auto state =
        std::make_unique<State>(child, std::move(trainer), std::move(writer), restored.seconds);
    state->recall(RunReader(child));
    state->tell(start.events);
    return std::unique_ptr<Runner>(new Runner(std::move(state)));
  });
}

}  // namespace eq::run

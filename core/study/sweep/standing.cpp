#include "core/study/sweep/standing.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/run/atomic_file.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;

std::vector<SweepRun> recordedRuns(const SweepFile& file, const fs::path& folder) {
  Scales scales(folder, [&](const train::Experiment&) -> std::vector<double> {
    fail("{}: the file scales.json is missing; continue the sweep to have it back",
         folder.string());
  });
  return runsOf(file, [&](const train::Experiment& experiment) { return scales.of(experiment); });
}

std::vector<run::RunInfo> clonesIn(const fs::path& folder) {
  auto runs = run::listRuns(folder);
  std::erase_if(runs, [](const run::RunInfo& info) { return info.parent.empty(); });
  return runs;
}

void count(SweepStanding& standing) {
  for (const auto& one : standing.runs) {
    if (!one.info)
      ++standing.waiting;
    else if (one.isRunning())
      ++standing.running;
    else if (hasEnded(*one.info))
      ++standing.finished;
    else if (one.hasFailed())
      ++standing.failed;
    else
      ++standing.stopped;
  }
}

/// Whether the folder of a run was deleted since.
bool isMissingOne(const SweepStanding& standing) {
  for (std::size_t i = 0; i < standing.runs.size(); ++i)
    if (!standing.runs[i].info && !standing.isCancelled(i)) return true;
  return false;
}

/// How a sweep stands that a cluster trains.
SweepState stateByRuns(const SweepStanding& standing) {
  const auto all = std::ssize(standing.runs);
  if (standing.running > 0) return SweepState::running;
  if (standing.finished == all) return SweepState::finished;
  return standing.finished + standing.failed == all ? SweepState::failed : SweepState::stopped;
}

/// The share of a run that is done.
double shareOf(const run::RunInfo& info) {
  if (hasEnded(info)) return 1;
  if (info.totalSteps <= 0) return 0;
  return static_cast<double>(info.steps) / static_cast<double>(info.totalSteps);
}

/// By how long the runs took so far that ended, or are trained without a break.
std::optional<double> secondsLeftOf(const SweepStanding& standing) {
  double seconds = 0, done = 0, open = 0;
  for (std::size_t i = 0; i < standing.runs.size(); ++i) {
    const auto& info = standing.runs[i].info;
    const double share = info ? shareOf(*info) : 0;
    if (info && (standing.runs[i].isRunning() || hasEnded(*info))) {
      seconds += info->updated - info->created;
      done += share;
    }
    if (!standing.isCancelled(i) && !standing.runs[i].hasFailed()) open += 1 - share;
  }
  if (done <= 0 || standing.running == 0) return std::nullopt;
  return open * seconds / done / static_cast<double>(standing.running);
}

}  // namespace

SweepStanding standingOf(const fs::path& folder) {
  const auto file = sweepIn(folder);
  SweepStanding standing;
  standing.folder = folder;
  standing.name = file.base.name;
  standing.method = file.sweep.method;
  standing.control = controlOf(folder);
  const auto runs = recordedRuns(file, folder);
  auto found = foundRuns(folder, file, runs);
  for (std::size_t i = 0; i < runs.size(); ++i)
    standing.runs.push_back({runs[i], std::move(found[i])});
  standing.clones = clonesIn(folder);
  count(standing);
  standing.state = stateOf(folder);
  if (standing.state == SweepState::submitted) standing.state = stateByRuns(standing);
  if (standing.state == SweepState::finished && isMissingOne(standing))
    standing.state = SweepState::stopped;
  if (standing.state == SweepState::running && standing.control.queued)
    standing.other = waitsFor(folder);
  if (standing.state == SweepState::running) standing.secondsLeft = secondsLeftOf(standing);
  return standing;
}

std::vector<fs::path> sweepsIn(const fs::path& workspace) {
  std::error_code ignored;
  auto folders = run::entriesOf(workspace, ignored);
  std::erase_if(folders, [](const fs::path& folder) { return !isSweep(folder); });
  std::sort(folders.begin(), folders.end(), std::greater<>());  // names begin with the time
  return folders;
}

}  // namespace eq::study

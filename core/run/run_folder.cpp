#include "core/run/run_folder.h"

#include <algorithm>
#include <charconv>

#include "core/base/error.h"
#include "core/run/atomic_file.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCheckpoints = "checkpoints";
constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kSuffix = ".safetensors";

/// The step in `step-00000100.safetensors`, or -1.
std::int64_t stepOf(const std::string& name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return -1;
  const char* begin = name.data() + kPrefix.size();
  const char* end = name.data() + name.size() - kSuffix.size();
  std::int64_t step = -1;
  const auto [stop, code] = std::from_chars(begin, end, step);
  return code == std::errc() && stop == end ? step : -1;
}

std::vector<CheckpointInfo> listCheckpoints(const fs::path& folder, std::error_code& code) {
  std::vector<CheckpointInfo> found;
  for (const auto& entry : entriesOf(folder, code)) {
    const std::int64_t step = stepOf(entry.filename().string());
    if (step >= 0) found.push_back({step, entry});
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.step < b.step; });
  return found;
}

/// The files of a run that `folder` does not have; the records, without which there is none, first.
std::vector<std::string> missingIn(const fs::path& folder) {
  std::vector<std::string> missing;
  std::error_code ignored;
  for (const char* name : {"run.sqlite", "experiment.json", kCheckpoints})
    if (!fs::exists(folder / name, ignored)) missing.emplace_back(name);
  return missing;
}

/// What a folder of runs holds: one of them was meant.
std::string runsInWords(const fs::path& folder) {
  std::error_code ignored;
  std::vector<std::string> runs;
  for (const auto& entry : entriesOf(folder, ignored))
    if (isRun(entry)) runs.push_back(entry.filename().string());
  if (runs.empty()) return {};
  std::sort(runs.begin(), runs.end());
  return fmt::format("; it holds {} run{}, such as {}: name one of them", runs.size(),
                     runs.size() == 1 ? "" : "s", runs.back());
}

}  // namespace

std::string toText(RunState state) {
  switch (state) {
    case RunState::running:
      return "running";
    case RunState::paused:
      return "paused";
    case RunState::finished:
      return "finished";
    case RunState::stopped:
      return "stopped";
    case RunState::failed:
      return "failed";
    case RunState::died:
      return "died";
  }
  return "?";
}

bool isHeld(RunState state) {
  return state == RunState::running || state == RunState::paused;
}

fs::path databaseFile(const fs::path& folder) {
  return folder / "run.sqlite";
}

fs::path checkpointFile(const fs::path& folder, std::int64_t step) {
  return folder / kCheckpoints / fmt::format("{}{:08}{}", kPrefix, step, kSuffix);
}

std::vector<CheckpointInfo> allCheckpointsIn(const fs::path& folder) {
  std::error_code code;
  auto found = listCheckpoints(folder / kCheckpoints, code);
  if (code && code != std::errc::no_such_file_or_directory)
    throw fileError(folder / kCheckpoints, "cannot be read", code.value());
  return found;
}

std::vector<CheckpointInfo> checkpointsIn(const fs::path& folder) {
  std::error_code ignored;
  return listCheckpoints(folder / kCheckpoints, ignored);
}

bool isRun(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(databaseFile(folder), ignored);
}

void requireRun(const fs::path& folder) {
  std::error_code error;
  const bool exists = fs::exists(folder, error);
  if (error) fail("{}: cannot be read: {}", folder.string(), error.message());
  if (!exists) fail("{}: there is no such run folder", folder.string());
  if (isRun(folder)) return;
  if (!fs::is_directory(folder, error)) fail("{}: is a file; a run is a folder", folder.string());
  fail("{}: is not a run folder: it has no {}{}", folder.string(),
       fmt::join(missingIn(folder), " and no "), runsInWords(folder));
}

std::vector<RunInfo> listRuns(const fs::path& workspace) {
  std::vector<RunInfo> runs;
  std::error_code ignored;
  for (const auto& entry : entriesOf(workspace, ignored)) {
    if (!isRun(entry)) continue;
    try {
      runs.push_back(RunReader(entry).info());
    } catch (const Error&) {
      continue;
    }
  }
  std::sort(runs.begin(), runs.end(), [](const RunInfo& a, const RunInfo& b) {
    return a.created != b.created ? a.created < b.created : a.folder < b.folder;
  });
  return runs;
}

}  // namespace eq::run

#include "core/run/trainer_at.h"

#include <vector>

#include "core/base/error.h"
#include "core/run/safetensors.h"

namespace eq::run {

namespace fs = std::filesystem;

fs::path requireCheckpoint(const fs::path& folder, std::int64_t step) {
  const auto file = checkpointFile(folder, step);
  std::error_code ignored;
  if (fs::exists(file, ignored)) return file;
  std::vector<std::int64_t> steps;
  for (const auto& checkpoint : checkpointsIn(folder)) steps.push_back(checkpoint.step);
  eq::fail("{}: there is no checkpoint of step {}; there are: {}", folder.string(), step,
           fmt::join(steps, ", "));
}

Restored trainerAt(const RunReader& run, std::optional<std::int64_t> step) {
  if (step) {
    const auto file = requireCheckpoint(run.folder(), *step);
    return restore(readSnapshot(file), file.string(), run, {});
  }
  const auto newest = newestCheckpoint(run.folder());
  if (newest.step < 0) eq::fail("{}: the run has no checkpoint yet", run.folder().string());
  auto restored = restore(newest.snapshot, newest.file.string(), run, {});
  restored.damaged = newest.damaged;
  return restored;
}

}  // namespace eq::run

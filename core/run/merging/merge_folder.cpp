#include "core/run/merging/merge_folder.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/run/atomic_file.h"
#include "core/run/runner_state.h"
#include "core/run/safetensors.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

/// The newest evaluation from before the base's step; 0: none. Those at it are of other parameters.
std::int64_t evaluationBefore(const RunReader& reader, std::int64_t step) {
  auto id = reader.position().evaluations;
  for (; id > 0; --id)
    if (const auto newer = reader.evaluations(id - 1); !newer.empty() && newer.front().step < step)
      break;
  return id;
}

/// Events and evaluations come before the checkpoint, which has them.
void fill(const fs::path& folder, const MergedRun& run, nlohmann::json& report) {
  writeExperiment(folder, run.start.experiment);
  makeFolder(folder / "checkpoints");
  const auto extras = folder / "extras.safetensors";
  if (!run.extras.empty()) writeSnapshot(extras, {run.extras, nlohmann::json::object()});
  auto writer = RunWriter::createFork(folder, run.start, [](const Position&) {});
  writer->truncateAfter(run.start.step, {writer->position().events,
                                         evaluationBefore(RunReader(folder), run.start.step)});
  writer->append(run.records, true);
  const auto position = writer->position();
  auto snapshot = run.snapshot;
  snapshot.meta["records"] = {{"events", position.events}, {"evaluations", position.evaluations}};
  const auto checkpoint = checkpointFile(folder, run.step);
  writeSnapshot(checkpoint, snapshot);
  report["bytes"]["checkpoint"] = sizeOf(checkpoint);
  report["bytes"]["extras"] = sizeOf(extras);
  writeAtomically(folder / "merge.json", jsonText(report, 2) + "\n");
  writer->setState(run.state);
}

}  // namespace

fs::path besideMerge(const fs::path& folder, const std::string& ending) {
  auto named = fs::absolute(folder).lexically_normal();
  if (!named.has_filename()) named = named.parent_path();
  return named.parent_path() / ("." + named.filename().string() + ending);
}

std::uint64_t sizeOf(const fs::path& file) {
  std::error_code none;
  const auto size = fs::file_size(file, none);
  return none ? 0 : size;
}

void requireFreeFolder(const fs::path& folder) {
  std::error_code code;
  if (!fs::exists(folder, code) && !code) return;
  if (!fs::is_directory(folder, code) || !fs::is_empty(folder, code) || code)
    fail("{}: is there already, and is no empty folder; name another one by --out",
         folder.string());
}

void writeMergedRun(const fs::path& folder, const MergedRun& run, nlohmann::json& report) {
  requireFreeFolder(folder);
  // Who is killed leaves no half of a run in `folder`.
  const auto beside = besideMerge(folder, ".merging");
  fs::remove_all(beside);  // of a merge that was killed
  makeFolders(beside);
  orRemove(beside, [&] {
    fill(beside, run, report);
    renameFile(beside, folder);
  });
}

}  // namespace eq::run

#include <algorithm>
#include <map>
#include <system_error>

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/exchange/import_files.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEventFile = "tfevents";

/// The event files below a folder, by the folder that they are in; in the order in which they were
/// begun, which their names tell.
std::map<fs::path, std::vector<fs::path>> eventFilesBelow(const fs::path& folder) {
  std::map<fs::path, std::vector<fs::path>> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->is_regular_file() &&
        entry->path().filename().string().find(kEventFile) != std::string::npos)
      files[entry->path().parent_path()].push_back(entry->path());
  if (error) fail("{}: cannot be read: {}", folder.string(), error.message());
  for (auto& [place, list] : files) std::sort(list.begin(), list.end());
  return files;
}

void readInto(ImportedRun& run, const fs::path& file) {
  const auto bytes = readWhole(file);
  const auto end = readEventFile(bytes, file.string(),
                                 [&](const ScalarEvent& scalar) { run.scalars.push_back(scalar); });
  if (end.left > 0)
    run.remarks.push_back(fmt::format("{}: ends within a record at byte {}: {} bytes are left out",
                                      file.string(), end.read, end.left));
  if (end.otherValues > 0)
    run.remarks.push_back(
        fmt::format("{}: {} values that are no scalars (images, texts, histograms) are left out",
                    file.string(), end.otherValues));
}

}  // namespace

std::vector<ImportedRun> importTensorBoard(const fs::path& folder) {
  const auto whole = fs::absolute(folder).lexically_normal();
  std::vector<ImportedRun> runs;
  for (const auto& [place, files] : eventFilesBelow(folder)) {
    ImportedRun run;
    run.source = "TensorBoard";
    run.place = place;
    const auto below = fs::absolute(place).lexically_normal().lexically_relative(whole).string();
    const auto own = (whole.has_filename() ? whole : whole.parent_path()).filename().string();
    run.name = below.empty() || below == "." ? own : below;
    for (const auto& file : files) readInto(run, file);
    if (!run.scalars.empty()) runs.push_back(std::move(run));
  }
  if (runs.empty())
    fail("{}: there is no event file of TensorBoard (*tfevents*) with scalars in it",
         folder.string());
  return runs;
}

}  // namespace eq::run

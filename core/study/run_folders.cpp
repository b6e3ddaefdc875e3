#include "core/study/run_folders.h"

#include <algorithm>
#include <system_error>

#include "core/base/error.h"
#include "core/run/run_folder.h"

namespace eq::study {

std::vector<std::filesystem::path> runFolders(const std::filesystem::path& argument) {
  if (run::isRun(argument)) return {argument};
  std::vector<std::filesystem::path> folders;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(argument, error), end; !error && entry != end;
       entry.increment(error))
    if (run::isRun(entry->path())) folders.push_back(entry->path());
  if (folders.empty()) run::requireRun(argument);
  if (error) fail("{}: cannot be read: {}", argument.string(), error.message());
  std::sort(folders.begin(), folders.end());
  return folders;
}

bool isSweep(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder / "sweep.json", ignored);
}

}  // namespace eq::study

#include "core/run/lineage.h"

#include "core/base/error.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

bool isRunOf(const fs::path& folder, const std::string& id) {
  try {
    return isRun(folder) && RunReader(folder).info().id == id;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

fs::path parentFolder(const RunInfo& info) {
  if (info.parent.empty() || info.parentFolder.empty()) return {};
  const auto beside = fs::absolute(info.folder).lexically_normal().parent_path() / info.parent;
  if (!info.parentId.empty())
    for (const auto& place : {info.parentFolder, beside})
      if (isRunOf(place, info.parentId)) return place;
  return info.parentFolder;
}

}  // namespace eq::run

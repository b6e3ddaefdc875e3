#include "widgets/session/folder_place.h"

namespace eq::widgets {

std::filesystem::path normalFolder(const std::filesystem::path& folder) {
  if (folder.empty()) return folder;
  const auto out = std::filesystem::absolute(folder).lexically_normal();
  return out.has_filename() ? out : out.parent_path();
}

}  // namespace eq::widgets

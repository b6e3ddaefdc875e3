#include "core/data/image_folder.h"

#include <algorithm>
#include <set>
#include <string>
#include <system_error>

#include "core/data/images/image_list.h"
#include "core/data/images/image_reader.h"

namespace eq::data {

namespace fs = std::filesystem;

namespace {

constexpr int kMostLookedAt = 20000;  // files and folders, before it is no folder of images
constexpr int kDeepest = 3;           // train/cats/more/1.png

}  // namespace

bool isImageFolder(const fs::path& folder) {
  std::error_code code;
  int looked = 0;
  for (fs::recursive_directory_iterator entry(folder, code), end;
       !code && entry != end && looked < kMostLookedAt; entry.increment(code), ++looked) {
    if (entry->path().filename().string().starts_with('.') || entry.depth() > kDeepest)
      entry.disable_recursion_pending();
    else if (entry.depth() > 0 && isPictureName(entry->path()))
      return true;
  }
  return false;
}

ImageFolder surveyImageFolder(const fs::path& folder) {
  const auto list = imagesByFolder(folder);
  ImageFolder found;
  found.images = list.files.size();
  std::set<std::string> classes;
  for (size_t row = 0; row < list.table.rows(); ++row)
    classes.emplace(list.table.cell(row, 1));  // behind the file
  found.classes = classes.size();
  for (const auto& file : list.files) {
    const auto format = formatOf(file);
    found.oneSize =
        found.oneSize &&
        (found.height == 0 || (format.height == found.height && format.width == found.width));
    found.height = std::max(found.height, format.height);
    found.width = std::max(found.width, format.width);
  }
  return found;
}

}  // namespace eq::data

#include "core/data/map_folder.h"

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/data/arrays/map_file.h"
#include "core/data/division.h"

namespace eq::data {

namespace fs = std::filesystem;

namespace {

constexpr const char* kPartNames[] = {"train", "val", "test"};

std::vector<fs::path> entriesIn(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code reason;
  for (const auto& entry : fs::directory_iterator(folder, reason))
    if (!entry.path().filename().string().starts_with('.')) entries.push_back(entry.path());
  if (reason) fail("{}: cannot be read: {}", printable(folder.string()), reason.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool isFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

std::optional<MapKind> mapKindNamed(const std::string& folder) {
  const std::pair<const char*, MapKind> known[] = {{"image", MapKind::image},
                                                   {"label", MapKind::label},
                                                   {"depth", MapKind::depth},
                                                   {"normal", MapKind::normal}};
  for (const auto& [name, kind] : known)
    if (folder.starts_with(name)) return kind;
  return std::nullopt;
}

/// Names of the NumPy files, 2.npy before 10.npy; others are counted.
std::vector<std::string> filesIn(const fs::path& folder, size_t& others) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : entriesIn(folder)) {
    if (entry.extension() == ".npy" && fs::is_regular_file(entry, ignored))
      names.push_back(entry.filename().string());
    else
      ++others;
  }
  const auto isNumber = [](const std::string& name) {
    return name.find_first_not_of("0123456789") == name.size() - 4;
  };
  const bool numbers = std::all_of(names.begin(), names.end(), isNumber);
  if (numbers)
    std::sort(names.begin(), names.end(), [](const auto& one, const auto& other) {
      return std::pair(one.size(), one) < std::pair(other.size(), other);
    });
  return names;
}

class MapFinder {
 public:
  explicit MapFinder(const fs::path& folder) : folder_(folder) {}

  MapFolder find() {
    for (const auto& entry : entriesIn(folder_)) {
      const auto part =
          isFolder(entry) ? partNamed(entry.filename().string()) : std::optional<Part>();
      if (!part)
        note(entry, "is no part (train, val, test) and is not read");
      else
        addPart(static_cast<size_t>(*part), entry);
    }
    for (const size_t part : {0, 1})
      if (found_.parts[part].folder.empty())
        fail("{}: there is no folder {} with a folder image of .npy files in it",
             printable(folder_.string()), kPartNames[part]);
    if (found_.tasks.empty())
      fail("{}: beside image there is no folder label, depth or normal to learn",
           printable(found_.parts[0].folder.string()));
    for (const auto& part : found_.parts) requireFiles(part);
    return std::move(found_);
  }

 private:
  void note(const fs::path& place, const std::string& text) {
    found_.warnings.push_back({printable(place.string()), text});
  }

  void addPart(size_t index, const fs::path& folder) {
    auto& part = found_.parts[index];
    if (!part.folder.empty())
      fail("{}: is the same part as {}; keep one of them", printable(folder.string()),
           printable(part.folder.filename().string()));
    part.folder = folder;
    std::vector<MapTask> tasks;
    for (const auto& entry : entriesIn(folder)) {
      const auto name = entry.filename().string();
      const auto kind = isFolder(entry) ? mapKindNamed(name) : std::optional<MapKind>();
      if (!kind)
        note(entry, "is no folder image, label..., depth... or normal... and is not read");
      else if (*kind == MapKind::image)
        addImages(part, entry);
      else
        tasks.push_back({printable(name), *kind});
    }
    if (part.files.empty())
      fail("{}: there is no folder image with .npy files in it", printable(folder.string()));
    if (first_.empty())
      found_.tasks = tasks, first_ = folder;
    else
      requireSameTasks(tasks, folder);
  }

  void addImages(MapFolder::PartFolder& part, const fs::path& folder) {
    if (!part.files.empty())
      fail("{}: there are two folders of images", printable(folder.string()));
    size_t others = 0;
    part.files = filesIn(folder, others);
    if (others > 0)
      note(folder, fmt::format("{} entries are no .npy files and are not read", others));
    found_.image = folder.filename();
  }

  void requireSameTasks(const std::vector<MapTask>& tasks, const fs::path& folder) const {
    const auto missing = [](const auto& in, const auto& of) {
      return std::find_if(of.begin(), of.end(), [&](const MapTask& task) {
        return std::none_of(in.begin(), in.end(),
                            [&](const MapTask& one) { return one.name == task.name; });
      });
    };
    if (const auto task = missing(tasks, found_.tasks); task != found_.tasks.end())
      fail("{}: there is no folder {}, which {} has", printable(folder.string()), task->name,
           printable(first_.filename().string()));
    if (const auto task = missing(found_.tasks, tasks); task != tasks.end())
      fail("{}: there is no folder {}, which {} has", printable(first_.string()), task->name,
           printable(folder.filename().string()));
  }

  void requireFiles(const MapFolder::PartFolder& part) {
    if (part.folder.empty()) return;
    for (const auto& task : found_.tasks) {
      const auto folder = part.folder / task.name;
      size_t others = 0;
      const auto names = filesIn(folder, others);
      const std::set<std::string> all(names.begin(), names.end());
      for (const auto& name : part.files)
        if (!all.contains(name))
          fail("{}: there is no {}, which {} has", printable(folder.string()), printable(name),
               found_.image.string());
      others += all.size() - part.files.size();
      if (others > 0)
        note(folder, fmt::format("{} entries have no image and are not read", others));
    }
  }

  fs::path folder_, first_;
  MapFolder found_;
};

}  // namespace

fs::path MapFolder::firstImage() const {
  return parts[0].folder / image / parts[0].files.at(0);
}

bool isMapFolder(const fs::path& folder) {
  std::error_code code;
  for (const auto& part : fs::directory_iterator(folder, code)) {
    if (!partNamed(part.path().filename().string())) continue;
    for (const auto& inner : fs::directory_iterator(part.path(), code)) {
      if (!inner.path().filename().string().starts_with("image")) continue;
      for (const auto& file : fs::directory_iterator(inner.path(), code))
        if (file.path().extension() == ".npy") return true;
    }
  }
  return false;
}

MapFolder findMapFolder(const fs::path& folder) {
  return MapFinder(folder).find();
}

std::array<std::int64_t, 2> mapSize(const fs::path& image, const std::string& layout) {
  const auto axes = mapAxes(openMapFile(image).array, MapKind::image, layout);
  return {axes.height, axes.width};
}

}  // namespace eq::data

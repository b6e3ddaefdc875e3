#include "core/data/arrays/array_files.h"

#include <algorithm>
#include <system_error>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/data/arrays/idx_array.h"
#include "core/data/arrays/npy.h"
#include "core/data/arrays/zip.h"
#include "core/data/division.h"

namespace eq::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNpy = ".npy";

bool startsWith(const Bytes& bytes, std::string_view front) {
  return bytes.size() >= front.size() && bytes.text(0, front.size()) == front;
}

ArrayFiles arraysOfArchive(const std::shared_ptr<const Bytes>& bytes) {
  ArrayFiles found;
  for (const auto& member : zipMembers(bytes)) {
    if (!member.name.ends_with(kNpy)) {
      found.warnings.push_back({member.stretch.name, "no .npy file; it is not read"});
      continue;
    }
    const auto name = member.name.substr(0, member.name.size() - kNpy.size());
    found.arrays.push_back(openNpy(member.stretch, printable(name)));
  }
  return found;
}

/// \param before of the names: "train/". Files of other kinds may lie there.
void addFolder(ArrayFiles& found, const fs::path& folder, const std::string& before) {
  std::vector<fs::path> files;
  std::error_code reason, ignored;
  for (const auto& entry : fs::directory_iterator(folder, reason)) files.push_back(entry.path());
  if (reason) fail("{}: cannot be read: {}", folder.string(), reason.message());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const auto name = before + printable(file.stem().string());
    if (file.extension() == kNpy && fs::is_regular_file(file, ignored))
      found.arrays.push_back(openNpy(Stretch::whole(openFile(file)), name));
    else if (const auto idx = idxName(file.filename().string()); !idx.empty())
      found.arrays.push_back(openIdx(file, before + printable(idx), found.warnings));
    else if (before.empty() && fs::is_directory(file, ignored) &&
             partNamed(file.filename().string()))
      addFolder(found, file, name + "/");
  }
}

ArrayFiles arraysOfFile(const fs::path& path) {
  const auto bytes = openFile(path);
  if (startsWith(*bytes, "\x93NUMPY") || !idxName(path.filename().string()).empty())
    fail(
        "{}: expected arrays to learn from and arrays to predict, found one array; put them into "
        "one folder or one .npz file, and name that",
        path.string());
  if (!startsWith(*bytes, "PK"))
    fail(
        "{}: byte 0: expected an .npz file, or a folder of .npy or IDX files; this file begins as "
        "none",
        path.string());
  return arraysOfArchive(bytes);
}

}  // namespace

ArrayFiles findArrays(const fs::path& path) {
  ArrayFiles found;
  if (std::error_code ignored; fs::is_directory(path, ignored))
    addFolder(found, path, {});
  else
    found = arraysOfFile(path);
  if (found.arrays.empty()) fail("{}: there is no array (.npy, IDX) in it", path.string());
  return found;
}

}  // namespace eq::data

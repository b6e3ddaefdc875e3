#include "core/base/paths.h"

#include <system_error>
#include <vector>

#include "core/base/error.h"

namespace eq {
namespace {

namespace fs = std::filesystem;

bool isFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool isThere(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

fs::path programFolder() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace

fs::path samplesFolder() {
  const fs::path source = EQUIPOISE_SAMPLES_DIR;
  if (isFolder(source)) return source;
  const fs::path installed = (programFolder() / "../share/equipoise/samples").lexically_normal();
  return isFolder(installed) ? installed : fs::path();
}

fs::path findPath(const std::string& given, const fs::path& folder, const std::string& place) {
  if (given.empty()) fail("{}: expected a path, found an empty text", place);
  const fs::path path = given;
  if (path.is_absolute()) {
    if (isThere(path)) return path;
    fail("{}: there is no {}", place, given);
  }
  std::error_code ignored;
  const fs::path own = folder.empty() ? fs::current_path(ignored) : folder;
  if (isThere(own / path)) return own / path;
  const fs::path samples = samplesFolder();
  if (samples.empty()) fail("{}: there is no {} in {}", place, given, own.string());
  if (isThere(samples / path)) return samples / path;
  fail("{}: there is no {} in {} or {}", place, given, own.string(), samples.string());
}

}  // namespace eq

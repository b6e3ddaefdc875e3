#include "core/loss/custom/scripts.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <set>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/sha256.h"
#include "core/loss/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uintmax_t kLargest = std::uintmax_t{256} << 20;  // bytes

class TrustedScripts {
 public:
  void add(const std::string& sha256) {
    const std::lock_guard lock(mutex_);
    known_.insert(sha256);
  }
  bool contains(const std::string& sha256) const {
    const std::lock_guard lock(mutex_);
    return known_.contains(sha256);
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> known_;
};

TrustedScripts& trusted() {
  static TrustedScripts all;
  return all;
}

/// A parameter that names a file, and the one that pins its content.
struct FileParameter {
  json& params;  ///< that hold both
  std::string file, pin;
  std::string place;  ///< of the file

  std::string given() const { return params[file].get<std::string>(); }
  std::string pinned() const {
    const auto found = params.find(pin);
    return found != params.end() && found->is_string() ? found->get<std::string>() : std::string();
  }
};
using Visit = std::function<void(const FileParameter&)>;

void visitFiles(const std::string& id, json& params, const std::string& place, const Visit& visit);

/// \param value of a parameter; {"id", "params"} is a loss in it.
void visitNested(json& value, const std::string& place, const Visit& visit) {
  if (value.is_array())
    for (size_t i = 0; i < value.size(); ++i)
      visitNested(value[i], fmt::format("{}[{}]", place, i), visit);
  if (!value.is_object() || !value.contains("params")) return;
  const auto id = value.find("id");
  if (id != value.end() && id->is_string())
    visitFiles(id->get<std::string>(), value["params"], place + ".params", visit);
}

void visitFiles(const std::string& id, json& params, const std::string& place, const Visit& visit) {
  if (!catalog().contains(id) || !params.is_object()) return;
  const auto files = catalog().descriptor(id).traits.value("files", json::object());
  for (const auto& [file, pin] : files.items())
    if (params.contains(file) && params[file].is_string())
      visit({params, file, pin.get<std::string>(), fmt::format("{}.{}", place, file)});
  for (auto& [name, value] : params.items()) visitNested(value, place + "." + name, visit);
}

}  // namespace

std::string readScript(const fs::path& path, const std::string& place) {
  std::error_code code;
  const auto status = fs::status(path, code);
  if (fs::is_directory(status)) fail("{}: {} is a folder; name a file", place, path.string());
  if (!fs::is_regular_file(status)) fail("{}: there is no file {}", place, path.string());
  const auto size = fs::file_size(path, code);
  if (size > kLargest)
    fail("{}: {} has {} bytes; a loss may have {} at most", place, path.string(), size, kLargest);
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail("{}: {} cannot be read: {}", place, path.string(), std::strerror(errno));
  return {std::istreambuf_iterator<char>(stream), {}};
}

void trustScript(const std::string& sha256) {
  trusted().add(sha256);
}

bool isTrustedScript(const std::string& sha256) {
  return trusted().contains(sha256);
}

void addUntrustedScripts(std::vector<ScriptFile>& files, const std::string& id, const json& params,
                         const fs::path& folder) {
  const auto add = [&](const FileParameter& one) {
    try {
      const auto path = findPath(one.given(), folder, one.place);
      const auto bytes = readScript(path, one.place);
      const ScriptFile file{path, bytes.size(), eq::sha256(bytes)};
      const bool refused = !one.pinned().empty() && one.pinned() != file.sha256;
      const bool known = std::any_of(files.begin(), files.end(), [&](const ScriptFile& other) {
        return other.sha256 == file.sha256;
      });
      if (!refused && !known && !isTrustedScript(file.sha256)) files.push_back(file);
    } catch (const Error&) {
      return;
    }
  };
  json copy = params;
  visitFiles(id, copy, id, add);
}

json withPlacedScripts(const std::string& id, const json& params, const fs::path& folder,
                       const std::string& place) {
  json placed = params;
  visitFiles(id, placed, place, [&](const FileParameter& one) {
    one.params[one.file] = fs::absolute(findPath(one.given(), folder, one.place)).string();
  });
  return placed;
}

json withScriptsAt(const std::string& id, const json& params,
                   const std::function<std::string(const std::string&)>& replace) {
  json placed = params;
  visitFiles(id, placed, id,
             [&](const FileParameter& one) { one.params[one.file] = replace(one.given()); });
  return placed;
}

json withPinnedScripts(const std::string& id, const json& params, const fs::path& folder,
                       const std::string& place) {
  json pinned = params;
  visitFiles(id, pinned, place, [&](const FileParameter& one) {
    if (!one.pinned().empty()) return;
    const auto path = findPath(one.given(), folder, one.place);
    one.params[one.pin] = eq::sha256(readScript(path, one.place));
  });
  return pinned;
}

json withoutPins(const std::string& id, const json& params) {
  json free = params;
  visitFiles(id, free, id, [](const FileParameter& one) { one.params.erase(one.pin); });
  return free;
}

}  // namespace eq::loss

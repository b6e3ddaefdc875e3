#include "core/script/scripts.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/sha256.h"

namespace eq::script {
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

}  // namespace

std::string readScript(const fs::path& path, const std::string& place) {
  std::error_code code;
  const auto status = fs::status(path, code);
  if (fs::is_directory(status)) fail("{}: {} is a folder; name a file", place, path.string());
  if (!fs::is_regular_file(status)) fail("{}: there is no file {}", place, path.string());
  const auto size = fs::file_size(path, code);
  if (size > kLargest)
    fail("{}: {} has {} bytes; a TorchScript file may have {} at most", place, path.string(), size,
         kLargest);
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

void requireDigest(const std::string& text, const std::string& place) {
  const bool fits =
      text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!text.empty() && !fits)
    fail("{}: expected 64 hexadecimal digits in lower case, found {}", place, text);
}

OpenScript openScript(const std::string& given, const std::string& pinned,
                      const std::string& place) {
  const auto parameter = place + ".path";
  const auto path = findPath(given, {}, parameter);
  OpenScript script{readScript(path, parameter), fmt::format("{}: {}", parameter, path.string())};
  const auto found = sha256(script.bytes);
  if (!pinned.empty() && found != pinned)
    fail(
        "{}: is not the file that was used before: its SHA-256 is {}, sha256 says {}; put that "
        "one back, or empty sha256 to take this one",
        script.name, found, pinned);
  if (!isTrustedScript(found))
    fail(
        "{}: is not trusted; a TorchScript file is a program that can do all that you may do: if "
        "you trust it, say so with --trust, or when the window asks",
        script.name);
  return script;
}

/// A parameter that names a file, and the one that pins its content.
struct MethodFiles::Parameter {
  json& params;  ///< that hold both
  std::string file, pin;
  std::string place;  ///< of the file

  std::string given() const { return params[file].get<std::string>(); }
  std::string pinned() const {
    const auto found = params.find(pin);
    return found != params.end() && found->is_string() ? found->get<std::string>() : std::string();
  }
};

/// \param value of a parameter; {"id", "params"} is a method in it.
void MethodFiles::visitNested(json& value, const std::string& place, const Visit& look) const {
  if (value.is_array())
    for (size_t i = 0; i < value.size(); ++i)
      visitNested(value[i], fmt::format("{}[{}]", place, i), look);
  if (!value.is_object() || !value.contains("params")) return;
  const auto id = value.find("id");
  if (id != value.end() && id->is_string())
    visit(id->get<std::string>(), value["params"], place + ".params", look);
}

void MethodFiles::visit(const std::string& id, json& params, const std::string& place,
                        const Visit& look) const {
  const auto* method = find_(id);
  if (!method || !params.is_object()) return;
  const auto files = method->traits.value("files", json::object());
  for (const auto& [file, pin] : files.items())
    if (params.contains(file) && params[file].is_string())
      look({params, file, pin.get<std::string>(), fmt::format("{}.{}", place, file)});
  for (auto& [name, value] : params.items()) visitNested(value, place + "." + name, look);
}

void MethodFiles::addUntrusted(std::vector<ScriptFile>& files, const std::string& id,
                               const json& params, const fs::path& folder) const {
  const auto add = [&](const Parameter& one) {
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
  visit(id, copy, id, add);
}

json MethodFiles::placed(const std::string& id, const json& params, const fs::path& folder,
                         const std::string& place) const {
  json placed = params;
  visit(id, placed, place, [&](const Parameter& one) {
    one.params[one.file] = fs::absolute(findPath(one.given(), folder, one.place)).string();
  });
  return placed;
}

json MethodFiles::at(const std::string& id, const json& params,
                     const std::function<std::string(const std::string&)>& replace) const {
  json placed = params;
  visit(id, placed, id, [&](const Parameter& one) { one.params[one.file] = replace(one.given()); });
  return placed;
}

json MethodFiles::pinned(const std::string& id, const json& params, const fs::path& folder,
                         const std::string& place) const {
  json pinned = params;
  visit(id, pinned, place, [&](const Parameter& one) {
    if (!one.pinned().empty()) return;
    const auto path = findPath(one.given(), folder, one.place);
    one.params[one.pin] = eq::sha256(readScript(path, one.place));
  });
  return pinned;
}

json MethodFiles::withoutPins(const std::string& id, const json& params) const {
  json free = params;
  visit(id, free, id, [](const Parameter& one) { one.params.erase(one.pin); });
  return free;
}

}  // namespace eq::script

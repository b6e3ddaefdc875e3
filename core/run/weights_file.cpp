#include "core/run/weights_file.h"

#include <string>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/base/paths.h"
#include "core/base/sha256.h"
#include "core/run/atomic_file.h"
#include "core/run/safetensors_layout.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

/// \param path for messages: "init.file".
fs::path requireFile(const std::string& given, const fs::path& folder, const char* path) {
  auto file = findPath(given, folder, path);
  if (fs::is_directory(file)) fail("{}: {} is a folder; name a file", path, file.string());
  return file;
}

train::WeightMap mapOf(const std::string& map, const fs::path& folder) {
  if (map.empty()) return {};
  if (!train::isMapFile(map)) return train::shippedMap(map);
  const auto file = requireFile(map, folder, "init.map");
  return {readJsonFile(file), "init.map: " + file.string()};
}

}  // namespace

train::Weights readWeights(train::InitSpec& init, const fs::path& folder) {
  const auto file = requireFile(init.file, folder, "init.file");
  const std::string name = "init.file: " + file.string();
  const auto bytes = readWhole(file);
  const auto found = sha256(bytes);
  if (!init.sha256.empty() && init.sha256 != found)
    fail(
        "{}: is not the file that was used before: its SHA-256 is {}, init.sha256 says {}; put "
        "that one back, or empty init.sha256 to take this one",
        name, found, init.sha256);
  init.sha256 = found;
  train::Weights weights{init.file, TensorReader(bytes, name, Checksums::whereGiven).tensors()};
  weights.map = mapOf(init.map, folder);
  weights.file = {{"file", file.string()}, {"sha256", found}, {"map", init.map}};
  return weights;
}

}  // namespace eq::run

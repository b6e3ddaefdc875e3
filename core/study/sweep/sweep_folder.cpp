#include "core/study/sweep/sweep_folder.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/run/atomic_file.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

fs::path sweepFile(const fs::path& folder) {
  return folder / "sweep.json";
}

/// `.name`, or `["name.x"]` for what is no identifier.
std::string stepInto(const std::string& path, const std::string& key) {
  const bool plain = std::all_of(key.begin(), key.end(),
                                 [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  if (!plain) return fmt::format("{}[\"{}\"]", path, key);
  return path.empty() ? key : path + '.' + key;
}

/// The first place where two values differ; empty where none does. \param path up to here.
std::string firstDifference(const json& a, const json& b, const std::string& path) {
  if (a == b) return {};
  if (a.is_object() && b.is_object()) {
    for (const auto* side : {&a, &b})
      for (const auto& [key, value] : side->items()) {
        const bool both = a.contains(key) && b.contains(key);
        if (!both) return stepInto(path, key);
        if (const auto found = firstDifference(a[key], b[key], stepInto(path, key)); !found.empty())
          return found;
      }
  }
  if (a.is_array() && b.is_array() && a.size() == b.size())
    for (size_t i = 0; i < a.size(); ++i)
      if (a[i] != b[i]) return firstDifference(a[i], b[i], fmt::format("{}[{}]", path, i));
  return path;
}

/// The fields in the order as written, which says what is drawn for which.
std::vector<std::string> orderOfFields(const SweepFile& file) {
  std::vector<std::string> paths;
  if (file.sweep.method == "grid" || file.sweep.method == "linear") return paths;
  for (const auto& field : file.sweep.fields) paths.push_back(field.path);
  return paths;
}

void requireSame(const SweepFile& file, const fs::path& folder) {
  const auto began = sweepIn(folder);
  const json now = json::parse(file.text), then = json::parse(began.text);
  auto path = firstDifference(now, then, "");
  if (path.empty() && orderOfFields(file) != orderOfFields(began)) path = "sweep.fields";
  if (path.empty()) return;
  fail("{}: {}: differs from {}, with which the sweep began; give it back, or choose another --out",
       file.file.string(), path, sweepFile(folder).string());
}

void requireNoRuns(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : run::entriesOf(folder, ignored))
    if (run::isRun(entry))
      fail("{}: holds runs of something else, such as {}; choose another --out", folder.string(),
           entry.filename().string());
}

}  // namespace

void requireFits(const SweepFile& file, const fs::path& folder) {
  if (isSweep(folder))
    requireSame(file, folder);
  else
    requireNoRuns(folder);
}

void beginSweep(const SweepFile& file, const fs::path& folder) {
  if (isSweep(folder)) return;
  run::makeFolders(folder);
  run::writeAtomically(sweepFile(folder), file.text);
}

SweepFile sweepIn(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) fail("{}: there is no such folder", folder.string());
  if (!isSweep(folder)) fail("{}: is no sweep: it has no sweep.json", folder.string());
  auto file = readSweepFile(sweepFile(folder));
  for (const auto& entry : run::entriesOf(folder, ignored))
    if (run::isRun(entry)) {
      file.base.folder = run::RunReader(entry).dataFolder();
      break;
    }
  return file;
}

Scales::Scales(const fs::path& folder, ScaleOf compute)
    : file_(folder / "scales.json"), compute_(std::move(compute)) {
  std::error_code ignored;
  if (fs::exists(file_, ignored)) kept_ = readJsonFile(file_);
}

std::vector<double> Scales::of(const train::Experiment& experiment) {
  json key = train::toJson(experiment);
  key.erase("threads");
  for (const auto& entry : kept_)
    if (entry.at("experiment") == key) return entry.at("scale").get<std::vector<double>>();
  const auto scale = compute_(experiment);
  kept_.push_back({{"experiment", key}, {"scale", scale}});
  changed_ = true;
  return scale;
}

void Scales::save() const {
  if (changed_) run::writeAtomically(file_, kept_.dump(1) + "\n");
}

std::string toText(SweepState state) {
  constexpr const char* kTexts[]{"running", "finished", "failed", "stopped", "died", "submitted"};
  return kTexts[static_cast<size_t>(state)];
}

}  // namespace eq::study

#include "core/study/sweep/new_sweep.h"

#include <algorithm>

#include "core/run/atomic_file.h"
#include "core/run/run_start.h"
#include "core/study/sweep/sweep_folder.h"
#include "core/train/experiment_files.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

std::string wholePath(const fs::path& folder, const std::string& path) {
  return path.empty() ? path : fs::absolute(folder / path).lexically_normal().string();
}

}  // namespace

std::string sweepText(const train::Experiment& experiment, const ordered_json& sweep) {
  auto placed = experiment;
  const auto whole = [&](const std::string& path) { return wholePath(experiment.folder, path); };
  train::replaceFiles(placed, whole);
  for (auto& task : placed.tasks) task.teacher = whole(task.teacher);
  ordered_json value(train::toJson(placed));
  value["sweep"] = sweep;
  return value.dump(1) + "\n";
}

SweepFile sweepWith(const SweepFile& file, std::vector<train::Setting> settings) {
  const auto key = ordered_json::parse(file.text).at("sweep");
  const auto base = train::withSettings(file.base, settings);  // which checks them
  if (train::namesTask(settings) && file.base.tasks.empty())
    return parseSweepFile(sweepText(base, key), file.file, base.folder);
  auto value = nlohmann::json::parse(file.text);
  value.erase("sweep");
  std::stable_partition(settings.begin(), settings.end(),
                        [](const auto& setting) { return setting.path.ends_with(".id"); });
  for (const auto& setting : settings) train::set(value, setting);
  ordered_json text(value);
  text["sweep"] = key;
  return parseSweepFile(text.dump(1) + "\n", file.file, base.folder);
}

ordered_json lanesKey(const std::vector<std::vector<train::Setting>>& lanes) {
  ordered_json sweep{{"method", "lanes"}, {"lanes", ordered_json::array()}};
  for (const auto& lane : lanes) {
    auto settings = ordered_json::object();
    for (const auto& setting : lane) settings[setting.path] = setting.value;
    sweep["lanes"].push_back(settings);
  }
  return sweep;
}

fs::path newSweep(const fs::path& workspace, const std::string& name, const std::string& text) {
  parseSweepFile(text, "sweep.json", workspace);
  const auto folder = run::makeRunFolder(workspace, name);
  try {
    run::writeAtomically(folder / "sweep.json", text);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    throw;
  }
  return folder;
}

}  // namespace eq::study

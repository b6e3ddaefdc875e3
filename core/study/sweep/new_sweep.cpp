#include "core/study/sweep/new_sweep.h"

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

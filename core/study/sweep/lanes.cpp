#include "core/study/sweep/lanes.h"

#include <fmt/format.h>

#include "core/base/json_file.h"
#include "core/run/atomic_file.h"
#include "core/study/sweep/new_sweep.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

std::vector<train::Setting> aloneOf(const train::Experiment& experiment, size_t task) {
  std::vector<train::Setting> settings{{"balancer.weighting", {{"id", "equal"}}},
                                       {"balancer.gradient", nullptr}};
  for (size_t k = 0; k < experiment.tasks.size(); ++k)
    settings.push_back({fmt::format("tasks[{}].enabled", k), k == task});
  return settings;
}

}  // namespace

SweepFile sweepOfLanes(const fs::path& file, const std::vector<std::vector<train::Setting>>& lanes,
                       const std::vector<std::uint64_t>& seeds) {
  readJsonFile(file);  // says what cannot be read, or is no JSON
  auto experiment = ordered_json::parse(run::readWhole(file));
  auto sweep = lanesKey(lanes);
  if (!seeds.empty()) sweep["seeds"] = seeds;
  if (experiment.is_object()) experiment["sweep"] = sweep;
  return parseSweepFile(experiment.dump(2) + "\n", file, fs::absolute(file).parent_path());
}

SweepFile baselinesOf(const fs::path& file, const std::vector<std::uint64_t>& seeds) {
  // A first one, for the experiment alone.
  const auto experiment = train::withTasks(sweepOfLanes(file, {{}}).base);
  auto wanted = seeds;
  if (wanted.empty() && isSweepFile(file)) wanted = readSweepFile(file).sweep.seeds;
  std::vector<std::vector<train::Setting>> lanes;
  for (size_t k = 0; k < experiment.tasks.size(); ++k)
    if (experiment.tasks[k].enabled) lanes.push_back(aloneOf(experiment, k));
  return sweepOfLanes(file, lanes, wanted);
}

}  // namespace eq::study

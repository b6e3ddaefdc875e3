#include "app/cli/compared_runs.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "core/base/error.h"
#include "core/study/run_folders.h"

namespace eq::cli {

void addComparisonOptions(CLI::App& command, ComparisonOptions& options) {
  command.add_option("RUN", options.arguments, "Run folders, or folders of runs")->required();
  command.add_option("--by", options.by, "Fields that make a group (all that differ but seed)")
      ->type_name("PATH,...");
  command.add_option("--baseline", options.baseline, "The group that others are tested against")
      ->type_name("PATH=VALUE,...");
  command.add_option("--single", options.single, "Folder of single-task baselines")
      ->type_name("DIR");
  command.add_option("--split", options.split, "train, validation or test")
      ->type_name("SPLIT")
      ->capture_default_str();
  command.add_option("--value", options.value, "final, best or mean:K")
      ->type_name("VALUE")
      ->capture_default_str();
}

study::ComparisonRequest requestOf(const ComparisonOptions& options) {
  return {study::splitAtCommas(options.by), study::splitAtCommas(options.baseline)};
}

std::vector<std::filesystem::path> foldersOfRuns(const std::vector<std::string>& arguments) {
  std::vector<std::filesystem::path> folders, known;
  for (const auto& argument : arguments)
    for (const auto& folder : study::runFolders(argument)) {
      const auto place = std::filesystem::weakly_canonical(folder);
      if (std::find(known.begin(), known.end(), place) != known.end()) continue;
      known.push_back(place);
      folders.push_back(folder);
    }
  return folders;
}

std::vector<study::ComparedRun> readRuns(const std::vector<std::string>& arguments,
                                         const study::ValueChoice& choice) {
  std::vector<study::ComparedRun> runs;
  for (const auto& folder : foldersOfRuns(arguments))
    runs.push_back(study::readComparedRun(folder, choice));
  return runs;
}

std::vector<study::ComparedRun> readSingleRuns(const ComparisonOptions& options,
                                               const std::vector<study::ComparedRun>& runs,
                                               const study::ValueChoice& choice) {
  if (options.single.empty()) return {};
  auto single = readRuns({options.single}, choice);
  std::erase_if(single, [](const auto& run) { return !run.baselineTask(); });
  if (single.empty())
    fail(
        "--single: {} holds no single-task run (one task on, weighting equal, no gradient method); "
        "equipoise-cli baselines makes them",
        options.single);
  std::erase_if(single, [&](const auto& one) {
    return std::any_of(runs.begin(), runs.end(), [&](const auto& run) {
      return run.tasks.size() > 1 && std::filesystem::equivalent(run.folder, one.folder);
    });
  });
  return single;
}

}  // namespace eq::cli

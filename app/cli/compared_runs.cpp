#include "app/cli/compared_runs.h"

#include <CLI/CLI.hpp>

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

std::vector<std::filesystem::path> argumentsOf(const ComparisonOptions& options) {
  return {options.arguments.begin(), options.arguments.end()};
}

}  // namespace eq::cli

#include <algorithm>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/study/comparison_text.h"
#include "core/study/run_difference.h"
#include "core/study/run_folders.h"

namespace eq::cli {
namespace {

struct CompareOptions {
  std::vector<std::string> arguments;
  std::string by, baseline, single;
  std::string split = "test", value = "final";
  bool differences = false;
  bool json = false;
};

/// All that the arguments stand for, each folder once.
std::vector<std::filesystem::path> foldersOf(const std::vector<std::string>& arguments) {
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

std::vector<study::ComparedRun> readAll(const std::vector<std::string>& arguments,
                                        const study::ValueChoice& choice) {
  std::vector<study::ComparedRun> runs;
  for (const auto& folder : foldersOf(arguments))
    runs.push_back(study::readComparedRun(folder, choice));
  return runs;
}

/// The baselines among the runs of `--single`, without those that the arguments named already.
std::vector<study::ComparedRun> readSingle(const std::string& folder,
                                           const std::vector<study::ComparedRun>& runs,
                                           const study::ValueChoice& choice) {
  if (folder.empty()) return {};
  auto single = readAll({folder}, choice);
  std::erase_if(single, [](const auto& run) { return !run.baselineTask(); });
  if (single.empty())
    fail(
        "--single: {} holds no single-task run (one task on, weighting equal, no gradient method); "
        "equipoise-cli baselines makes them",
        folder);
  std::erase_if(single, [&](const auto& one) {
    return std::any_of(runs.begin(), runs.end(), [&](const auto& run) {
      return run.tasks.size() > 1 && std::filesystem::equivalent(run.folder, one.folder);
    });
  });
  return single;
}

void remarkUnfinished(const std::vector<study::ComparedRun>& runs, std::ostream& err) {
  for (const auto& run : runs)
    if (run.state != run::RunState::finished)
      err << "warning: " << printable(run.folder.string()) << " is " << toText(run.state)
          << ": its values are those so far\n";
}

void printDifferences(const CompareOptions& options, Context& context) {
  const auto folders = foldersOf(options.arguments);
  if (folders.size() != 2) fail("--differences: takes two runs, found {}", folders.size());
  const auto difference =
      study::differenceOf(run::RunReader(folders[0]), run::RunReader(folders[1]));
  if (options.json)
    context.out << jsonText(study::toJson(difference), 2) << '\n';
  else
    context.out << study::inWords(difference);
}

void compareRuns(const CompareOptions& options, Context& context) {
  const auto choice = study::valueChoice(options.value, options.split);
  const auto runs = readAll(options.arguments, choice);
  const auto single = readSingle(options.single, runs, choice);
  const auto comparison = study::compare(
      runs, single, {study::splitAtCommas(options.by), study::splitAtCommas(options.baseline)});
  remarkUnfinished(runs, context.err);
  for (const auto& remark : comparison.remarks) context.err << "warning: " << remark << '\n';
  if (options.json)
    context.out << jsonText(study::toJson(comparison), 2) << '\n';
  else
    context.out << study::comparisonTable(comparison, choice);
}

}  // namespace

void addCompareCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<CompareOptions>();
  auto* command = app.add_subcommand(
      "compare", "Group runs, with intervals, paired tests and changes against single tasks");
  command->add_option("RUN", options->arguments, "Run folders, or folders of runs")->required();
  command->add_option("--by", options->by, "Fields that make a group (all that differ but seed)")
      ->type_name("PATH,...");
  command->add_option("--baseline", options->baseline, "The group that others are tested against")
      ->type_name("PATH=VALUE,...");
  command->add_option("--single", options->single, "Folder of single-task baselines")
      ->type_name("DIR");
  command->add_option("--split", options->split, "train, validation or test")
      ->type_name("SPLIT")
      ->capture_default_str();
  command->add_option("--value", options->value, "final, best or mean:K")
      ->type_name("VALUE")
      ->capture_default_str();
  command->add_flag("--differences", options->differences, "Only what differs between two runs");
  command->add_flag("--json", options->json, "For machines; null where a value is not a number");
  command->callback([options, &context] {
    options->differences ? printDifferences(*options, context) : compareRuns(*options, context);
  });
}

}  // namespace eq::cli

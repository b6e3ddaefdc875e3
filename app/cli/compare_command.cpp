#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/compared_runs.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/study/comparison_tables.h"
#include "core/study/comparison_text.h"
#include "core/study/run_difference.h"

namespace eq::cli {
namespace {

struct CompareOptions {
  ComparisonOptions comparison;
  bool differences = false;
  bool json = false;
  std::string format, table = "metrics";
};

void remarkUnfinished(const std::vector<study::ComparedRun>& runs, std::ostream& err) {
  for (const auto& run : runs)
    if (run.state != run::RunState::finished)
      err << "warning: " << printable(run.folder.string()) << " is " << toText(run.state)
          << ": its values are those so far\n";
}

void printDifferences(const CompareOptions& options, Context& context) {
  const auto folders = foldersOfRuns(options.comparison.arguments);
  if (folders.size() != 2) fail("--differences: takes two runs, found {}", folders.size());
  const auto difference =
      study::differenceOf(run::RunReader(folders[0]), run::RunReader(folders[1]));
  if (options.json)
    context.out << jsonText(study::toJson(difference), 2) << '\n';
  else
    context.out << study::inWords(difference);
}

TextTable chosenTable(const study::Comparison& comparison, const study::ValueChoice& choice,
                      const std::string& table) {
  if (table == "groups") return study::groupTable(comparison);
  return table == "tests" ? study::testTable(comparison) : study::metricTable(comparison, choice);
}

void compareRuns(const CompareOptions& options, Context& context) {
  const auto& asked = options.comparison;
  const auto choice = study::valueChoice(asked.value, asked.split);
  const auto runs = readRuns(asked.arguments, choice);
  const auto single = readSingleRuns(asked, runs, choice);
  const auto comparison = study::compare(runs, single, requestOf(asked));
  remarkUnfinished(runs, context.err);
  for (const auto& remark : comparison.remarks) context.err << "warning: " << remark << '\n';
  if (options.json)
    context.out << jsonText(study::toJson(comparison), 2) << '\n';
  else if (!options.format.empty())
    context.out << textOf(chosenTable(comparison, choice, options.table),
                          tableFormat(options.format));
  else
    context.out << study::comparisonTable(comparison, choice);
}

}  // namespace

void addCompareCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<CompareOptions>();
  auto* command = app.add_subcommand(
      "compare", "Group runs, with intervals, paired tests and changes against single tasks");
  addComparisonOptions(*command, options->comparison);
  auto* differences = command->add_flag("--differences", options->differences,
                                        "Only what differs between two runs");
  auto* json = command->add_flag("--json", options->json,
                                 "For machines; null where a value is not a number");
  auto* format = command->add_option("--format", options->format, "One table: csv, markdown, latex")
                     ->check(CLI::IsMember({"csv", "markdown", "latex"}))
                     ->excludes(json)
                     ->excludes(differences);
  command->add_option("--table", options->table, "Which: metrics, groups or tests")
      ->check(CLI::IsMember({"metrics", "groups", "tests"}))
      ->needs(format)
      ->capture_default_str();
  command->callback([options, &context] {
    options->differences ? printDifferences(*options, context) : compareRuns(*options, context);
  });
}

}  // namespace eq::cli

#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/compared_runs.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/study/comparison_runs.h"
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

void printDifferences(const CompareOptions& options, Context& context) {
  const auto folders = study::comparedFolders(argumentsOf(options.comparison));
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
  const auto read = study::readComparisonRuns(argumentsOf(asked), asked.single, choice);
  const auto comparison = study::compare(read.runs, read.single, requestOf(asked));
  for (const auto& warning : study::warningsOf(read, comparison))
    context.err << "warning: " << warning << '\n';
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

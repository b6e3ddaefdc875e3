#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/calculation.h"
#include "app/cli/options.h"
#include "app/cli/relate_runs.h"
#include "core/base/error.h"
#include "core/relate/relation.h"

namespace eq::cli {
namespace {

using nlohmann::json;

struct RelateOptions : CalculationOptions {
  std::vector<std::string> runs;
  std::uint64_t seed = 1;
};

json relateNumbers(const RelateOptions& options, Context& context) {
  const auto& catalog = relate::relations();
  const auto& descriptor = catalog.descriptor(options.id);
  const auto relation = catalog.create(options.id, parametersOf(options), options.id);
  const auto input = readInput(options.input, context);
  if (!input.is_object())
    fail("{}: expected an object with the input fields, found {}", options.id, input.type_name());
  auto found = relation->compute(input);
  tellUnknownKeys(input, fieldNames(descriptor.inputs), options.id, context);
  return found;
}

json relateOrRefuse(const RelateOptions& options, Context& context) {
  relate::relations().descriptor(options.id);
  if (options.runs.empty() == options.input.empty())
    fail("{}: give the numbers by --input FILE, or runs by --runs RUN", options.id);
  if (options.runs.empty()) return relateNumbers(options, context);
  const auto given = parametersOf(options);
  if (given.contains("lr"))
    fail("{}.lr: with --runs the learning rates are those of the run; take it out", options.id);
  const auto& descriptor = relate::relations().descriptor(options.id);
  return relateRuns(options.id, options.runs, Parameters(descriptor.parameters, given, options.id));
}

}  // namespace

void addRelateCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<RelateOptions>();
  auto* command = app.add_subcommand("relate", "How tasks, models and data are related");
  command->add_option("ID", options->id, "Which one; see equipoise-cli list relations")->required();
  command->add_option("--input", options->input,
                      "JSON file with the fields of ID, - for standard input");
  command->add_option("--runs", options->runs,
                      "Runs whose records hold the numbers, RUN or RUN@STEP");
  command->add_option("--params", options->params, "Parameters as a JSON object");
  command
      ->add_option("--seed", options->seed, "Of what is drawn; today's calculations draw nothing")
      ->check(integerFrom<std::uint64_t>(0));
  command->add_flag("--json", options->json, "For machines (the output is always JSON)");
  command->callback([options, &context] {
    auto found = relateOrRefuse(*options, context);
    context.out << found.dump() << '\n';
  });
}

}  // namespace eq::cli

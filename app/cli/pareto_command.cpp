#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/calculation.h"
#include "app/cli/numbers_as_json.h"
#include "app/cli/options.h"
#include "core/base/error.h"
#include "core/metric/pareto/calculation.h"
#include "core/metric/pareto/front_json.h"

namespace eq::cli {
namespace {

using nlohmann::json;

struct ParetoOptions : CalculationOptions {
  std::uint64_t seed = 0;
};

/// The figures of a set of points.
json figuresOf(const ParetoOptions& options, Context& context) {
  const Parameters parameters(metric::frontParameters(), parametersOf(options), "pareto");
  const auto input = readInput(options.input, context, NonFinite::null);
  const auto how = metric::frontOptions(parameters, options.seed);
  const auto question = metric::readFrontQuestion(input, how);
  tellUnknownKeys(input, metric::frontQuestionFields(), "pareto", context);
  return toJson(metric::analyseFront(question, how));
}

/// One of the small calculations.
json calculate(const ParetoOptions& options, Context& context) {
  const auto& catalog = metric::paretoCalculations();
  const auto& descriptor = catalog.descriptor(options.id);
  const auto calculation = catalog.create(options.id, parametersOf(options), options.id);
  const auto input = readInput(options.input, context);
  if (!input.is_object())
    fail("{}: expected an object with the input fields, found {}", options.id, input.type_name());
  auto found = calculation->compute(input);
  if (const auto fields = fieldNames(descriptor.inputs); !fields.empty())
    tellUnknownKeys(input, fields, options.id, context);
  return found;
}

void addOptions(CLI::App& command, ParetoOptions& options) {
  command.add_option("ID", options.id,
                     "A small calculation (see equipoise-cli list pareto); without it, the figures "
                     "of the points in FILE");
  addInputOption(command, options.input,
                 "\"points\" or a \"problem\" (see equipoise-cli list problems), and maximise, "
                 "reference, front, groups, curve; or the fields of ID");
  command.add_option("--params", options.params, "Parameters as a JSON object");
  command.add_option("--seed", options.seed, "Of the samples of hypervolume monte_carlo")
      ->check(integerFrom<std::uint64_t>(0));
  command.add_flag("--json", options.json, "For machines (the output is always JSON)");
}

/// The parameters without ID, for the end of the help text.
std::string parametersText() {
  std::string text = "Parameters without ID:\n";
  for (const auto& spec : metric::frontParameters())
    text +=
        fmt::format("  {:<14} {} (default {}{})\n", spec.name, spec.doc, spec.defaultValue.dump(),
                    rangeText(spec).empty() ? "" : "; " + rangeText(spec));
  return text;
}

}  // namespace

void addParetoCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<ParetoOptions>();
  auto* command = app.add_subcommand(
      "pareto", "Ranks, hypervolume, knee and more of a set of points, and calculations of fronts");
  addOptions(*command, *options);
  command->footer(parametersText());
  command->callback([options, &context] {
    auto found = options->id.empty() ? figuresOf(*options, context) : calculate(*options, context);
    remarkNonFinite(found);
    context.out << found.dump() << '\n';
  });
}

}  // namespace eq::cli

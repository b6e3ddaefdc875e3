#include <ostream>
#include <set>

#include <CLI/CLI.hpp>

#include "app/cli/calculation.h"
#include "app/cli/merge_runs.h"
#include "app/cli/options.h"
#include "app/cli/trust.h"
#include "core/base/error.h"
#include "core/merge/catalog.h"

namespace eq::cli {
namespace {

struct MergeOptions : CalculationOptions {
  MergeRunsOptions runs;
};

/// Those of all methods: one input may serve several.
std::vector<std::string> allMergeFields() {
  std::set<std::string> names;
  for (const auto* descriptor : merge::catalog().descriptors())
    for (const auto& name : fieldNames(descriptor->inputs)) names.insert(name);
  return {names.begin(), names.end()};
}

/// A misspelt "dtype" would make a counter a number.
void tellUnknownParts(const nlohmann::json& model, const std::string& place, Context& context) {
  for (const auto& [name, tensor] : model.items())
    tellUnknownKeys(tensor, {"shape", "data", "dtype"}, fmt::format("{}.{}", place, name), context);
}

void tellUnknown(const nlohmann::json& input, Context& context) {
  tellUnknownKeys(input, allMergeFields(), "input", context);
  for (const auto& [key, value] : input.items()) {
    if (key == "base") tellUnknownParts(value, key, context);
    for (size_t k = 0; key == "experts" && value.is_array() && k < value.size(); ++k)
      tellUnknownParts(value[k], fmt::format("experts[{}]", k), context);
  }
}

nlohmann::json mergeModels(const MergeOptions& options, Context& context) {
  const auto method = merge::createMerge(options.id, parametersOf(options));
  const auto input = readInput(options.input, context);
  auto found = method->compute(input, options.runs.request.seed);
  tellUnknown(input, context);
  return found;
}

/// \throws Error where the models are given twice, or not at all.
void mergeEither(MergeOptions& options, Context& context) {
  auto& request = options.runs.request;
  const bool ofRuns = !request.base.empty() || !request.runs.empty() || !request.out.empty();
  if (ofRuns && !options.input.empty())
    fail("{}: --input holds models; --base, --runs and --out merge runs: give one or the other",
         options.id);
  if (!ofRuns && options.input.empty())
    fail("{}: give models by --input FILE, or runs by --base RUN --runs RUN ... --out DIR",
         options.id);
  if (!ofRuns) {
    context.out << mergeModels(options, context).dump() << '\n';
    return;
  }
  for (const auto& [name, isThere] :
       {std::pair{"--base", !request.base.empty()}, std::pair{"--runs", !request.runs.empty()},
        std::pair{"--out", !request.out.empty()}})
    if (!isThere) fail("{}: a merge of runs needs {}", options.id, name);
  request.id = options.id;
  request.params = parametersOf(options);
  options.runs.json = options.json;
  mergeRuns(options.runs, context);
}

void addRunOptions(CLI::App& command, MergeRunsOptions& options) {
  command.add_option("--base", options.request.base,
                     "Run from which the others were trained: RUN, its last checkpoint, or "
                     "RUN@STEP");
  command.add_option("--runs", options.request.runs,
                     "Runs to merge, RUN or RUN@STEP, or checkpoints' files");
  command.add_option("--out", options.request.out, "Run folder to make of them");
  command.add_option("--device", options.request.device, "That evaluates: cpu, cuda, cuda:1");
  addTrustFlag(command, options.trust);
}

}  // namespace

void addMergeCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<MergeOptions>();
  auto* command = app.add_subcommand(
      "merge",
      "One model of several: task vectors, masks, spectra (see equipoise-cli list merges)");
  command->add_option("ID", options->id, "Which method; see equipoise-cli list merges")->required();
  command->add_option("--input", options->input,
                      "JSON file with the input fields, - for standard input");
  addRunOptions(*command, options->runs);
  command->add_option("--params", options->params, "Parameters as a JSON object");
  command->add_flag("--json", options->json,
                    "For machines: the report of merged runs (of --input the output is always "
                    "JSON)");
  command
      ->add_option("--seed", options->runs.request.seed, "Seed of the methods that draw at random")
      ->check(integerFrom<std::uint64_t>(0));
  command->callback([options, &context] { mergeEither(*options, context); });
}

}  // namespace eq::cli

#include <ostream>
#include <set>

#include <CLI/CLI.hpp>

#include "app/cli/calculation.h"
#include "app/cli/options.h"
#include "core/merge/catalog.h"

namespace eq::cli {
namespace {

struct MergeOptions : CalculationOptions {
  std::uint64_t seed = 0;
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
  auto found = method->compute(input, options.seed);
  tellUnknown(input, context);
  return found;
}

}  // namespace

void addMergeCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<MergeOptions>();
  auto* command = app.add_subcommand(
      "merge",
      "One model of several: task vectors, masks, spectra (see equipoise-cli list merges)");
  addCalculationOptions(*command, *options);
  command->add_option("--seed", options->seed, "Seed of the methods that draw at random")
      ->check(integerFrom<std::uint64_t>(0));
  command->callback(
      [options, &context] { context.out << mergeModels(*options, context).dump() << '\n'; });
}

}  // namespace eq::cli

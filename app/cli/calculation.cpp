#include "app/cli/calculation.h"

#include <CLI/CLI.hpp>

#include "core/base/json_file.h"

namespace eq::cli {

void addCalculationOptions(CLI::App& command, CalculationOptions& options) {
  command.add_option("ID", options.id, "Which method; see equipoise-cli list")->required();
  command
      .add_option("--input", options.input, "JSON file with the input fields, - for standard input")
      ->required();
  command.add_option("--params", options.params, "Parameters as a JSON object");
  command.add_flag("--json", options.json, "For machines (the output is always JSON)");
}

nlohmann::json parametersOf(const CalculationOptions& options) {
  return parseJson(options.params, "--params");
}

std::vector<std::string> fieldNames(const std::vector<InputField>& inputs) {
  std::vector<std::string> names;
  for (const auto& field : inputs) names.push_back(field.name);
  return names;
}

}  // namespace eq::cli

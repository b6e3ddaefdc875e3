#include "app/cli/calculation.h"

#include <CLI/CLI.hpp>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/base/text.h"

namespace eq::cli {
namespace {

template <typename Read>
nlohmann::json withEscapedMistake(const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Error(printable(error.what()), error.kind(), error.context());
  }
}

}  // namespace

void addInputOption(CLI::App& command, std::string& file, const std::string& holds) {
  const auto named = [](const std::string& name) -> std::string {
    return name.empty() ? "no file is named; give its path, or - for standard input" : "";
  };
  command.add_option("--input", file, "JSON file with " + holds + ", - for standard input")
      ->required()
      ->check(named);
}

nlohmann::json readInput(const std::string& file, Context& context) {
  return withEscapedMistake([&] { return readJson(file, context); });
}

void addCalculationOptions(CLI::App& command, CalculationOptions& options) {
  command.add_option("ID", options.id, "Which method; see equipoise-cli list")->required();
  addInputOption(command, options.input, "the input fields");
  command.add_option("--params", options.params, "Parameters as a JSON object");
  command.add_flag("--json", options.json, "For machines (the output is always JSON)");
}

nlohmann::json parametersOf(const CalculationOptions& options) {
  return withEscapedMistake([&] { return parseJson(options.params, "--params"); });
}

std::vector<std::string> fieldNames(const std::vector<InputField>& inputs) {
  std::vector<std::string> names;
  for (const auto& field : inputs) names.push_back(field.name);
  return names;
}

}  // namespace eq::cli

#include "app/cli/calculation.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/base/nearest.h"
#include "core/base/text.h"
#include "core/loss/catalog.h"
#include "core/metric/catalog.h"

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

nlohmann::json readInput(const std::string& file, Context& context, NonFinite nonFinite) {
  return withEscapedMistake([&] { return readJson(file, context, nonFinite); });
}

void addCalculationOptions(CLI::App& command, CalculationOptions& options) {
  command.add_option("ID", options.id, "Which method; see equipoise-cli list")->required();
  addInputOption(command, options.input, "the input fields");
  command.add_option("--params", options.params, "Parameters as a JSON object");
  command.add_flag("--json", options.json, "For machines (the output is always JSON)");
}

nlohmann::json parametersOf(const CalculationOptions& options) {
  return parametersFrom(options.params);
}

nlohmann::json parametersFrom(const std::string& text) {
  return withEscapedMistake([&] { return parseJson(text, "--params"); });
}

void tellUnknownKeys(const nlohmann::json& object, const std::vector<std::string>& known,
                     const std::string& place, Context& context) {
  if (!object.is_object()) return;  // the reader says what it needs
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto nearest = std::min_element(
        known.begin(), known.end(),
        [&](const auto& a, const auto& b) { return editDistance(key, a) < editDistance(key, b); });
    context.err << printable(fmt::format(
                       "{}.{}: no method reads such a field, so it changes nothing; did you mean "
                       "\"{}\"?",
                       place, key, *nearest))
                << '\n';
  }
}

void tellUnknownFields(const nlohmann::json& input, const std::vector<std::string>& own,
                       const std::string& method, Context& context) {
  auto known = own;
  const auto add = [&](const std::vector<const Descriptor*>& descriptors) {
    for (const auto* descriptor : descriptors)
      for (const auto& name : fieldNames(descriptor->inputs)) known.push_back(name);
  };
  add(loss::catalog().descriptors());
  add(metric::catalog().descriptors());
  tellUnknownKeys(input, known, method, context);
}

std::vector<std::string> fieldNames(const std::vector<InputField>& inputs) {
  std::vector<std::string> names;
  for (const auto& field : inputs) names.push_back(field.name);
  return names;
}

}  // namespace eq::cli

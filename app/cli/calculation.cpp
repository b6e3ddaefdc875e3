#include "app/cli/calculation.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "core/base/error.h"
#include "core/base/json_file.h"

namespace eq::cli {
namespace {

/// Bytes of the character at an index; 0 where none is encoded there.
size_t charAt(const std::string& text, size_t index) {
  if (static_cast<unsigned char>(text[index]) < 0x80) return 1;
  for (const size_t length : {2, 3, 4})
    if (nlohmann::json::accept('"' + text.substr(index, length) + '"')) return length;
  return 0;
}

/// Bytes that are no UTF-8 become \xFF.
std::string escaped(const std::string& text) {
  std::string valid;
  for (size_t i = 0; i < text.size();) {
    const size_t length = charAt(text, i);
    valid += length > 0 ? text.substr(i, length)
                        : fmt::format("\\x{:02X}", static_cast<unsigned char>(text[i]));
    i += std::max<size_t>(length, 1);
  }
  return valid;
}

template <typename Read>
nlohmann::json withEscapedMistake(const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Error(escaped(error.what()), error.kind(), error.context());
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

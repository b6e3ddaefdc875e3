#pragma once

#include <string>
#include <vector>

#include "app/cli/cli.h"
#include "core/base/descriptor.h"

namespace eq::cli {

/// What the commands that open a single calculation take: ID --input FILE --params JSON.
struct CalculationOptions {
  std::string id;
  std::string input;
  std::string params = "{}";
  bool json = false;  ///< accepted for symmetry: these commands always print JSON
};

void addCalculationOptions(CLI::App& command, CalculationOptions& options);

/// `--input FILE`, required.
void addInputOption(CLI::App& command, std::string& file, const std::string& holds);

/// What `--input` names. \throws Error whose message is UTF-8 even where the file is not.
nlohmann::json readInput(const std::string& file, Context& context,
                         NonFinite nonFinite = NonFinite::refused);

/// \throws Error `--params:1:3: not JSON: ...`.
nlohmann::json parametersOf(const CalculationOptions& options);
/// What was given to an option `--params`. \throws the same.
nlohmann::json parametersFrom(const std::string& text);

/// A key that no method reads is ignored, but most often a misspelt one: a line on standard error,
/// `mae.maks: no method reads such a field, so it changes nothing; did you mean "mask"?`
void tellUnknownKeys(const nlohmann::json& object, const std::vector<std::string>& known,
                     const std::string& place, Context& context);

/// Tells a key that no loss and no metric reads. \param own fields that this method reads.
void tellUnknownFields(const nlohmann::json& input, const std::vector<std::string>& own,
                       const std::string& method, Context& context);

/// Names of the input fields that the method reads.
std::vector<std::string> fieldNames(const std::vector<InputField>& inputs);

}  // namespace eq::cli

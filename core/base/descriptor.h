#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/parameter.h"
#include "core/base/task.h"

namespace eq {

/// One field of a method's input, as `equipoise-cli` reads it.
struct InputField {
  std::string name;
  std::string shape;  ///< "[N, C]"
  std::string doc;
  bool required = true;
};

/// What a method is, for people, forms, help and validation. Nothing else about a method is known
/// outside its own files.
struct Descriptor {
  std::string id;       ///< snake_case, never changed once released
  std::string title;    ///< "Focal loss"
  std::string summary;  ///< one sentence
  std::string formula;  ///< as text, Unicode mathematics
  std::string citation;
  std::vector<ParameterSpec> parameters;
  std::vector<TaskKind> taskKinds = {};  ///< kinds it accepts; empty where tasks do not matter
  std::vector<InputField> inputs = {};
  nlohmann::json traits =
      nlohmann::json::object();  ///< further facts: {"scale": "sum", "coupled": true, ...}

  bool accepts(TaskKind kind) const;
};

/// The description as JSON, as `equipoise-cli list ... ID --json` prints it.
nlohmann::json toJson(const Descriptor& descriptor);
nlohmann::json toJson(const ParameterSpec& spec);

/// The range in words: ">= 0", "0 to 10", "> 0, < 1"; empty without limits.
std::string rangeText(const ParameterSpec& spec);

/// \throws Error `tasks[0].loss.id: no loss "focl"; did you mean "focal"?`
[[noreturn]] void failUnknownId(const std::string& noun, const std::string& id,
                                const std::string& path,
                                const std::vector<const Descriptor*>& known);

}  // namespace eq

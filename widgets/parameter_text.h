#pragma once

#include <string>

#include <QString>
#include <nlohmann/json.hpp>

#include "core/base/parameter.h"

namespace eq::widgets {

// Values of parameters as people read and type them.

QString parameterText(const nlohmann::json& value);

/// A text as a value, or why it is none. It is not yet checked against the range.
struct ParameterReading {
  nlohmann::json value;
  QString problem;
};
ParameterReading readParameter(const ParameterSpec& spec, const QString& text);

/// Whether it is a list, or may be one.
bool isList(ParameterType type);

/// "max_margin" as "Max margin".
QString labelOf(const std::string& name);

/// Meaning, range, unit and default, as a tool tip.
QString parameterHelp(const ParameterSpec& spec);

/// Whether few people ever change a parameter of this name: it is folded away.
bool isAdvanced(const std::string& name);

}  // namespace eq::widgets

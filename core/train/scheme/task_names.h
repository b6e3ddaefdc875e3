#pragma once

#include <string>
#include <vector>

#include "core/train/scheme_catalog.h"

namespace eq::train {

/// A parameter that is a list of tasks.
ParameterSpec taskListParameter(const std::string& name, const std::string& doc);

/// [K] those of a list of names, or of places from 0. \throws Error
/// `scheme.first[0]: there is no task "x"; there are left, right`.
std::vector<char> tasksNamed(const nlohmann::json& list, const SchemeSetting& setting,
                             const std::string& parameter);

/// A parameter that is "all", a task or a list of tasks.
ParameterSpec tasksOrAllParameter(const std::string& name, const std::string& doc);
std::vector<char> tasksOrAll(const nlohmann::json& value, const SchemeSetting& setting,
                             const std::string& parameter);

}  // namespace eq::train

#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace eq::model {

// Lists of tasks in a model's parameters. Errors name the path.

const nlohmann::json& listAt(const nlohmann::json& value, const std::string& path,
                             const char* what);
/// The number of a task. \param names of the tasks.
size_t taskNamed(const nlohmann::json& name, const std::vector<std::string>& names,
                 const std::string& path);

}  // namespace eq::model

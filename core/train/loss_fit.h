#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/task.h"

namespace eq::train {

/// Why a task cannot train with the loss, as far as that can be said before it meets the data:
/// `expression.text: ...` where one parameter is at fault. Empty: nothing speaks against it. Files
/// are looked for, and never opened.
/// \param task null: not known yet, then only what fits no task speaks against it.
/// \param folder where relative paths start; empty: the working directory.
std::string whyNotFor(const TaskInfo* task, const std::string& id, const nlohmann::json& params,
                      const std::filesystem::path& folder = {});

/// The same of the loss as such, whatever its parameters will be.
std::string whyNeverFor(const TaskInfo* task, const std::string& id);

/// What it needs that no run brings by itself, fields of the data and parameters without a default
/// that are not in `given`: "needs weight, counts"; empty: nothing.
std::string needsOf(const std::string& id, const nlohmann::json& given);

}  // namespace eq::train

#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/train/experiment.h"

namespace eq::train {

/// A field of an experiment by its path, and what it is to be.
struct Setting {
  std::string path;  ///< "tasks[0].loss.id", or a whole method: "balancer.gradient"
  nlohmann::json value;
  bool operator==(const Setting&) const = default;
};

/// Of `tasks[0].loss.id=focal`: the value is JSON, or a text where it does not parse.
/// \throws Error when it has no path.
Setting settingFromText(const std::string& assignment);
std::vector<Setting> settingsFromTexts(const std::vector<std::string>& assignments);

/// Whether one of the settings is of a task by its number, `tasks[1].weight`.
bool namesTask(const std::vector<Setting>& settings);

/// The experiment with a list of tasks: where it names none, all of its data in their order, with
/// the usual loss and metrics of their kinds. \throws Error when the data cannot be read.
Experiment withTasks(const Experiment& experiment);

/// All fields set at once, and checked when all stand: those of the data before others, a whole
/// before its parts, an `id` before the fields beside it; of the same path the last. Setting an
/// `id` to another drops the parameters of the former method. Where the experiment names no tasks
/// and a setting is of one, it is given the list first. \throws Error naming the path.
Experiment withSettings(const Experiment& experiment, std::vector<Setting> settings);

/// Sets one field of `root`, an experiment or a part of one as JSON, without a check.
/// \throws Error naming the path when there is no such place.
void set(nlohmann::json& root, const Setting& setting);

/// The keys of the data that the settings give, without a check; an empty object where none does.
/// \throws Error naming the path when one goes through what is no place.
nlohmann::json dataKeys(std::vector<Setting> settings);

/// What stands at a path; null where nothing does. \throws Error for a path that cannot be read.
nlohmann::json valueAt(const nlohmann::json& experiment, const std::string& path);

}  // namespace eq::train

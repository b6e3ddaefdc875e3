#include "core/train/settings.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/data/problem.h"
#include "core/train/task_runtime.h"
#include "core/train/trainer.h"

namespace eq::train {
namespace {

using nlohmann::json;

/// Steps down one part of `tasks[0].loss.gamma`; a missing key is made, so that the check can name
/// it.
json& descend(json& node, const std::string& key, const std::string& path) {
  if (node.is_object() || node.is_null()) return node[key];
  fail("{}: there is no \"{}\" here", path, key);
}

json& descend(json& node, size_t index, const std::string& path) {
  if (node.is_null())
    fail("{}: there is no entry {}; the list is not given: write it into the experiment", path,
         index);
  if (!node.is_array()) fail("{}: is not a list", path);
  if (index >= node.size()) fail("{}: there is no entry {}; it has {}", path, index, node.size());
  return node[index];
}

/// One step of a path: a key, or where that is empty an index.
struct Part {
  std::string key;
  size_t index = 0;
  std::string before;  ///< the path up to here, for messages
};

Part indexAt(const std::string& path, size_t begin) {
  const size_t end = path.find(']', begin);
  const std::string digits =
      end == std::string::npos ? "" : path.substr(begin + 1, end - begin - 1);
  const std::string before = path.substr(0, begin);
  if (digits.empty() || digits.size() > 6 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    fail("{}: expected an index such as [0] after \"{}\"", path, before);
  return {"", std::stoul(digits), before};
}

std::vector<Part> partsOf(const std::string& path) {
  std::vector<Part> parts;
  size_t position = 0;
  while (position < path.size()) {
    if (path[position] == '[') {
      parts.push_back(indexAt(path, position));
      position = path.find(']', position) + 1;
      continue;
    }
    const std::string before = path.substr(0, position);
    if (path[position] == '.') ++position;
    const size_t end = std::min(path.find_first_of(".[", position), path.size());
    if (end == position) fail("{}: expected a name after \"{}\"", path, before);
    parts.push_back({path.substr(position, end - position), 0, before});
    position = end;
  }
  return parts;
}

/// The node that `path` names, and the object around it.
std::pair<json*, json*> locate(json& root, const std::string& path) {
  json* parent = nullptr;
  json* node = &root;
  for (const auto& part : partsOf(path)) {
    parent = node;
    node = part.key.empty() ? &descend(*node, part.index, part.before)
                            : &descend(*node, part.key, part.before);
  }
  return {parent, node};
}

bool isOfData(const Setting& setting) {
  const auto& path = setting.path;
  return path.starts_with("data") && (path.size() == 4 || path[4] == '.');
}

/// Those of the data come first; then a whole before its parts, and an id before its neighbours.
std::pair<std::ptrdiff_t, bool> orderOf(const Setting& setting) {
  const auto parts = std::count_if(setting.path.begin(), setting.path.end(),
                                   [](char c) { return c == '.' || c == '['; });
  return {parts, !setting.path.ends_with(".id")};
}

/// A whole before its parts; returns where those begin that are not of the data.
std::vector<Setting>::iterator putInOrder(std::vector<Setting>& settings) {
  std::stable_sort(settings.begin(), settings.end(),
                   [](const auto& a, const auto& b) { return orderOf(a) < orderOf(b); });
  return std::stable_partition(settings.begin(), settings.end(), isOfData);
}

}  // namespace

void set(json& root, const Setting& setting) {
  const auto [parent, node] = locate(root, setting.path);
  const bool isId = setting.path == "id" || setting.path.ends_with(".id");
  if (isId && parent != nullptr && parent->is_object() && *node != setting.value)
    *parent = {{"id", setting.value}};
  else
    *node = setting.value;
}

Setting settingFromText(const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    fail("{}: expected PATH=VALUE, such as tasks[0].loss.id=focal", assignment);
  const std::string text = assignment.substr(equals + 1);
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) value = text;
  return {assignment.substr(0, equals), value};
}

std::vector<Setting> settingsFromTexts(const std::vector<std::string>& assignments) {
  std::vector<Setting> settings;
  for (const auto& assignment : assignments) settings.push_back(settingFromText(assignment));
  return settings;
}

bool namesTask(const std::vector<Setting>& settings) {
  return std::any_of(settings.begin(), settings.end(),
                     [](const auto& setting) { return setting.path.starts_with("tasks["); });
}

Experiment withTasks(const Experiment& experiment) {
  if (!experiment.tasks.empty()) return experiment;
  return resolved(experiment, loadProblem(experiment));
}

Experiment withSettings(const Experiment& experiment, std::vector<Setting> settings) {
  const auto others = putInOrder(settings);
  json root = toJson(experiment);
  std::for_each(settings.begin(), others, [&](const auto& setting) { set(root, setting); });
  if (experiment.tasks.empty() && namesTask(settings))
    root = toJson(withTasks(experimentFromJson(root, experiment.folder)));
  std::for_each(others, settings.end(), [&](const auto& setting) { set(root, setting); });
  return experimentFromJson(root, experiment.folder);
}

Experiment withSetting(const Experiment& experiment, const std::string& assignment) {
  return withSettings(experiment, {settingFromText(assignment)});
}

json dataKeys(std::vector<Setting> settings) {
  const auto others = putInOrder(settings);
  json root{{"data", json::object()}};
  std::for_each(settings.begin(), others, [&](const auto& setting) { set(root, setting); });
  return root.at("data");
}

json valueAt(const json& experiment, const std::string& path) {
  const json* node = &experiment;
  for (const auto& part : partsOf(path)) {
    const bool there = part.key.empty() ? node->is_array() && part.index < node->size()
                                        : node->is_object() && node->contains(part.key);
    if (!there) return nullptr;
    node = part.key.empty() ? &(*node)[part.index] : &(*node)[part.key];
  }
  return *node;
}

}  // namespace eq::train

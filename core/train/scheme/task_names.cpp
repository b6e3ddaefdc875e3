#include "core/train/scheme/task_names.h"

#include <fmt/ranges.h>

#include "core/base/error.h"

namespace eq::train {
namespace {

size_t taskNamed(const nlohmann::json& value, const SchemeSetting& setting,
                 const std::string& path) {
  std::vector<std::string> names;
  for (size_t k = 0; k < setting.tasks.size(); ++k) {
    names.push_back(setting.tasks[k].name);
    if (value == names.back() || value == nlohmann::json(k)) return k;
  }
  fail("{}: there is no task {}; there are {}", path, value.dump(), fmt::join(names, ", "));
}

}  // namespace

ParameterSpec taskListParameter(const std::string& name, const std::string& doc) {
  auto spec = ParameterSpec::text(name, "", doc);
  spec.type = ParameterType::any;
  spec.defaultValue = nullptr;
  return spec.needed();
}

ParameterSpec tasksOrAllParameter(const std::string& name, const std::string& doc) {
  auto spec = ParameterSpec::text(name, "all", doc);
  spec.type = ParameterType::any;
  return spec;
}

std::vector<char> tasksOrAll(const nlohmann::json& value, const SchemeSetting& setting,
                             const std::string& parameter) {
  if (value == "all") return std::vector<char>(setting.tasks.size(), 1);
  return tasksNamed(value.is_array() ? value : nlohmann::json::array({value}), setting, parameter);
}

std::vector<char> tasksNamed(const nlohmann::json& list, const SchemeSetting& setting,
                             const std::string& parameter) {
  const auto path = setting.path + "." + parameter;
  if (!list.is_array()) fail("{}: expected a list of tasks, found {}", path, list.dump());
  std::vector<char> found(setting.tasks.size(), 0);
  for (size_t i = 0; i < list.size(); ++i)
    found[taskNamed(list[i], setting, fmt::format("{}[{}]", path, i))] = 1;
  return found;
}

}  // namespace eq::train

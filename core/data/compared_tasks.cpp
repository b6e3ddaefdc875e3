#include "core/data/compared_tasks.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/data/problem.h"

namespace eq::data {
namespace {

constexpr size_t kMostTasks = 64;

/// `count` in place of the one entry; the tensors in it are shared, not copied.
template <typename T>
void repeatOne(std::vector<T>& one, size_t count) {
  one.resize(count, one.empty() ? T() : one.front());
}

}  // namespace

ParameterSpec comparedTasks(const std::string& usual) {
  auto spec = ParameterSpec::text(
      "tasks", "",
      "Names of the tasks. They all have the same target, so that each can be given another loss");
  spec.type = ParameterType::any;
  spec.defaultValue = nlohmann::json::array({usual});
  return spec;
}

std::vector<std::string> comparedNames(const Parameters& parameters, const std::string& name) {
  const auto& given = parameters.at(name);
  if (!given.is_array() || given.empty() || given.size() > kMostTasks)
    fail("data.{}: expected a list of 1 to {} names, found {}", name, kMostTasks, given.dump());
  std::vector<std::string> names;
  for (const auto& one : given) {
    const auto place = fmt::format("data.{}[{}]", name, names.size());
    if (!one.is_string() || one.get<std::string>().empty())
      fail("{}: expected a name, found {}", place, one.dump());
    const auto before = std::find(names.begin(), names.end(), one.get<std::string>());
    if (before != names.end())
      fail("{}: \"{}\" stands at data.{}[{}] already; give each task a name of its own", place,
           *before, name, before - names.begin());
    names.push_back(one.get<std::string>());
  }
  return names;
}

void shareTarget(Problem& problem, TaskInfo task, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    task.name = name;
    problem.tasks.push_back(task);
  }
  for (Split* split : {&problem.train, &problem.validation, &problem.test}) {
    repeatOne(split->targets, names.size());
    repeatOne(split->masks, names.size());
    if (!split->fields.empty()) repeatOne(split->fields, names.size());
  }
}

}  // namespace eq::data

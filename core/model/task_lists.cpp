#include "core/model/task_lists.h"

#include <algorithm>

#include "core/base/error.h"

namespace eq::model {

using nlohmann::json;

const json& listAt(const json& value, const std::string& path, const char* what) {
  if (!value.is_array()) fail("{}: expected a list of {}, found {}", path, what, value.dump());
  return value;
}

size_t taskNamed(const json& name, const std::vector<std::string>& names, const std::string& path) {
  if (!name.is_string()) fail("{}: expected the name of a task, found {}", path, name.dump());
  const auto found = std::find(names.begin(), names.end(), name.get<std::string>());
  if (found == names.end())
    fail("{}: there is no task {}; there are {}", path, name.dump(), fmt::join(names, ", "));
  return static_cast<size_t>(found - names.begin());
}

}  // namespace eq::model

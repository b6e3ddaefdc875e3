#include "core/train/complete_experiment.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/balance/catalog.h"
#include "core/data/catalog.h"
#include "core/loss/catalog.h"
#include "core/model/catalog.h"
#include "core/train/experiment.h"
#include "core/train/front_catalog.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/schedule.h"
#include "core/train/scheme_catalog.h"

namespace eq::train {
namespace {

using nlohmann::json;

void fillDefaults(json& object, const std::vector<ParameterSpec>& specs) {
  if (!object.is_object()) return;
  for (const auto& spec : specs)
    if (!spec.required && !object.contains(spec.name)) object[spec.name] = spec.defaultValue;
}

std::string idOf(const json& method) {
  if (!method.is_object()) return {};
  const auto id = method.find("id");
  return id != method.end() && id->is_string() ? id->get<std::string>() : std::string();
}

template <typename AnyCatalog>
void fillMethod(json& method, const AnyCatalog& catalog) {
  const auto id = idOf(method);
  if (catalog.contains(id)) fillDefaults(method, catalog.descriptor(id).parameters);
}

void fillBalancer(json& balancer) {
  if (balancer.is_null()) balancer = json::object();
  if (!balancer.is_object()) return;
  if (!balancer.contains("weighting") || balancer["weighting"].is_null())
    balancer["weighting"] = toJson(BalancerSpec().weighting);
  fillMethod(balancer["weighting"], balance::weightings());
  auto& gradient = balancer["gradient"];
  if (gradient.is_object() && idOf(gradient).empty()) gradient = nullptr;
  fillMethod(gradient, balance::gradientMethods());
}

void fillSchemes(json& schemes) {
  if (schemes == json{{"id", ""}} || schemes == json::array()) schemes = nullptr;
  if (schemes.is_array() && schemes.size() == 1) schemes = json(schemes.front());
  if (schemes.is_array())
    for (auto& scheme : schemes) fillMethod(scheme, schemeCatalog());
  else
    fillMethod(schemes, schemeCatalog());
}

void fillTasks(json& tasks) {
  if (!tasks.is_array()) return;
  for (auto& task : tasks) {
    fillDefaults(task, taskFields());
    if (task.is_object()) fillMethod(task["loss"], loss::catalog());
  }
}

void addLeafPaths(const json& value, const std::string& path, std::set<std::string>& paths) {
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, inner] : value.items())
      addLeafPaths(inner, path.empty() ? key : path + "." + key, paths);
  } else if (path == "tasks" && value.is_array() && !value.empty()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      addLeafPaths(value[i], fmt::format("{}[{}]", path, i), paths);
  } else {
    paths.insert(path);
  }
}

/// Passes `[0]` or a name at the front of `rest` and steps down. \returns whether there was one.
bool descendOne(const json*& node, std::string_view& rest) {
  static const json kNothing;
  std::size_t end = 0;
  const json* inner = nullptr;
  if (rest[0] == '[') {
    end = rest.find(']');
    const auto digits = end == std::string_view::npos ? "" : rest.substr(1, end - 1);
    const bool isIndex = !digits.empty() && digits.size() <= 6 &&
                         digits.find_first_not_of("0123456789") == std::string_view::npos;
    const auto index = isIndex ? std::stoul(std::string(digits)) : 0;
    if (isIndex && node->is_array() && index < node->size()) inner = &(*node)[index];
    ++end;
  } else {
    end = std::min(rest.find_first_of(".["), rest.size());
    const auto found = node->is_object() ? node->find(rest.substr(0, end)) : node->end();
    if (node->is_object() && found != node->end()) inner = &*found;
  }
  if (node->is_null()) inner = &kNothing;
  if (!inner || end == 0) return false;
  node = inner;
  rest.remove_prefix(end);
  if (rest.size() > 1 && rest[0] == '.') rest.remove_prefix(1);
  return true;
}

}  // namespace

bool isImported(const json& experiment) {
  return experiment.is_object() && experiment.contains("imported");
}

json completeExperiment(json experiment) {
  if (!experiment.is_object() || isImported(experiment)) return experiment;
  fillDefaults(experiment, experimentFields());
  fillMethod(experiment["data"], data::catalog());
  fillMethod(experiment["model"], model::catalog());
  const Experiment standard;
  for (const auto& [key, method] :
       {std::pair{"optimizer", standard.optimizer}, {"schedule", standard.schedule}})
    if (experiment[key].is_null()) experiment[key] = toJson(method);
  fillMethod(experiment["optimizer"], optimizers());
  fillMethod(experiment["schedule"], schedules());
  fillTasks(experiment["tasks"]);
  fillBalancer(experiment["balancer"]);
  fillSchemes(experiment["scheme"]);
  if (experiment["pareto"] == json{{"id", ""}}) experiment["pareto"] = nullptr;
  fillMethod(experiment["pareto"], paretoMethods());
  for (const auto& [key, specs] : {std::pair{"conflict", &conflictFields()},
                                   {"affinity", &affinityFields()},
                                   {"observe", &observeFields()},
                                   {"engine", &engineFields()},
                                   {"keep", &keepFields()}}) {
    if (experiment[key].is_null()) experiment[key] = json::object();
    fillDefaults(experiment[key], *specs);
  }
  if (experiment["init"].is_object()) fillDefaults(experiment["init"], initFields());
  return experiment;
}

std::optional<json> fieldAt(const json& experiment, const std::string& path) {
  const json* node = &experiment;
  std::string_view rest = path;
  while (!rest.empty())
    if (!descendOne(node, rest)) return std::nullopt;
  return path.empty() ? std::nullopt : std::optional(*node);
}

std::vector<std::string> writtenPaths(const std::vector<const json*>& experiments) {
  std::set<std::string> leaves;
  for (const auto* experiment : experiments) addLeafPaths(*experiment, "", leaves);
  std::vector<std::string> paths;
  for (const auto& path : leaves) {
    // What is null or empty in one experiment can be an object in another.
    const auto below = leaves.lower_bound(path + ".");
    if (below == leaves.end() || !below->starts_with(path + ".")) paths.push_back(path);
  }
  return paths;
}

}  // namespace eq::train

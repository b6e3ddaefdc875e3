#include "core/train/preferences.h"

#include <algorithm>
#include <cmath>

#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/train/scheme_catalog.h"

namespace eq::train {
namespace {

constexpr const char* kPreference = "preference";

template <typename Methods>
bool takesOne(const Methods& catalog, const std::string& id) {
  if (id.empty() || !catalog.contains(id)) return false;
  const auto& specs = catalog.descriptor(id).parameters;
  return std::any_of(specs.begin(), specs.end(),
                     [](const auto& spec) { return spec.name == kPreference; });
}

void requireNoList(const MethodSpec& method, const std::string& path, size_t task) {
  const auto found = method.params.find(kPreference);
  if (found == method.params.end() || found->is_null()) return;
  fail(
      "tasks[{}].preference: the method has a list of all tasks, {}.preference, and both cannot "
      "hold; take one of them out",
      task, path);
}

}  // namespace

bool takesPreference(const BalancerSpec& balancer) {
  return takesOne(balance::weightings(), balancer.weighting.id) ||
         takesOne(balance::gradientMethods(), balancer.gradient.id);
}

Eigen::VectorXd preferencesOf(const Experiment& experiment) {
  Eigen::VectorXd all(std::ssize(experiment.tasks));
  for (size_t k = 0; k < experiment.tasks.size(); ++k)
    all[static_cast<Eigen::Index>(k)] = experiment.tasks[k].preference.value_or(std::nan(""));
  return all;
}

void requirePreferencesFit(const Experiment& experiment) {
  const auto& tasks = experiment.tasks;
  const auto first = std::find_if(tasks.begin(), tasks.end(),
                                  [](const TaskSpec& task) { return task.preference.has_value(); });
  if (first == tasks.end() || !takesPreference(experiment.balancer)) return;
  const auto place = static_cast<size_t>(first - tasks.begin());
  requireNoList(experiment.balancer.weighting, "balancer.weighting", place);
  requireNoList(experiment.balancer.gradient, "balancer.gradient", place);
  if ((preferencesOf(experiment).array() == 0).all())
    fail("tasks[{}].preference: at least one task's must be above 0, found only 0", place);
  if (balancedRows(experiment.schemes, std::ssize(tasks)) != std::ssize(tasks))
    fail(
        "tasks[{}].preference: the balancer sees clusters of tasks, which have none; take it out "
        "or choose another scheme",
        place);
}

std::string idlePreference(const Experiment& experiment) {
  if (takesPreference(experiment.balancer)) return {};
  const auto& [weighting, gradient] = experiment.balancer;
  for (size_t k = 0; k < experiment.tasks.size(); ++k)
    if (experiment.tasks[k].preference)
      return fmt::format("tasks[{}].preference: {}{} take{} none, so it changes nothing", k,
                         weighting.id, gradient.id.empty() ? "" : " and " + gradient.id,
                         gradient.id.empty() ? "s" : "");
  return {};
}

}  // namespace eq::train

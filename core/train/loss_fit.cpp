#include "core/train/loss_fit.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/custom/scripts.h"
#include "core/loss/loss.h"
#include "core/loss/nesting.h"

namespace eq::train {
namespace {

std::string kindsOf(const Descriptor& descriptor) {
  std::vector<std::string> kinds;
  for (const TaskKind kind : descriptor.taskKinds) kinds.emplace_back(toText(kind));
  return fmt::format("{}", fmt::join(kinds, " or "));
}

/// What the data may bring of a task; of one that is not known, all that the loss reads.
std::vector<std::string> broughtTo(const TaskInfo* task, const std::string& id,
                                   const nlohmann::json& params) {
  if (task) return task->fields;
  std::vector<std::string> all;
  for (const auto& field : loss::inputsOf(id, params)) all.push_back(field.name);
  return all;
}

std::string whyNotOfKind(const TaskInfo* task, const std::string& id,
                         const nlohmann::json& params) {
  if (!task || loss::acceptsKind(id, params, task->kind)) return {};
  const auto& descriptor = loss::catalog().descriptor(id);
  if (descriptor.accepts(task->kind))
    return fmt::format("a loss in it does not take a task that is {}", toText(task->kind));
  return fmt::format("for tasks that are {}; {} is {}", kindsOf(descriptor), task->name,
                     toText(task->kind));
}

std::string whyNotOf(const TaskInfo* task, const std::string& id, const nlohmann::json& params) {
  const auto kind = whyNotOfKind(task, id, params);
  if (!kind.empty()) return kind;
  const auto reason = loss::whyNotInRuns(id, params, broughtTo(task, id, params));
  if (!reason.starts_with(id + " ")) return reason;
  return loss::catalog().descriptor(id).title + reason.substr(id.size());
}

}  // namespace

std::string whyNotFor(const TaskInfo* task, const std::string& id, const nlohmann::json& params,
                      const std::filesystem::path& folder) {
  try {
    const Parameters checked(loss::catalog().descriptor(id).parameters, params, id);
    const auto reason = whyNotOf(task, id, params);
    if (!reason.empty()) return reason;
    loss::scripts().placed(id, params, folder, id);
    if (!loss::holdsFiles(id, params)) loss::catalog().create(id, params, id);
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::string whyNeverFor(const TaskInfo* task, const std::string& id) {
  const auto none = nlohmann::json::object();
  const auto& descriptor = loss::catalog().descriptor(id);
  if (!descriptor.traits.value("wrapper", false)) return whyNotOf(task, id, none);
  if (task && !descriptor.accepts(task->kind)) return whyNotOfKind(task, id, none);
  return {};  // another base may do
}

std::string needsOf(const std::string& id, const nlohmann::json& given) {
  const auto& descriptor = loss::catalog().descriptor(id);
  const auto made = descriptor.traits.value("made_in_runs", std::vector<std::string>());
  const auto learned = descriptor.traits.value("learned", std::vector<std::string>());
  const auto isIn = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::vector<std::string> read;
  for (const auto& field : descriptor.inputs)
    if (field.required && field.name != "prediction" && field.name != "target" &&
        !isIn(made, field.name) && !isIn(learned, field.name))
      read.push_back(field.name);
  for (const auto& spec : descriptor.parameters)
    if (spec.required && !given.contains(spec.name)) read.push_back(spec.name);
  return read.empty() ? "" : fmt::format("needs {}", fmt::join(read, ", "));
}

}  // namespace eq::train

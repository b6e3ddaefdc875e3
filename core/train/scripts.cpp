#include "core/train/scripts.h"

#include <fmt/format.h>

#include "core/loss/custom/scripts.h"
#include "core/model/script/scripts.h"

namespace eq::train {

std::vector<script::ScriptFile> untrustedScripts(const Experiment& experiment) {
  std::vector<script::ScriptFile> all;
  model::scripts().addUntrusted(all, experiment.model.id, experiment.model.params,
                                experiment.folder);
  for (const auto& task : experiment.tasks)
    loss::scripts().addUntrusted(all, task.loss.id, task.loss.params, experiment.folder);
  return all;
}

std::vector<script::ScriptFile> untrustedScripts(const std::vector<Command>& commands,
                                                 const std::filesystem::path& folder) {
  std::vector<script::ScriptFile> all;
  for (const auto& command : commands)
    if (command.kind == Command::Kind::setLoss)
      loss::scripts().addUntrusted(all, command.method.id, command.method.params, folder);
  return all;
}

Command withPinnedScripts(Command command, const std::filesystem::path& folder) {
  if (command.kind == Command::Kind::setLoss)
    command.method.params = loss::scripts().pinned(command.method.id, command.method.params, folder,
                                                   fmt::format("tasks[{}].loss", command.task));
  return command;
}

}  // namespace eq::train

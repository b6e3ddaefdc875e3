#include "core/train/scripts.h"

#include <fmt/format.h>

namespace eq::train {
std::vector<loss::ScriptFile> untrustedScripts(const Experiment& experiment) {
  std::vector<loss::ScriptFile> all;
  for (const auto& task : experiment.tasks)
    loss::addUntrustedScripts(all, task.loss.id, task.loss.params, experiment.folder);
  return all;
}

std::vector<loss::ScriptFile> untrustedScripts(const std::vector<Command>& commands,
                                               const std::filesystem::path& folder) {
  std::vector<loss::ScriptFile> all;
  for (const auto& command : commands)
    if (command.kind == Command::Kind::setLoss)
      loss::addUntrustedScripts(all, command.method.id, command.method.params, folder);
  return all;
}

Command withPinnedScripts(Command command, const std::filesystem::path& folder) {
  if (command.kind == Command::Kind::setLoss)
    command.method.params =
        loss::withPinnedScripts(command.method.id, command.method.params, folder,
                                fmt::format("tasks[{}].loss", command.task));
  return command;
}

}  // namespace eq::train

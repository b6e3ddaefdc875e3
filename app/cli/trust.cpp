#include "app/cli/trust.h"

#include <CLI/CLI.hpp>

namespace eq::cli {

void addTrustFlag(CLI::App& command, bool& trust) {
  command.add_flag(
      "--trust", trust,
      "Let the TorchScript files that the model and the losses name run, with the content "
      "that they have now: they are programs that can do all that you may do");
}

void trustScripts(const std::vector<script::ScriptFile>& files) {
  for (const auto& file : files) script::trustScript(file.sha256);
}

}  // namespace eq::cli

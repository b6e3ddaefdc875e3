#include "app/cli/trust.h"

#include <CLI/CLI.hpp>

namespace eq::cli {

void addTrustFlag(CLI::App& command, bool& trust) {
  command.add_flag("--trust", trust,
                   "Let the TorchScript files that the losses name run, with the content that they "
                   "have now: they are programs that can do all that you may do");
}

void trustScripts(const std::vector<loss::ScriptFile>& files) {
  for (const auto& file : files) loss::trustScript(file.sha256);
}

}  // namespace eq::cli

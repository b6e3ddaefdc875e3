#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/experiment_file.h"
#include "app/cli/trust.h"
#include "app/cli/warnings.h"
#include "core/data/table_notes.h"
#include "core/run/run_scripts.h"
#include "core/run/teacher.h"
#include "core/train/experiment.h"
#include "core/train/trainer.h"

namespace eq::cli {
namespace {

struct CheckOptions {
  ExperimentFile file;
  bool json = false;
  bool trust = false;
};

void printCheck(const train::Trainer& trainer, bool asJson, std::ostream& out) {
  nlohmann::json tasks = nlohmann::json::array();
  for (const auto& task : trainer.tasks())
    tasks.push_back({{"name", task.name}, {"kind", toText(task.kind)}, {"width", task.width}});
  const auto guesses = trainer.tableGuesses();
  if (asJson) {
    nlohmann::json found{{"valid", true},
                         {"tasks", tasks},
                         {"parameters", trainer.parameterCount()},
                         {"shared_parameters", trainer.sharedParameterCount()},
                         {"steps", trainer.totalSteps()}};
    if (!guesses.is_null()) found["table"] = guesses;
    out << found.dump(2) << '\n';
    return;
  }
  for (const auto& line : data::tableLines(guesses)) out << line << '\n';
  out << "valid: " << trainer.tasks().size() << " tasks, " << trainer.parameterCount()
      << " parameters (" << trainer.sharedParameterCount() << " shared), " << trainer.totalSteps()
      << " steps\n";
}

}  // namespace

void addCheckCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<CheckOptions>();
  auto* command = app.add_subcommand(
      "check", "Validate an experiment, or a table, with its data; train nothing");
  addExperimentFile(*command, options->file);
  command->add_flag("--json", options->json, "For machines");
  addTrustFlag(*command, options->trust);
  command->callback([options, &context] {
    const auto experiment = readExperimentFile(options->file, context);
    if (options->trust) trustScripts(run::untrustedScripts(experiment));
    train::useThreads(experiment.threads);
    const auto trainer = run::makeTrainer(experiment);
    printWarnings(trainer->warnings(), context.err);
    printCheck(*trainer, options->json, context.out);
  });
}

}  // namespace eq::cli

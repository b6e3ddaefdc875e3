#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/experiment_file.h"
#include "app/cli/sweep_run.h"
#include "app/cli/trust.h"
#include "app/cli/warnings.h"
#include "core/base/error.h"
#include "core/data/table_notes.h"
#include "core/run/run_scripts.h"
#include "core/run/teacher.h"
#include "core/study/sweep/sweep_file.h"
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

/// Every combination of a sweep.
void checkSweep(const CheckOptions& options, Context& context) {
  if (!options.file.settings.empty())
    fail("--set: {} has a sweep; change the file, or its sweep.fields", options.file.file);
  const auto file = study::readSweepFile(options.file.file);
  const auto runs = study::runsOf(file, [](const train::Experiment& experiment) {
    return std::vector<double>(experiment.tasks.size(), 1);
  });
  if (options.trust) trustSweep(file, runs);
  const auto combinations = study::checkRuns(file, runs);
  tellUnread(file, context);
  if (options.json)
    context.out << nlohmann::json{{"valid", true},
                                  {"combinations", combinations},
                                  {"runs", runs.size()}}
                       .dump(2)
                << '\n';
  else
    context.out << "valid: " << combinations << " combinations, " << runs.size() << " runs\n";
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
    const auto& given = options->file;
    if (given.targets.empty() && namesExperiment(given) && study::isSweepFile(given.file))
      return checkSweep(*options, context);
    const auto experiment = readExperimentFile(options->file, context);
    if (options->trust) trustScripts(run::untrustedScripts(experiment));
    train::useThreads(experiment.threads);
    const auto trainer = run::makeTrainer(experiment);
    printWarnings(trainer->warnings(), context.err);
    printCheck(*trainer, options->json, context.out);
  });
}

}  // namespace eq::cli

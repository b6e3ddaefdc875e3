#include <algorithm>
#include <numeric>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/end_signals.h"
#include "app/cli/training_options.h"
#include "app/cli/trust.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/data/csv.h"
#include "core/run/run_argument.h"
#include "core/run/run_folder.h"
#include "core/run/run_scripts.h"
#include "core/train/trainer.h"

namespace eq::cli {
namespace {

struct ExpertsOptions {
  std::string run;
  std::string out = "runs";
  std::string tasks;
  run::Changes changes;
  bool trust = false;
  DriveOptions drive;
};

/// The numbers of the tasks that were named; all, where none was.
std::vector<size_t> chosenTasks(const std::string& text, const std::vector<std::string>& tasks) {
  std::vector<size_t> chosen(text.empty() ? tasks.size() : 0);
  std::iota(chosen.begin(), chosen.end(), size_t{0});
  for (const auto& part :
       text.empty() ? std::vector<std::string>() : CLI::detail::split(text, ',')) {
    const auto name = data::trimmed(part);
    const auto found = std::find(tasks.begin(), tasks.end(), name);
    if (found == tasks.end())
      fail("--tasks: there is no task \"{}\"; there are {}", name, fmt::join(tasks, ", "));
    const auto task = static_cast<size_t>(found - tasks.begin());
    if (std::find(chosen.begin(), chosen.end(), task) != chosen.end())
      fail("--tasks: \"{}\" is named twice; each task has one expert", name);
    chosen.push_back(task);
  }
  return chosen;
}

std::vector<std::string> onlyTask(size_t expert, size_t count) {
  std::vector<std::string> settings;
  for (size_t k = 0; k < count; ++k)
    settings.push_back(fmt::format("tasks[{}].enabled={}", k, k == expert));
  return settings;
}

void trainExperts(ExpertsOptions& options, Context& context) {
  const auto place = run::runArgument(options.run);
  const auto tasks = run::RunReader(place.folder).tasks();
  const auto chosen = chosenTasks(options.tasks, tasks);
  if (options.trust) trustScripts(run::untrustedScripts(place.folder));
  const EndSignals signals;
  auto experts = nlohmann::json::array();
  for (const auto expert : chosen) {
    if (EndSignals::arrived()) break;
    const auto runner = run::Runner::fork(place.folder, place.step, options.out, options.changes,
                                          {onlyTask(expert, tasks.size()), {}});
    trainToEnd(*runner, options.drive, context);
    experts.push_back({{"task", tasks[expert]}, {"folder", runner->folder().string()}});
    if (!options.drive.json) context.out << runner->folder().string() << '\n';
  }
  if (options.drive.json) context.out << jsonText({{"experts", experts}}) << '\n';
}

}  // namespace

void addExpertsCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<ExpertsOptions>();
  auto* command = app.add_subcommand(
      "experts", "Forks of a run, one a task, that train on with that task alone");
  command
      ->add_option("RUN", options->run,
                   "Run folder, or a folder that holds one run; RUN@STEP: from that step on, else "
                   "from the last checkpoint")
      ->required();
  command->add_option("--out", options->out, "Folder in which the runs' folders are made");
  command->add_option("--tasks", options->tasks, "Only these")->type_name("A,B");
  addChangeOptions(*command, options->changes);
  addTrustFlag(*command, options->trust);
  addDriveOptions(*command, options->drive, 0);
  command->callback([options, &context] { trainExperts(*options, context); });
}

}  // namespace eq::cli

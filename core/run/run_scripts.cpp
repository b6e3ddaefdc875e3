#include "core/run/run_scripts.h"

#include "core/run/run_folder.h"
#include "core/run/teacher.h"
#include "core/run/whereabouts.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

/// The experiment as it began, and beside its tasks one for each loss that was swapped in.
train::Experiment withSwaps(const fs::path& folder, std::int64_t until) {
  const RunReader reader(folder);
  auto experiment = train::experimentFromJson(reader.experiment());
  for (const auto& event : reader.events()) {
    if (event.kind != "command" || event.step > until) continue;
    const auto command = train::commandFromJson(event.detail, "event");
    if (command.kind != train::Command::Kind::setLoss) continue;
    train::TaskSpec task;
    task.loss = command.method;
    experiment.tasks.push_back(task);
  }
  return Whereabouts(reader).locate(experiment).experiment;
}

}  // namespace

std::vector<script::ScriptFile> untrustedScripts(const train::Experiment& experiment) {
  // What a teacher's own teachers did is over.
  auto files = train::untrustedScripts(experiment);
  for (const auto& folder : teacherFolders(experiment)) {
    if (!isRun(folder)) continue;
    const auto more =
        train::untrustedScripts(withSwaps(folder, std::numeric_limits<std::int64_t>::max()));
    files.insert(files.end(), more.begin(), more.end());
  }
  return files;
}

std::vector<script::ScriptFile> untrustedScripts(const fs::path& folder, std::int64_t until) {
  return run::untrustedScripts(withSwaps(folder, until));
}

}  // namespace eq::run

#include "app/cli/slurm_task.h"

#include <chrono>
#include <memory>
#include <thread>

#include "app/cli/drive.h"
#include "app/cli/end_signals.h"
#include "app/cli/trust.h"
#include "core/base/error.h"
#include "core/run/run_scripts.h"
#include "core/run/runner.h"
#include "core/study/sweep/queue.h"
#include "core/study/sweep/sweep_folder.h"
#include "core/train/trainer.h"

namespace eq::cli {
namespace {

constexpr auto kLongestWait = std::chrono::seconds(60);

std::vector<study::SweepRun> runsOf(const study::SweepFile& file,
                                    const std::filesystem::path& folder) {
  study::Scales scales(folder, [&](const train::Experiment&) -> std::vector<double> {
    fail("{}: the file scales.json is missing; submit the sweep anew", folder.string());
  });
  return study::runsOf(file,
                       [&](const train::Experiment& experiment) { return scales.of(experiment); });
}

/// Where a requeued task begins before the former one has ended.
void waitUntilFree(const std::filesystem::path& folder) {
  const auto until = std::chrono::steady_clock::now() + kLongestWait;
  while (run::isHeld(run::RunReader(folder).info().state) && EndSignals::arrived() == 0 &&
         std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
}

std::unique_ptr<run::Runner> begun(const SlurmTask& task, const train::Experiment& experiment) {
  if (task.trust) trustScripts(run::untrustedScripts(experiment));
  train::useThreads(experiment.threads);
  return run::Runner::start(experiment, task.folder);
}

}  // namespace

void trainSlurmTask(const SlurmTask& task, Context& context) {
  const EndSignals signals;
  auto file = study::sweepIn(task.folder);
  file.base.folder = task.data;
  file.base.threads = task.threads;
  const auto runs = runsOf(file, task.folder);
  if (task.index >= std::ssize(runs))
    fail("--index: {} has {} runs, and no number {}", task.folder.string(), runs.size(),
         task.index);
  const auto place = static_cast<size_t>(task.index);
  const auto info = study::foundRuns(task.folder, file, runs)[place];
  if (info && (info->state == run::RunState::finished || info->state == run::RunState::failed))
    return;
  if (info) waitUntilFree(info->folder);
  if (info && run::isHeld(run::RunReader(info->folder).info().state)) {
    context.exitCode = study::kWorkerMustWait;
    return;
  }
  if (info && task.trust) trustScripts(run::untrustedScripts(info->folder));
  const auto runner =
      info ? run::Runner::resume(info->folder)
           : begun(task, study::experimentOf(file, study::baseFor(file, runs), runs[place]));
  DriveOptions options;
  options.quiet = true;
  options.leaves = true;
  drive(*runner, options, context);
}

}  // namespace eq::cli

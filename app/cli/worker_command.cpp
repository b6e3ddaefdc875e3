#include <csignal>
#include <filesystem>
#include <iterator>

#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/drive.h"
#include "app/cli/end_signals.h"
#include "app/cli/slurm_task.h"
#include "app/cli/trust.h"
#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/run_lock.h"
#include "core/run/run_scripts.h"
#include "core/run/runner.h"
#include "core/run/stop_reason.h"
#include "core/study/sweep/dominated.h"
#include "core/study/sweep/queue.h"
#include "core/train/experiment.h"
#include "core/train/trainer.h"

namespace eq::cli {
namespace {

using study::WorkerTask;

/// Ends this process with its parent, as Ctrl-C would: with a checkpoint.
/// \returns whether the parent is still there.
bool endWithParent(std::int64_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  return ::getppid() == parent;  // it may have died before the signal was asked for
}

std::unique_ptr<run::Runner> newRun(const WorkerTask& task, Context& context) {
  const auto experiment = train::experimentFromJson(readJson("-", context), task.data);
  if (task.trust) trustScripts(run::untrustedScripts(experiment));
  train::useThreads(experiment.threads);
  return run::Runner::start(experiment, task.out);
}

/// Null when another process trains the run.
std::unique_ptr<run::Runner> oldRun(const WorkerTask& task) {
  if (task.trust) trustScripts(run::untrustedScripts(task.run));
  try {
    return run::Runner::resume(task.run);
  } catch (const Error&) {
    if (run::RunLock::isHeld(task.run)) return nullptr;
    throw;
  }
}

/// Who looks at the run's evaluations, those that it has already included. \param why is given what
/// the run is stopped for.
auto judgeOf(const WorkerTask& task, const run::Runner& runner, std::string& why) {
  const auto objectives = study::objectivesOf(task.rule, runner.trainer().experiment());
  auto rivals = std::make_shared<study::Rivals>(task.rivals, objectives, task.rule.after);
  const run::RunReader reader(runner.folder());
  const auto tasks = reader.tasks();
  for (const auto& evaluation : reader.evaluations()) rivals->add(evaluation, tasks);
  return [rivals, tasks, &why](const std::vector<train::EvaluationRecord>& evaluations) {
    for (const auto& evaluation : evaluations) rivals->add(evaluation, tasks);
    return why = rivals->verdict();
  };
}

void work(const WorkerTask& task, Context& context) {
  const EndSignals signals;
  if (!endWithParent(task.parent)) {
    context.exitCode = 128 + SIGTERM;
    return;
  }
  auto runner = task.run.empty() ? newRun(task, context) : oldRun(task);
  if (!runner) {
    context.exitCode = study::kWorkerMustWait;
    return;
  }
  DriveOptions options;
  if (task.steps > 0) options.steps = task.steps;
  options.quiet = true;
  options.leaves = true;
  std::string why;
  if (!task.rivals.empty()) options.judge = judgeOf(task, *runner, why);
  drive(*runner, options, context);
  const auto folder = runner->folder();
  runner.reset();  // which lets go of the folder
  if (!why.empty()) run::setStopReason(folder, why);
}

}  // namespace

void addWorkerCommand(CLI::App& app, Context& context) {
  struct Options {
    WorkerTask task;
    std::int64_t index = -1;
    std::int64_t threads = 1;
  };
  auto options = std::make_shared<Options>();
  auto* task = &options->task;
  auto* command =
      app.add_subcommand("worker", "Train one run of a sweep, for the queue or a cluster");
  command->group("");  // no person starts it
  command->add_option("--parent", task->parent, "Process that waits for it");
  command->add_option("--run", task->run, "Run to go on with");
  command->add_option("--out", task->out, "Folder for a new run, whose experiment is read");
  command->add_option("--data", task->data, "Where relative paths of a new run start");
  command->add_option("--steps", task->steps, "Stop after this many; 0: all");
  command->add_option("--rival", task->rivals, "Runs that stop it where they are better");
  command->add_option("--by", task->rule.by, "In what");
  command->add_option("--after", task->rule.after, "From so many steps on");
  addTrustFlag(*command, task->trust);
  command->add_option("--index", options->index, "Number of the run in the sweep in --out");
  command->add_option("--threads", options->threads, "Threads of a new run");
  command->callback([options, &context] {
    const auto& task = options->task;
    if (options->index >= 0)
      trainSlurmTask({options->index, task.out, task.data, options->threads, task.trust}, context);
    else
      work(task, context);
  });
}

}  // namespace eq::cli

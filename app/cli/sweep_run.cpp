#include "app/cli/sweep_run.h"

#include <algorithm>
#include <ostream>
#include <thread>

#include "app/cli/drive.h"
#include "app/cli/end_signals.h"
#include "app/cli/options.h"
#include "app/cli/own_program.h"
#include "app/cli/trust.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/run/end_notice.h"
#include "core/run/run_scripts.h"
#include "core/run/slug.h"
#include "core/study/sweep/dominated.h"
#include "core/study/sweep/linear.h"
#include "core/study/sweep/queue.h"
#include "core/study/sweep/slurm.h"
#include "core/study/sweep/sweep_control.h"
#include "core/study/sweep/sweep_folder.h"
#include "core/study/sweep/sweep_notice.h"
#include "core/study/sweep/sweep_remarks.h"
#include "core/train/trainer.h"

namespace eq::cli {
namespace {

namespace fs = std::filesystem;

study::ScaleOf scaleBy(const study::SweepFile& file, const std::string& single) {
  if (file.sweep.scale != "single") return study::firstLosses;
  return [&file, single](const train::Experiment& experiment) {
    if (single.empty())
      fail(
          "--single: is required, as sweep.scale of {} is \"single\": the folder of the "
          "single-task runs, which equipoise-cli baselines makes",
          file.file.string());
    return study::singleTaskLosses(single, experiment);
  };
}

/// What was given has to mean something.
void requireRead(const study::SweepFile& file, const SweepOptions& options) {
  if (!options.single.empty() && file.sweep.scale != "single")
    fail("--single: is read where sweep.scale is \"single\", which it is not in {}; leave it out",
         file.file.string());
  if (options.slurm && study::dominanceOf(file))
    fail(
        "--slurm: a cluster trains the runs in an order of its own, and sweep.dominated compares "
        "them in waves; leave one of them out");
}

study::QueueOptions queueOptions(const SweepOptions& options, std::int64_t threads,
                                 Context& context) {
  study::QueueOptions queue;
  queue.folder = options.out;
  queue.program = workerProgram();
  queue.threads = threads;
  const auto cores = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  queue.workers = options.workers.value_or(std::max<std::int64_t>(1, cores / threads));
  queue.trust = options.trust;
  queue.stop = [] { return EndSignals::arrived() != 0; };
  queue.tell = progressOf(options.quiet, context);
  return queue;
}

void report(const study::QueueResult& result, const SweepOptions& options, Context& context) {
  if (options.json)
    context.out << jsonText({{"sweep", options.out},
                             {"total", result.total},
                             {"finished", result.finished},
                             {"failed", result.failed}})
                << '\n';
  else
    context.out << options.out << '\n';
  if (result.failed > 0) {
    context.err << fmt::format("{}: {} of {} runs failed; equipoise-cli sweep show {} says which\n",
                               options.out, result.failed, result.total, options.out);
    context.exitCode = 1;
  }
  if (!result.remark.empty())
    context.err << fmt::format("warning: {}: {}\n", options.out, result.remark);
  if (result.paused)
    context.err << fmt::format("paused with {} of {} runs finished; sweep continue {} goes on\n",
                               result.finished, result.total, options.out);
  if (const int signal = EndSignals::arrived(); result.stopped) {
    context.err << fmt::format(
        "interrupted with {} of {} runs finished; the same command goes on\n", result.finished,
        result.total);
    context.exitCode = 128 + signal;
  }
}

/// Hands the runs that are not over to Slurm, and waits for none of them.
void submit(const study::SweepFile& file, const std::vector<study::SweepRun>& runs,
            const SweepOptions& options, std::int64_t threads, Context& context) {
  const auto array = study::openRuns(file, runs, options.out);
  study::SlurmOptions slurm;
  slurm.folder = options.out;
  slurm.program = workerProgram();
  slurm.data = file.base.folder;
  slurm.name = run::slugOf(file.base.name);
  slurm.partition = options.partition;
  slurm.threads = threads;
  slurm.workers = options.workers.value_or(0);
  slurm.trust = options.trust;
  const auto job = array.empty() ? std::string() : study::submitToSlurm(slurm, array);
  if (options.json)
    context.out << jsonText({{"sweep", options.out}, {"total", runs.size()}, {"job", job}}) << '\n';
  else
    context.out << (job.empty() ? "all runs are over" : "submitted as job " + job) << '\n';
}

}  // namespace

void addSweepOptions(CLI::App& command, SweepOptions& options) {
  command.add_option("--out", options.out, "Folder that holds the runs");
  addQueueOptions(command, options);
  addNotifyOption(command, options.notify);
}

void addQueueOptions(CLI::App& command, SweepOptions& options) {
  command.add_option("--workers", options.workers, "Runs at a time")
      ->check(integerFrom<std::int64_t>(1));
  command.add_option("--threads", options.threads, "Threads of each run")
      ->check(integerFrom<std::int64_t>(1));
  command.add_flag("--queued", options.queued,
                   "Wait while an earlier sweep or race in the same folder is trained");
  addTrustFlag(command, options.trust);
  command.add_flag("--json", options.json, "For machines");
  command.add_flag("--quiet", options.quiet, "No progress");
}

fs::path workerProgram() {
  if (const auto own = ownProgram(); !own.empty()) return own;
  return fs::read_symlink("/proc/self/exe").parent_path() / "equipoise-cli";
}

std::function<void(const std::string&)> progressOf(bool quiet, Context& context) {
  return [&context, quiet](const std::string& line) {
    if (!quiet) context.err << printable(line) << '\n' << std::flush;
  };
}

void tellUnread(const study::SweepFile& file, Context& context) {
  for (const auto& line : study::unreadIn(file.sweep))
    context.err << printable(fmt::format("warning: {}: {}", file.file.string(), line)) << '\n';
}

void trustSweep(const study::SweepFile& file, const std::vector<study::SweepRun>& runs) {
  const auto base = study::baseFor(file, runs);
  for (const auto& run : runs)
    trustScripts(run::untrustedScripts(study::experimentOf(file, base, run)));
}

void runSweep(const study::SweepFile& file, const SweepOptions& options, Context& context) {
  if (options.out.empty()) fail("--out: is required: the folder that holds the runs");
  requireRead(file, options);
  const EndSignals signals;
  study::requireFits(file, options.out);
  const auto threads = options.threads.value_or(std::max<std::int64_t>(1, file.base.threads));
  train::useThreads(threads);
  study::Scales scales(options.out, scaleBy(file, options.single));
  const auto runs = study::runsOf(
      file, [&](const train::Experiment& experiment) { return scales.of(experiment); });
  if (options.trust) trustSweep(file, runs);
  study::checkRuns(file, runs);
  tellUnread(file, context);
  study::beginSweep(file, options.out);
  scales.save();
  study::changeControl(options.out, [&](study::SweepControl& control) {
    control.paused = false;
    if (options.workers) control.workers = options.workers;
    control.queued = control.queued || options.queued;
  });
  if (options.slurm) return submit(file, runs, options, threads, context);
  const auto result = study::runQueue(file, runs, queueOptions(options, threads, context));
  report(result, options, context);
  context.out.flush();
  notifyEnd(options.notify,
            study::endNoticeOf(file, options.out, result.total, result.failed,
                               result.finished < result.total),
            context);
}

}  // namespace eq::cli

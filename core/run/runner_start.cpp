#include <fmt/format.h>

#include "core/run/atomic_file.h"
#include "core/run/origin.h"
#include "core/run/run_start.h"
#include "core/run/runner_state.h"
#include "core/run/teacher.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

/// With a data folder that stays right when the run is resumed from elsewhere.
train::Experiment placed(train::Experiment experiment) {
  experiment.folder =
      experiment.folder.empty() ? fs::current_path() : fs::absolute(experiment.folder);
  return experiment;
}

RunWriter::Start startOf(const train::Trainer& trainer) {
  RunWriter::Start start;
  start.experiment = train::toJson(trainer.experiment());
  start.dataFolder = trainer.experiment().folder.string();
  start.tasks = trainer.tasks();
  start.totalSteps = trainer.totalSteps();
  return start;
}

/// What the dropped tail of the record means.
std::string againInWords(std::int64_t steps) {
  if (steps <= 0) return {};
  return steps == 1 ? "; the recorded step after it is trained again"
                    : fmt::format("; the {} recorded steps after it are trained again", steps);
}

/// What a replay has to know of the changes.
nlohmann::json detailOf(const Changes& changes) {
  auto detail = nlohmann::json::object();
  if (changes.epochs) detail["epochs"] = *changes.epochs;
  return detail;
}

}  // namespace

std::unique_ptr<Runner> Runner::start(const train::Experiment& experiment,
                                      const fs::path& workspace, const Before& before) {
  requireReadable(experiment);
  auto trainer = makeTrainer(placed(experiment));
  if (before.rehearse) before.rehearse(*trainer);
  const fs::path folder = makeRunFolder(workspace, experiment.name);
  return orRemove(folder, [&] {
    const auto start = startOf(*trainer);
    writeExperiment(folder, start.experiment);
    makeFolder(folder / "checkpoints");
    auto writer = RunWriter::create(folder, start);
    auto state = std::make_unique<State>(folder, std::move(trainer), std::move(writer));
    state->begin("started", "started");
    state->noteWarnings();
    state->evaluateFirst();
    state->checkpoint(false);
    return std::unique_ptr<Runner>(new Runner(std::move(state)));
  });
}

std::unique_ptr<Runner> Runner::resume(const fs::path& folder, const Changes& changes,
                                       const Before& before) {
  requireOwn(RunReader(folder));
  auto writer = RunWriter::open(folder);
  removeLeftovers(folder);
  removeLeftovers(folder / "checkpoints");
  const RunReader reader(folder);
  const Checkpoint checkpoint = newestCheckpoint(folder);
  Restored restored = checkpoint.step < 0  // killed before the first one
                          ? restart(reader, changes)
                          : restore(checkpoint.snapshot, checkpoint.file.string(), reader, changes);
  if (before.rehearse) before.rehearse(*restored.trainer);
  const auto again = reader.info().steps - restored.trainer->stepsDone();
  setAsideAfter(folder, checkpoint.step);
  writer->truncateAfter(restored.trainer->stepsDone(), restored.position);
  writer->setState(RunState::running);
  writer->setPlace(restored.trainer->experiment().folder);
  writer->setTotalSteps(restored.trainer->totalSteps());
  if (!changes.title.empty()) writer->setTitle(changes.title);
  auto state = std::make_unique<State>(folder, std::move(restored.trainer), std::move(writer),
                                       restored.seconds);
  state->recall(reader);
  for (const auto& message : checkpoint.damaged)
    state->note("note", message, nlohmann::json::object());
  state->begin("resumed",
               fmt::format("resumed at step {}{}{}", state->trainer().stepsDone(),
                           againInWords(again), inWords(restored)),
               detailOf(changes));
  if (checkpoint.step < 0) {
    state->noteWarnings();
    state->evaluateFirst();
  }
  if (checkpoint.step < 0 || !changes.empty()) state->checkpoint(false);  // which has the changes
  return std::unique_ptr<Runner>(new Runner(std::move(state)));
}

}  // namespace eq::run

#include "core/run/runner.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include <ATen/Parallel.h>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/run/atomic_file.h"
#include "core/run/checkpoint_keeper.h"
#include "core/run/run_folder.h"
#include "core/run/run_start.h"
#include "core/run/safetensors.h"
#include "core/run/teacher.h"
#include "core/run/whereabouts.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using train::SplitName;

constexpr auto kSaveEvery = std::chrono::milliseconds(500);
constexpr auto kFirstCheckpointAfter = std::chrono::seconds(10);
constexpr auto kCheckpointEvery = std::chrono::seconds(60);
constexpr auto kHeldFor = std::chrono::seconds(10);

template <typename Value>
void addTo(std::vector<Value>& target, const std::vector<Value>& values) {
  target.insert(target.end(), values.begin(), values.end());
}

void addTo(Records& target, const Records& records) {
  addTo(target.steps, records.steps);
  addTo(target.evaluations, records.evaluations);
  addTo(target.events, records.events);
  addTo(target.intervals, records.intervals);
}

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

/// What the run's files hold must be readable again.
void requireReadable(const nlohmann::json& experiment) {
  if (deeperThan(kJsonDepth, experiment.dump()))
    eq::fail("experiment: more than {} brackets stand within each other; take some away",
             kJsonDepth);
}

void writeExperiment(const fs::path& folder, const nlohmann::json& experiment) {
  writeAtomically(folder / "experiment.json", experiment.dump(2) + "\n");
}

/// Calls `work`; when it throws, nothing of the new folder stays behind.
template <typename Work>
auto orRemove(const fs::path& folder, Work work) {
  try {
    return work();
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    throw;
  }
}

std::string listOf(const std::vector<CheckpointInfo>& checkpoints) {
  std::vector<std::int64_t> steps;
  for (const auto& checkpoint : checkpoints) steps.push_back(checkpoint.step);
  return steps.empty() ? "none" : fmt::format("{}", fmt::join(steps, ", "));
}

/// What the dropped tail of the record means.
std::string againInWords(std::int64_t steps) {
  if (steps <= 0) return {};
  return steps == 1 ? "; the recorded step after it is trained again"
                    : fmt::format("; the {} recorded steps after it are trained again", steps);
}

std::string idleInWords(std::int64_t steps) {
  return steps == 0 ? "" : fmt::format("; the last {} were not applied", steps);
}

}  // namespace

class Runner::State {
 public:
  State(const fs::path& folder, std::unique_ptr<train::Trainer> trainer,
        std::unique_ptr<RunWriter> writer, double seconds = 0)
      : folder_(folder),
        trainer_(std::move(trainer)),
        writer_(std::move(writer)),
        keeper_(folder, trainer_->experiment()),
        seconds_(seconds) {}
  ~State();

  const fs::path& folder() const { return folder_; }
  const train::Trainer& trainer() const { return *trainer_; }

  /// Records that training begins here: with what, and whether something differs from before.
  void begin(const std::string& kind, const std::string& text, nlohmann::json detail = {});
  void note(const std::string& kind, const std::string& text, nlohmann::json detail);
  /// What the data's reader took for granted, and remarked.
  void noteWarnings();
  /// \returns whether it was made and a task was never better.
  bool evaluateOnce(SplitName split);
  /// Intervals of the newest evaluation of the split.
  void bootstrap(SplitName split);
  /// What the record has: evaluations of this step, which need no other, best ones, and checkpoints
  /// that were asked for.
  void recall(const RunReader& reader);

  void step();
  void apply(const train::Command& command);
  fs::path checkpoint(bool asked);
  void setPaused(bool paused);
  bool unsaved() const { return diskFailed_; }
  void moveTo(const fs::path& workspace);
  Records take();
  void close();
  void leave();
  void fail(const std::string& message);

 private:
  bool isEvaluationDue() const;
  bool isCheckpointDue() const;
  /// Once.
  void noteEnd(bool done, const std::string& further);
  /// \returns the file.
  fs::path writeCheckpoint();
  /// With where the records stand.
  train::Snapshot snapshot() const;
  void holdBest();
  void writeHeld();
  void thin();
  void collect();
  void save(bool synced = false);
  /// Remembers when `work`, which writes, fails.
  template <typename Work>
  void writing(Work work);
  /// The record and the checkpoints in a new folder, which exists.
  std::unique_ptr<RunWriter> copyInto(const fs::path& folder);

  fs::path folder_;
  std::unique_ptr<train::Trainer> trainer_;
  std::unique_ptr<RunWriter> writer_;
  CheckpointKeeper keeper_;
  Records unsaved_;
  Records untaken_;
  bool diskFailed_ = false;                        ///< the last save or checkpoint failed
  bool ended_ = false;                             ///< that is noted
  double seconds_;                                 ///< of training, at the newest record
  std::map<SplitName, std::int64_t> evaluatedAt_;  ///< newest evaluation since the last command
  Clock::time_point savedAt_ = Clock::now();
  Clock::time_point checkpointedAt_ = Clock::now();
  Clock::time_point heldSince_;
  Clock::duration checkpointAfter_ = kFirstCheckpointAfter;
};

Runner::State::~State() {
  try {
    save();
  } catch (const Error&) {
    // The records up to the last save are in the folder; there is nobody left to tell.
  }
}

void Runner::State::begin(const std::string& kind, const std::string& text, nlohmann::json detail) {
  detail["torch"] = train::torchVersion();
  detail["device"] = trainer_->experiment().device;
  detail["threads"] = at::get_num_threads();
  note(kind, text, std::move(detail));
}

void Runner::State::note(const std::string& kind, const std::string& text, nlohmann::json detail) {
  collect();
  const train::EventRecord event{trainer_->stepsDone(), seconds_, kind, text, std::move(detail)};
  unsaved_.events.push_back(event);
  untaken_.events.push_back(event);
}

void Runner::State::noteWarnings() {
  if (const auto guesses = trainer_->tableGuesses(); !guesses.is_null())
    note("table",
         fmt::format("{} was read as recorded here", guesses.at("file").get<std::string>()),
         {{"table", guesses}});
  for (const auto& warning : trainer_->warnings())
    note("note", fmt::format("{}: {}", warning.place, warning.message), nlohmann::json::object());
}

bool Runner::State::evaluateOnce(SplitName split) {
  const auto found = evaluatedAt_.find(split);
  if (found != evaluatedAt_.end() && found->second == trainer_->stepsDone()) return false;
  collect();
  const auto record = trainer_->evaluate(split);
  evaluatedAt_[split] = record.step;
  unsaved_.evaluations.push_back(record);
  untaken_.evaluations.push_back(record);
  return keeper_.isBest(record);
}

void Runner::State::bootstrap(SplitName split) {
  const auto record = trainer_->intervals(split);
  unsaved_.intervals.push_back(record);
  untaken_.intervals.push_back(record);
}

void Runner::State::recall(const RunReader& reader) {
  keeper_.recall(reader);
  for (const auto& event : reader.events())
    if (event.kind == "command" && event.step == trainer_->stepsDone()) return;
  for (const auto& evaluation : reader.evaluations())
    evaluatedAt_[evaluation.split] = evaluation.step;
}

void Runner::State::step() {
  trainer_->step();
  const bool best = isEvaluationDue() && evaluateOnce(SplitName::validation);
  if (isCheckpointDue()) {
    checkpoint(false);
    checkpointAfter_ = kCheckpointEvery;
  } else if (keeper_.isDue(trainer_->stepsDone())) {
    writeCheckpoint();
  } else if (best) {
    holdBest();
  }
  if (keeper_.holdsAny() && Clock::now() - heldSince_ >= kHeldFor) writeHeld();
  if (Clock::now() - savedAt_ >= kSaveEvery) save();
}

bool Runner::State::isEvaluationDue() const {
  const auto every = trainer_->experiment().evaluateEvery;
  return every > 0 ? trainer_->stepsDone() % every == 0 : trainer_->atEpochEnd();
}

bool Runner::State::isCheckpointDue() const {
  const auto every = trainer_->experiment().checkpointEvery;
  if (every > 0) return trainer_->stepsDone() % every == 0;
  return Clock::now() - checkpointedAt_ >= checkpointAfter_;
}

void Runner::State::apply(const train::Command& command) {
  requireReadable(train::toJson(train::applied(trainer_->experiment(), command)));
  trainer_->apply(command);
  evaluatedAt_.clear();
}

fs::path Runner::State::writeCheckpoint() {
  save(true);
  writing([&] { keeper_.writeHeld(); });
  const fs::path file = checkpointFile(folder_, trainer_->stepsDone());
  writing([&] { writeSnapshot(file, snapshot()); });
  checkpointedAt_ = Clock::now();
  thin();
  return file;
}

train::Snapshot Runner::State::snapshot() const {
  auto snapshot = trainer_->snapshot();
  const Position position = writer_->position();
  snapshot.meta["records"] = {{"events", position.events}, {"evaluations", position.evaluations}};
  return snapshot;
}

void Runner::State::holdBest() {
  save();
  if (!keeper_.holdsAny()) heldSince_ = Clock::now();
  if (keeper_.hold(trainer_->stepsDone(), snapshot())) writeHeld();
}

void Runner::State::writeHeld() {
  save(true);
  writing([&] { keeper_.writeHeld(); });
  thin();
}

void Runner::State::thin() {
  if (const auto told = keeper_.thin(); !told.empty()) note("note", told, nlohmann::json::object());
}

fs::path Runner::State::checkpoint(bool asked) {
  if (asked) keeper_.ask(trainer_->stepsDone());
  const fs::path file = writeCheckpoint();
  note("checkpoint", fmt::format("checkpoint of step {}", trainer_->stepsDone()),
       {{"path", fs::relative(file, folder_).string()},
        {"asked", keeper_.isAskedFor(trainer_->stepsDone())}});
  return file;
}

void Runner::State::setPaused(bool paused) {
  note(paused ? "paused" : "continued",
       fmt::format("{} at step {}", paused ? "paused" : "goes on", trainer_->stepsDone()),
       nlohmann::json::object());
  save();
  writing([&] { writer_->setState(paused ? RunState::paused : RunState::running); });
}

std::unique_ptr<RunWriter> Runner::State::copyInto(const fs::path& folder) {
  makeFolder(folder / "checkpoints");
  auto writer = writer_->copyTo(folder);
  writeExperiment(folder, RunReader(folder).experiment());
  writer->append(unsaved_, true);
  for (const auto& found : checkpointsIn(folder_)) {
    std::error_code unreadable;  // one of the present step follows
    fs::copy_file(found.path, checkpointFile(folder, found.step), unreadable);
  }
  return writer;
}

void Runner::State::moveTo(const fs::path& workspace) {
  collect();
  const fs::path folder = makeRunFolder(workspace, trainer_->experiment().name);
  writer_ = orRemove(folder, [&] { return copyInto(folder); });
  unsaved_ = {};
  const fs::path before = std::exchange(folder_, folder);
  note("note",
       fmt::format("goes on in {} because {} could not be written", folder.string(),
                   before.string()),
       nlohmann::json::object());
  keeper_.moveTo(folder);
  checkpoint(false);
}

Records Runner::State::take() {
  if (diskFailed_)
    collect();
  else
    save();
  return std::exchange(untaken_, {});
}

void Runner::State::collect() {
  Records fresh;
  fresh.steps = trainer_->takeRecords();
  fresh.events = trainer_->takeEvents();
  if (!fresh.steps.empty()) seconds_ = fresh.steps.back().seconds;
  addTo(unsaved_, fresh);
  addTo(untaken_, fresh);
}

void Runner::State::save(bool synced) {
  collect();
  writing([&] { writer_->append(unsaved_, synced); });
  unsaved_ = {};
  savedAt_ = Clock::now();
}

template <typename Work>
void Runner::State::writing(Work work) {
  diskFailed_ = true;
  work();
  diskFailed_ = false;
}

void Runner::State::close() {
  // Who ends a program may not wait for the evaluations.
  if (!trainer_->finished()) writeCheckpoint();
  for (const auto split : {SplitName::train, SplitName::validation, SplitName::test})
    evaluateOnce(split);
  for (const auto split : {SplitName::validation, SplitName::test}) bootstrap(split);
  const bool done = trainer_->finished();
  collect();
  if (done) trainer_->requireAnyUpdate();
  noteEnd(done, idleInWords(trainer_->stepsWithoutUpdate()));
  checkpoint(false);
  save();
  writing([&] { writer_->setState(done ? RunState::finished : RunState::stopped); });
}

void Runner::State::noteEnd(bool done, const std::string& further) {
  if (std::exchange(ended_, true)) return;
  const auto end = done ? "finished" : "stopped";
  note(end, fmt::format("{} after {} steps{}", end, trainer_->stepsDone(), further),
       nlohmann::json::object());
}

void Runner::State::leave() {
  noteEnd(false, ", without a last evaluation");
  checkpoint(false);
  save();
  writing([&] { writer_->setState(RunState::stopped); });
}

void Runner::State::fail(const std::string& message) {
  try {
    note("failed", message, nlohmann::json::object());
    writeHeld();
    writer_->setState(RunState::failed, message);
  } catch (const Error&) {
    // Disk or device are the failure itself; the run then counts as died, and can be resumed.
  }
}

Runner::Runner(std::unique_ptr<State> state) : state_(std::move(state)) {}
Runner::~Runner() = default;

std::unique_ptr<Runner> Runner::start(const train::Experiment& experiment,
                                      const fs::path& workspace) {
  requireReadable(train::toJson(experiment));
  auto trainer = makeTrainer(placed(experiment));
  const fs::path folder = makeRunFolder(workspace, experiment.name);
  return orRemove(folder, [&] {
    const auto start = startOf(*trainer);
    writeExperiment(folder, start.experiment);
    makeFolder(folder / "checkpoints");
    auto writer = RunWriter::create(folder, start);
    auto state = std::make_unique<State>(folder, std::move(trainer), std::move(writer));
    state->begin("started", "started");
    state->noteWarnings();
    state->evaluateOnce(SplitName::validation);
    state->checkpoint(false);
    return std::unique_ptr<Runner>(new Runner(std::move(state)));
  });
}

std::unique_ptr<Runner> Runner::resume(const fs::path& folder, const Changes& changes) {
  auto writer = RunWriter::open(folder);
  removeLeftovers(folder);
  removeLeftovers(folder / "checkpoints");
  const RunReader reader(folder);
  const Checkpoint checkpoint = newestCheckpoint(folder);
  Restored restored = checkpoint.step < 0  // killed before the first one
                          ? restart(reader, changes)
                          : restore(checkpoint.snapshot, checkpoint.file.string(), reader, changes);
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
  state->begin("resumed", fmt::format("resumed at step {}{}{}", state->trainer().stepsDone(),
                                      againInWords(again), inWords(restored)));
  if (checkpoint.step < 0) {
    state->noteWarnings();
    state->evaluateOnce(SplitName::validation);
  }
  if (checkpoint.step < 0 || !changes.empty()) state->checkpoint(false);  // which has the changes
  return std::unique_ptr<Runner>(new Runner(std::move(state)));
}

std::unique_ptr<Runner> Runner::fork(const fs::path& folder, std::int64_t step,
                                     const fs::path& workspace, const Changes& changes) {
  const RunReader parent(folder);
  const fs::path file = checkpointFile(folder, step);
  std::error_code ignored;
  if (!fs::exists(file, ignored))
    eq::fail("{}: there is no checkpoint of step {}; there are: {}", folder.string(), step,
             listOf(parent.checkpoints()));
  auto snapshot = readSnapshot(file);
  auto restored = restore(snapshot, file.string(), parent, changes);
  // Where the parent lay says nothing of the child's files: it names them as they were found.
  snapshot.meta["experiment"] = train::toJson(restored.trainer->experiment());
  snapshot.meta["folder"] = restored.trainer->experiment().folder.string();
  const auto began = train::toJson(Whereabouts(parent).locate(parent.experiment()).experiment);
  const fs::path child = makeRunFolder(workspace, parent.info().name);
  return orRemove(child, [&] {
    writeExperiment(child, began);
    makeFolder(child / "checkpoints");
    writeSnapshot(checkpointFile(child, step), snapshot);
    auto writer = RunWriter::createFork(child, folder, step, restored.position);
    writer->setExperiment(began);
    writer->setPlace(restored.trainer->experiment().folder);
    writer->setTotalSteps(restored.trainer->totalSteps());
    writer->setTitle(changes.title);
    auto state = std::make_unique<State>(child, std::move(restored.trainer), std::move(writer),
                                         restored.seconds);
    state->recall(RunReader(child));
    const std::string name = fs::absolute(folder).lexically_normal().filename().string();
    state->begin("started",
                 fmt::format("forked from {} at step {}{}", name, step, inWords(restored)),
                 {{"parent", name}, {"parent_step", step}});
    return std::unique_ptr<Runner>(new Runner(std::move(state)));
  });
}

const fs::path& Runner::folder() const {
  return state_->folder();
}
const train::Trainer& Runner::trainer() const {
  return state_->trainer();
}
bool Runner::finished() const {
  return state_->trainer().finished();
}
void Runner::step() {
  state_->step();
}
void Runner::apply(const train::Command& command) {
  state_->apply(command);
}
void Runner::note(const std::string& text) {
  state_->note("note", text, nlohmann::json::object());
}
fs::path Runner::checkpoint() {
  return state_->checkpoint(true);
}
void Runner::setPaused(bool paused) {
  state_->setPaused(paused);
}
bool Runner::unsaved() const {
  return state_->unsaved();
}
void Runner::secure() {
  state_->checkpoint(false);
}
void Runner::moveTo(const fs::path& workspace) {
  state_->moveTo(workspace);
}
Records Runner::take() {
  return state_->take();
}
void Runner::close() {
  state_->close();
}
void Runner::leave() {
  state_->leave();
}
void Runner::fail(const std::string& message) {
  state_->fail(message);
}

}  // namespace eq::run

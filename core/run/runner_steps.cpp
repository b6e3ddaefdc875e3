#include "core/run/runner_state.h"

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/run/atomic_file.h"

namespace eq::run {
namespace {

constexpr auto kSaveEvery = std::chrono::milliseconds(500);
constexpr auto kCheckpointEvery = std::chrono::seconds(60);
constexpr auto kHeldFor = std::chrono::seconds(10);

}  // namespace

nlohmann::json machineryOf(const train::Trainer& trainer) {
  return {{"torch", train::torchVersion()},
          {"device", trainer.experiment().device},
          {"threads", train::threadsInUse()},
          {"parameters", trainer.parameterCount()},
          {"owners", ownersOf(trainer)}};
}

nlohmann::json ownersOf(const train::Trainer& trainer) {
  return trainer.description().at("owners");
}

void requireReadable(const train::Experiment& experiment) {
  if (deeperThan(kJsonDepth, train::toJson(experiment).dump()))
    eq::fail("experiment: more than {} brackets stand within each other; take some away",
             kJsonDepth);
}

void writeExperiment(const std::filesystem::path& folder, const nlohmann::json& experiment) {
  writeAtomically(folder / "experiment.json", experiment.dump(2) + "\n");
}

Runner::State::~State() {
  try {
    save();
  } catch (const Error&) {
    // The records up to the last save are in the folder; there is nobody left to tell.
  }
}

void Runner::State::begin(const std::string& kind, const std::string& text, nlohmann::json detail) {
  detail.update(machineryOf(*trainer_));
  note(kind, text, std::move(detail));
}

void Runner::State::note(const std::string& kind, const std::string& text, nlohmann::json detail) {
  collect();
  const train::EventRecord event{trainer_->stepsDone(), seconds_, kind, text, std::move(detail)};
  unsaved_.events.push_back(event);
  untaken_.events.push_back(event);
}

void Runner::State::tell(const std::vector<train::EventRecord>& events) {
  untaken_.events.insert(untaken_.events.end(), events.begin(), events.end());
}

void Runner::State::noteWarnings() {
  if (const auto guesses = trainer_->tableGuesses(); !guesses.is_null())
    note("table",
         fmt::format("{} was read as recorded here", guesses.at("file").get<std::string>()),
         {{"table", guesses}});
  for (const auto& warning : trainer_->warnings())
    note("note", fmt::format("{}: {}", warning.place, warning.message), nlohmann::json::object());
}

void Runner::State::evaluateFirst() {
  evaluateOnce(train::SplitName::validation);
  trainer_->look(unsaved_.evaluations.back());
  obeyRules();
}

bool Runner::State::evaluateOnce(train::SplitName split) {
  const auto found = evaluatedAt_.find(split);
  if (found != evaluatedAt_.end() && found->second == trainer_->stepsDone()) return false;
  collect();
  const auto record = trainer_->evaluate(split);
  evaluatedAt_[split] = record.step;
  unsaved_.evaluations.push_back(record);
  untaken_.evaluations.push_back(record);
  return keeper_.isBest(record);
}

void Runner::State::bootstrap(train::SplitName split) {
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
  if (trainer_->looksAtSteps()) collect();
  bool best = false;
  if (trainer_->evaluationIsDue()) {
    best = evaluateOnce(train::SplitName::validation);
    trainer_->look(unsaved_.evaluations.back());
  }
  obeyRules();
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

bool Runner::State::isCheckpointDue() const {
  const auto every = trainer_->experiment().checkpointEvery;
  if (every > 0) return trainer_->stepsDone() % every == 0;
  return Clock::now() - checkpointedAt_ >= checkpointAfter_;
}

void Runner::State::apply(const train::Command& command) {
  requireReadable(train::applied(trainer_->experiment(), command));
  collect();  // the steps until now belong to the rules until now
  trainer_->apply(command);
  if (command.kind == train::Command::Kind::setLoss)
    keeper_.lossChanged(static_cast<size_t>(command.task));
  evaluatedAt_.clear();
}

}  // namespace eq::run

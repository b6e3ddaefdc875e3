#include <utility>

#include <fmt/format.h>

#include "core/run/runner_state.h"
#include "core/run/safetensors.h"

namespace eq::run {
namespace {

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

}  // namespace

std::filesystem::path Runner::State::writeCheckpoint() {
  save(true);
  writing([&] { keeper_.writeHeld(); });
  const std::filesystem::path file = checkpointFile(folder_, trainer_->stepsDone());
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

std::filesystem::path Runner::State::checkpoint(bool asked) {
  if (asked) keeper_.ask(trainer_->stepsDone());
  const std::filesystem::path file = writeCheckpoint();
  note("checkpoint", fmt::format("checkpoint of step {}", trainer_->stepsDone()),
       {{"path", std::filesystem::relative(file, folder_).string()},
        {"asked", keeper_.isAskedFor(trainer_->stepsDone())}});
  return file;
}

void Runner::State::secure() {
  checkpoint(false);
  if (!stateWritten_) writeState(runState_);
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
  for (auto& event : fresh.events)
    if (event.kind == "structure") event.detail["owners"] = ownersOf(*trainer_);
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

void Runner::State::writeState(RunState state, const std::string& message) {
  runState_ = state;
  stateWritten_ = false;
  writing([&] { writer_->setState(state, message); });
  stateWritten_ = true;
}

}  // namespace eq::run

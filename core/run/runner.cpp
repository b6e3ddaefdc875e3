#include "core/run/runner.h"

#include "core/run/runner_state.h"

namespace eq::run {

Runner::Runner(std::unique_ptr<State> state) : state_(std::move(state)) {}
Runner::~Runner() = default;

const std::filesystem::path& Runner::folder() const {
  return state_->folder();
}
const train::Trainer& Runner::trainer() const {
  return state_->trainer();
}
bool Runner::finished() const {
  return state_->finished();
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
std::filesystem::path Runner::checkpoint() {
  return state_->checkpoint(true);
}
void Runner::setPaused(bool paused) {
  state_->setPaused(paused);
}
Asked Runner::readMail() {
  return state_->readMail();
}
bool Runner::unsaved() const {
  return state_->unsaved();
}
void Runner::secure() {
  state_->secure();
}
void Runner::moveTo(const std::filesystem::path& workspace) {
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

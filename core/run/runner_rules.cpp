#include <algorithm>

#include "core/base/error.h"
#include "core/run/runner_state.h"
#include "core/train/optimizer_catalog.h"

namespace eq::run {

void Runner::State::obeyRules() {
  auto firings = trainer_->takeFirings();
  // A checkpoint has what the others do at its step, or a resumed run would lack that.
  std::stable_partition(firings.begin(), firings.end(), [](const train::Firing& firing) {
    return firing.action.kind != train::RuleAction::Kind::checkpoint;
  });
  for (const auto& firing : firings) {
    note("rule", firing.text, firing.detail);
    try {
      obey(firing.action, firing.text);
      ruleChanged_ = true;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::failure) throw;
      note("rule", fmt::format("{}: was not done: {}", firing.text, error.what()), firing.detail);
    }
  }
}

void Runner::State::obey(const train::RuleAction& action, const std::string& why) {
  using Kind = train::RuleAction::Kind;
  switch (action.kind) {
    case Kind::command:
      apply(action.command);
      break;
    case Kind::scaleRate:
      apply(train::Command::setLearningRate(action.factor *
                                            train::baseRate(trainer_->experiment().optimizer)));
      break;
    case Kind::stop:
      stoppedBy_ = why;
      break;
    case Kind::checkpoint:
      checkpoint(true);
      break;
  }
}

}  // namespace eq::run

#include "app/run_controller.h"

#include <memory>
#include <utility>

#include "app/script_gate.h"
#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/run_scripts.h"
#include "core/run/run_tail.h"
#include "widgets/session/run_data.h"
#include "widgets/session/run_follower.h"
#include "widgets/session/run_loading.h"

namespace eq::app {

using namespace widgets;

namespace {

/// What the run would open. A folder that is no run is left to the job, which says so.
std::vector<script::ScriptFile> scriptsOf(const StartRequest& request) {
  try {
    switch (request.kind) {
      case StartRequest::Kind::start:
        return run::untrustedScripts(request.experiment);
      case StartRequest::Kind::resume:
        return run::untrustedScripts(request.folder);
      case StartRequest::Kind::fork:
        return run::untrustedScripts(request.folder, request.step);
    }
  } catch (const Error&) {
  }
  return {};
}

}  // namespace

RunController::RunController(RunData& data, ScriptGate& gate,
                             const std::filesystem::path& workspace, Session::JobFactory factory,
                             QObject* parent)
    : QObject(parent), data_(data), gate_(gate), workspace_(workspace) {
  kept_ = new RunData(this);
  follower_ = new RunFollower(this);
  session_ = new Session(this, std::move(factory));
  connect(session_, &Session::opened, this, &RunController::take);
  connect(session_, &Session::recordsArrived, this,
          [this](const run::Records& records) { live().append(records); });
  connect(session_, &Session::experimentChanged, this, [this](const train::Experiment& experiment) {
    inForce_ = experiment;
    live().setExperiment(experiment);
  });
  connect(session_, &Session::moved, this, [this](const std::filesystem::path& folder) {
    facts_.folder = folder;
    if (!away_) present_ = folder;
  });
  connect(session_, &Session::ended, this, &RunController::finish);
  connect(follower_, &RunFollower::problemMet, this, &RunController::problemMet);
  connect(follower_, &RunFollower::newsArrived, this, [this](const run::RunNews& news) {
    addNews(data_, news);
    emit presentChanged(news.info);
  });
}

void RunController::take(const RunFacts& facts) {
  follower_->stop();
  facts_ = facts;
  facts_.past = {};
  present_ = facts.folder;
  inForce_ = facts.experiment;
  data_.start(facts.experiment, facts.tasks);
  if (!facts.past.empty()) data_.append(facts.past);
  emit opened(facts);
}

void RunController::finish(const QString& problem) {
  const auto next = std::exchange(afterEnd_, {});
  if (std::exchange(away_, false)) {
    kept_->start({}, {});
    emit endedAside(facts_.folder, problem);
  } else {
    emit ended(problem);
    followEnded();
  }
  if (next && problem.isEmpty()) next();
}

void RunController::begin(const StartRequest& request, bool paused) {
  if (active()) {
    emit noteGiven(tr("A run is going on. Stop it first."));
    return;
  }
  gate_.pass(scriptsOf(request), [this, request, paused] {
    follower_->stop();  // by now it would tell of ourselves
    facts_ = {};
    session_->start(request, paused);
  });
}

void RunController::start(const train::Experiment& experiment, bool paused) {
  StartRequest request;
  request.experiment = experiment;
  request.workspace = workspace_;
  begin(request, paused);
}

void RunController::resume(const std::filesystem::path& folder, const run::Changes& changes,
                           bool paused, const std::vector<train::Command>& commands) {
  StartRequest request;
  request.kind = StartRequest::Kind::resume;
  request.folder = folder;
  request.changes = changes;
  request.commands = commands;
  begin(request, paused);
}

void RunController::fork(const std::filesystem::path& folder, std::int64_t step,
                         const run::Changes& changes, const std::vector<train::Command>& commands) {
  StartRequest request;
  request.kind = StartRequest::Kind::fork;
  request.folder = folder;
  request.step = step;
  request.workspace = workspace_;
  request.changes = changes;
  request.commands = commands;
  // Asked before the present run is stopped for it.
  gate_.pass(scriptsOf(request), [this, request] {
    if (active())
      stopThen([this, request] { begin(request, true); });
    else
      begin(request, true);
  });
}

void RunController::forkPresent(const run::Changes& changes) {
  // Stopping writes a checkpoint of the step where the run stands.
  const auto folder = training();
  stopThen([this, folder, changes] {
    const auto checkpoints = run::checkpointsIn(folder);
    if (checkpoints.empty())
      emit problemMet(
          tr("%1 has no checkpoint to fork from.").arg(QString::fromStdString(folder.string())));
    else
      fork(folder, checkpoints.back().step, changes);
  });
}

void RunController::stopThen(std::function<void()> next) {
  if (!active()) return next();
  afterEnd_ = std::move(next);
  session_->stop();
}

void RunController::send(const std::vector<train::Command>& commands) {
  gate_.pass(
      train::untrustedScripts(commands, inForce_.folder),
      [this, commands] {
        for (const auto& command : commands) session_->send(command);
      },
      [this, commands] {
        for (size_t i = 0; i < commands.size(); ++i) emit commandDeclined();
      });
}

/// Another process may train it on.
void RunController::followEnded() {
  if (active() || present_.empty()) return;
  try {
    follower_->follow(std::make_unique<run::RunTail>(present_));
  } catch (const Error&) {  // it is gone, which its end has said
  }
}

bool RunController::leave() {
  if (active()) {
    emit noteGiven(tr("A run is going on. Stop it before something else is opened."));
    return false;
  }
  follower_->stop();
  present_.clear();
  return true;
}

bool RunController::view(const std::filesystem::path& folder) {
  const auto state = session_->state();
  if (state == SessionState::preparing || state == SessionState::closing) {
    emit noteGiven(tr("A run is being prepared or closed. Open another in a moment."));
    return false;
  }
  try {
    auto tail = std::make_unique<run::RunTail>(folder);
    RunData shown;
    loadRun(shown, *tail);
    const bool leaves = active() && !std::exchange(away_, true);
    if (leaves) data_.exchange(*kept_);
    data_.exchange(shown);
    present_ = folder;
    if (leaves) emit awayChanged(true);
    follower_->follow(std::move(tail));
    return true;
  } catch (const Error& error) {
    emit problemMet(QString::fromUtf8(error.what()));
    return false;
  }
}

void RunController::comeBack() {
  follower_->stop();
  data_.exchange(*kept_);
  kept_->start({}, {});
  away_ = false;
  present_ = facts_.folder;
  emit awayChanged(false);
}

}  // namespace eq::app

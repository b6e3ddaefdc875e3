#include "app/run_controller.h"

#include <utility>

#include "app/script_gate.h"
#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/run_scripts.h"
#include "widgets/session/run_data.h"
#include "widgets/session/run_loading.h"

namespace eq::app {

using namespace widgets;

namespace {

/// What the run would open. A folder that is no run is left to the job, which says so.
std::vector<loss::ScriptFile> scriptsOf(const StartRequest& request) {
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
  session_ = new Session(this, std::move(factory));
  connect(session_, &Session::opened, this, [this](const RunFacts& facts) {
    present_ = facts.folder;
    inForce_ = facts.experiment;
    data_.start(facts.experiment, facts.tasks);
    if (!facts.past.empty()) data_.append(facts.past);
    emit opened(facts);
  });
  connect(session_, &Session::recordsArrived, &data_, &RunData::append);
  connect(session_, &Session::experimentChanged, this, [this](const train::Experiment& experiment) {
    inForce_ = experiment;
    data_.setExperiment(experiment);
  });
  connect(session_, &Session::ended, this, [this](const QString& problem) {
    const auto next = std::exchange(afterEnd_, {});
    emit ended(problem);
    if (next && problem.isEmpty()) next();
  });
}

void RunController::begin(const StartRequest& request, bool paused) {
  if (active()) {
    emit noteGiven(tr("A run is going on. Stop it first."));
    return;
  }
  gate_.pass(scriptsOf(request), [this, request, paused] { session_->start(request, paused); });
}

void RunController::start(const train::Experiment& experiment) {
  StartRequest request;
  request.experiment = experiment;
  request.workspace = workspace_;
  begin(request);
}

void RunController::resume(const std::filesystem::path& folder) {
  StartRequest request;
  request.kind = StartRequest::Kind::resume;
  request.folder = folder;
  begin(request);
}

void RunController::fork(const std::filesystem::path& folder, std::int64_t step) {
  StartRequest request;
  request.kind = StartRequest::Kind::fork;
  request.folder = folder;
  request.step = step;
  request.workspace = workspace_;
  // Asked before the present run is stopped for it.
  gate_.pass(scriptsOf(request), [this, request] {
    if (active())
      stopThen([this, request] { begin(request, true); });
    else
      begin(request, true);
  });
}

void RunController::forkLatest(const std::filesystem::path& folder) {
  const auto checkpoints = run::checkpointsIn(folder);
  if (checkpoints.empty())
    emit problemMet(
        tr("%1 has no checkpoint to fork from.").arg(QString::fromStdString(folder.string())));
  else
    fork(folder, checkpoints.back().step);
}

void RunController::forkPresent() {
  // Stopping writes a checkpoint of the step where the run stands.
  stopThen([this] { forkLatest(present_); });
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

bool RunController::leave() {
  if (active()) {
    emit noteGiven(tr("A run is going on. Stop it before something else is opened."));
    return false;
  }
  present_.clear();
  return true;
}

bool RunController::view(const std::filesystem::path& folder) {
  if (!leave()) return false;
  try {
    loadRun(data_, folder);
    present_ = folder;
    return true;
  } catch (const Error& error) {
    emit problemMet(QString::fromUtf8(error.what()));
    return false;
  }
}

}  // namespace eq::app

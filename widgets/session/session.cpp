#include "widgets/session/session.h"

#include <chrono>
#include <exception>
#include <utility>

#include <QMetaObject>

#include "core/base/error.h"

#ifdef __linux__
#include <sys/resource.h>
#endif

namespace eq::widgets {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kReplayTold = std::chrono::milliseconds(100);

/// Training gives way to the window; on an idle machine this costs nothing.
void lowerPriority() {
#ifdef __linux__
  setpriority(PRIO_PROCESS, 0, 10);  // of this thread and those that it starts
#endif
}

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

Session::Session(QObject* parent, JobFactory factory)
    : QObject(parent), factory_(std::move(factory)) {}

Session::~Session() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Session::finish() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  deliver();
}

void Session::start(const StartRequest& request, bool paused) {
  Q_ASSERT(!active());
  if (thread_.joinable()) thread_.join();
  mailbox_.ask([&](Inbox& inbox) {
    Inbox fresh;
    if (request.kind != StartRequest::Kind::fork) fresh.commands = request.commands;
    fresh.paused = paused;
    fresh.limit = inbox.limit;
    fresh.watched = std::move(inbox.watched);
    fresh.look = fresh.watched.has_value();
    fresh.predicted = std::move(inbox.predicted);
    fresh.lookAtPredictions = fresh.predicted.has_value();
    fresh.front = std::move(inbox.front);
    fresh.frontLook = fresh.front.has_value();
    inbox = std::move(fresh);
  });
  setState(SessionState::preparing);
  thread_ = std::jthread([this, request](const std::stop_token& token) { train(token, request); });
}

void Session::pause() {
  mailbox_.ask([](Inbox& inbox) { inbox.paused = true; });
}
void Session::resume() {
  mailbox_.ask([](Inbox& inbox) { inbox.paused = false; });
}
void Session::stepOnce(int count) {
  mailbox_.ask([count](Inbox& inbox) { inbox.steps += count; });
}
void Session::stop() {
  mailbox_.ask([](Inbox& inbox) { inbox.stop = true; });
}
void Session::setLimit(double stepsPerSecond) {
  mailbox_.ask([stepsPerSecond](Inbox& inbox) { inbox.limit = stepsPerSecond; });
}
void Session::retry() {
  mailbox_.ask([](Inbox& inbox) { inbox.retry = true; });
}
void Session::moveTo(const std::filesystem::path& workspace) {
  mailbox_.ask([&](Inbox& inbox) { inbox.moveTo = workspace; });
}
void Session::checkpoint() {
  mailbox_.ask([](Inbox& inbox) { inbox.checkpoint = true; });
}
void Session::send(const train::Command& command) {
  mailbox_.ask([&](Inbox& inbox) { inbox.commands.push_back(command); });
}
void Session::watchExamples(const std::optional<train::ExampleRequest>& request) {
  mailbox_.ask([&](Inbox& inbox) {
    inbox.watched = request;
    inbox.look = request.has_value();
  });
}
void Session::askPictures(const std::vector<std::int64_t>& examples) {
  mailbox_.ask([&](Inbox& inbox) { inbox.pictures = examples; });
}
void Session::watchPredictions(const std::optional<train::PredictionRequest>& request) {
  mailbox_.ask([&](Inbox& inbox) {
    inbox.predicted = request;
    inbox.lookAtPredictions = request.has_value();
  });
}
void Session::watchFront(const std::optional<train::FrontLookRequest>& request) {
  mailbox_.ask([&](Inbox& inbox) {
    inbox.front = request;
    inbox.frontLook = request.has_value();
  });
}

// --- In the training thread

void Session::train(const std::stop_token& token, const StartRequest& request) {
  lowerPriority();
  std::unique_ptr<Job> job;
  std::string problem;
  try {
    StartRequest endable = request;
    endable.before.replayed = [&, told = Clock::now()](std::int64_t step,
                                                       std::int64_t last) mutable {
      requireWanted(token);
      if (Clock::now() - told < kReplayTold) return;
      told = Clock::now();
      post(told::Replayed{step, last});
    };
    job = factory_(endable);
    post(job->facts());
    const TrainingLoop::Tell tell = [this](Told message) { post(std::move(message)); };
    TrainingLoop(*job, mailbox_, token, tell).run();
  } catch (const std::exception& error) {
    problem = error.what();
  } catch (...) {
    problem = "an unknown failure in the training thread";
  }
  if (job && !problem.empty()) {
    try {
      job->fail(problem);
      if (auto records = job->take(); !records.empty()) post(std::move(records));
    } catch (const std::exception& error) {
      problem += std::string("; and the run could not be marked as failed: ") + error.what();
    }
  }
  job.reset();
  post(told::Ended{problem});
}

void Session::requireWanted(const std::stop_token& token) {
  bool stops = token.stop_requested();
  mailbox_.ask([&](const Inbox& inbox) { stops = stops || inbox.stop; });
  if (stops) fail("It was stopped before it began; nothing was made.");
}

void Session::post(Told message) {
  bool first = false;
  {
    const std::lock_guard lock(outboxMutex_);
    first = outbox_.empty();
    outbox_.push_back(std::move(message));
  }
  if (first) deliveries_.post([this] { deliver(); });
}

// --- In the window's thread

void Session::deliver() {
  std::vector<Told> messages;
  {
    const std::lock_guard lock(outboxMutex_);
    messages.swap(outbox_);
  }
  for (const auto& message : messages) dispatch(message);
}

void Session::dispatch(const Told& message) {
  std::visit(
      Overloaded{
          [this](const RunFacts& facts) { emit opened(facts); },
          [this](SessionState state) { setState(state); },
          [this](const run::Records& records) { emit recordsArrived(records); },
          [this](const train::Experiment& experiment) { emit experimentChanged(experiment); },
          [this](const told::Refused& refused) {
            emit commandRefused(refused.command, QString::fromStdString(refused.reason));
          },
          [this](const told::Checkpointed& done) {
            emit checkpointed(QString::fromStdString(done.file));
          },
          [this](const told::Replayed& now) { emit replayed(now.step, now.last); },
          [this](const told::Stuck& found) { emit stuck(QString::fromStdString(found.problem)); },
          [this](const told::Moved& there) { emit moved(there.folder); },
          [this](const train::ExampleView& view) { emit examplesArrived(view); },
          [this](const told::ExamplesRefused& refused) {
            emit examplesRefused(QString::fromStdString(refused.reason));
          },
          [this](const told::Pictures& pictures) { emit picturesArrived(pictures); },
          [this](const train::PredictionPage& page) { emit predictionsArrived(page); },
          [this](const told::PredictionsRefused& refused) {
            emit predictionsRefused(QString::fromStdString(refused.reason));
          },
          [this](const train::FrontLook& look) { emit frontArrived(look); },
          [this](const told::FrontRefused& refused) {
            emit frontRefused(QString::fromStdString(refused.reason));
          },
          [this](const told::Ended& end) {
            refuseLate();
            setState(SessionState::idle);
            emit ended(QString::fromStdString(end.problem));
          },
      },
      message);
}

/// What came while the run was closing has changed nothing.
void Session::refuseLate() {
  std::vector<train::Command> late;
  mailbox_.ask([&](Inbox& inbox) { late = std::exchange(inbox.commands, {}); });
  for (const auto& command : late)
    emit commandRefused(command, tr("The run had ended before this change: %1")
                                     .arg(QString::fromStdString(train::toJson(command).dump())));
}

void Session::setState(SessionState state) {
  if (state_ == state) return;
  state_ = state;
  emit stateChanged(state);
}

}  // namespace eq::widgets

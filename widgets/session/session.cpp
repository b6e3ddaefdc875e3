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

/// Between two batches of records; a display shows no more.
constexpr auto kBatch = std::chrono::milliseconds(15);

/// Between two looks at the examples.
constexpr auto kLook = std::chrono::seconds(1);

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
  inboxChanged_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Session::start(const StartRequest& request, bool paused) {
  Q_ASSERT(!active());
  if (thread_.joinable()) thread_.join();
  {
    const std::lock_guard lock(inboxMutex_);
    Inbox fresh;
    fresh.paused = paused;
    fresh.watched = std::move(inbox_.watched);
    fresh.look = fresh.watched.has_value();
    inbox_ = std::move(fresh);
  }
  setState(SessionState::preparing);
  thread_ = std::jthread([this, request](const std::stop_token& token) { train(token, request); });
}

void Session::ask(const std::function<void(Inbox&)>& change) {
  {
    const std::lock_guard lock(inboxMutex_);
    change(inbox_);
  }
  inboxChanged_.notify_all();
}

void Session::pause() {
  ask([](Inbox& inbox) { inbox.paused = true; });
}
void Session::resume() {
  ask([](Inbox& inbox) { inbox.paused = false; });
}
void Session::stepOnce(int count) {
  ask([count](Inbox& inbox) { inbox.steps += count; });
}
void Session::stop() {
  ask([](Inbox& inbox) { inbox.stop = true; });
}
void Session::checkpoint() {
  ask([](Inbox& inbox) { inbox.checkpoint = true; });
}
void Session::send(const train::Command& command) {
  ask([&](Inbox& inbox) { inbox.commands.push_back(command); });
}
void Session::watchExamples(const std::optional<train::ExampleRequest>& request) {
  ask([&](Inbox& inbox) {
    inbox.watched = request;
    inbox.look = request.has_value();
  });
}
void Session::askPictures(const std::vector<std::int64_t>& examples) {
  ask([&](Inbox& inbox) { inbox.pictures = examples; });
}

// --- In the training thread

void Session::train(const std::stop_token& token, const StartRequest& request) {
  lowerPriority();
  std::unique_ptr<Job> job;
  std::string problem;
  try {
    job = factory_(request);
    post(job->facts());
    loop(token, *job);
    post(SessionState::closing);
    job->close();
    postRecords(*job);
  } catch (const std::exception& error) {
    problem = error.what();
  } catch (...) {
    problem = "an unknown failure in the training thread";
  }
  if (job && !problem.empty()) {
    try {
      job->fail(problem);
      postRecords(*job);
    } catch (const std::exception& error) {
      problem += std::string("; and the run could not be marked as failed: ") + error.what();
    }
  }
  job.reset();
  post(Ended{problem});
}

void Session::loop(const std::stop_token& token, Job& job) {
  auto shown = SessionState::preparing;
  auto lastBatch = Clock::now(), lastLook = lastBatch;
  while (!token.stop_requested() && !job.finished()) {
    Inbox taken;
    {
      std::unique_lock lock(inboxMutex_);
      const auto wanted = inbox_.paused ? SessionState::paused : SessionState::running;
      if (wanted != shown) {
        shown = wanted;
        lock.unlock();
        postRecords(job);
        post(wanted);
        lock.lock();
      }
      inboxChanged_.wait(lock, token, [this] {
        return !inbox_.paused || inbox_.steps > 0 || inbox_.stop || inbox_.checkpoint ||
               !inbox_.commands.empty() || inbox_.look || !inbox_.pictures.empty();
      });
      taken.commands = std::exchange(inbox_.commands, {});
      taken.checkpoint = std::exchange(inbox_.checkpoint, false);
      taken.watched = inbox_.watched;
      taken.look = std::exchange(inbox_.look, false);
      taken.pictures = std::exchange(inbox_.pictures, {});
      taken.stop = inbox_.stop;
      taken.paused = inbox_.paused;
      if (inbox_.steps > 0) taken.steps = inbox_.steps--;
      if (!inbox_.paused) inbox_.steps = 0;
    }
    if (token.stop_requested()) break;
    applyAll(job, taken.commands);
    if (taken.checkpoint) post(Checkpointed{job.checkpoint().string()});
    if (taken.stop) break;
    const bool moves = !taken.paused || taken.steps > 0;
    if (moves) job.step();
    taken.look = taken.look || (moves && Clock::now() - lastLook >= kLook);
    if (taken.look) lastLook = Clock::now();
    postExamples(job, taken);
    if (taken.paused || Clock::now() - lastBatch >= kBatch) {
      postRecords(job);
      lastBatch = Clock::now();
    }
  }
  postRecords(job);
}

void Session::applyAll(Job& job, const std::vector<train::Command>& commands) {
  for (const auto& command : commands) {
    try {
      job.apply(command);
      post(job.experiment());
    } catch (const Error& error) {
      post(Refused{command, error.what()});
    }
  }
}

void Session::postRecords(Job& job) {
  auto records = job.take();
  if (!records.empty()) post(std::move(records));
}

void Session::postExamples(const Job& job, const Inbox& taken) {
  try {
    if (taken.look && taken.watched) post(job.examples(*taken.watched));
    if (!taken.pictures.empty()) post(job.pictures(taken.pictures));
  } catch (const Error& error) {
    ask([](Inbox& inbox) { inbox.watched.reset(); });
    post(ExamplesRefused{error.what()});
  }
}

void Session::post(Message message) {
  bool first = false;
  {
    const std::lock_guard lock(outboxMutex_);
    first = outbox_.empty();
    outbox_.push_back(std::move(message));
  }
  if (first) QMetaObject::invokeMethod(this, &Session::deliver, Qt::QueuedConnection);
}

// --- In the window's thread

void Session::deliver() {
  std::vector<Message> messages;
  {
    const std::lock_guard lock(outboxMutex_);
    messages.swap(outbox_);
  }
  for (const auto& message : messages) dispatch(message);
}

void Session::dispatch(const Message& message) {
  std::visit(
      Overloaded{
          [this](const RunFacts& facts) { emit opened(facts); },
          [this](SessionState state) { setState(state); },
          [this](const run::Records& records) { emit recordsArrived(records); },
          [this](const train::Experiment& experiment) { emit experimentChanged(experiment); },
          [this](const Refused& refused) {
            emit commandRefused(refused.command, QString::fromStdString(refused.reason));
          },
          [this](const Checkpointed& done) {
            emit checkpointed(QString::fromStdString(done.file));
          },
          [this](const train::ExampleView& view) { emit examplesArrived(view); },
          [this](const ExamplesRefused& refused) {
            emit examplesRefused(QString::fromStdString(refused.reason));
          },
          [this](const Pictures& pictures) { emit picturesArrived(pictures); },
          [this](const Ended& end) {
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
  ask([&](Inbox& inbox) { late = std::exchange(inbox.commands, {}); });
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

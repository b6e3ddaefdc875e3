#include "widgets/session/training_loop.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"

namespace eq::widgets {
namespace {

using namespace std::chrono_literals;

constexpr auto kBatch = 15ms;  // between two batches of records; a display shows no more
constexpr auto kLook = 1s;     // between two looks at the examples
constexpr int kPauses = 20;    // times that a look at a whole split took, until the next one
constexpr auto kMail = 200ms;  // between two looks for what others send, while there is no step

}  // namespace

void Mailbox::ask(const std::function<void(Inbox&)>& change) {
  {
    const std::lock_guard lock(mutex_);
    change(inbox_);
  }
  changed_.notify_all();
}

TrainingLoop::TrainingLoop(Job& job, Mailbox& mailbox, const std::stop_token& token,
                           const Tell& tell)
    : job_(job), mailbox_(mailbox), token_(token), tell_(tell) {}

void TrainingLoop::run() {
  while (!token_.stop_requested() && !job_.finished()) {
    readMail();
    announce();
    const Inbox taken = await();
    if (token_.stop_requested()) break;
    apply(taken.commands);
    if (taken.checkpoint)
      secured([this] { tell_(told::Checkpointed{job_.checkpoint().string()}); });
    if (taken.stop) break;
    obey(taken);
  }
  tellRecords();
  shown_ = SessionState::closing;
  tell_(shown_);
  const bool leaves = token_.stop_requested() && !job_.finished();
  while (!secured([&] { leaves ? job_.leave() : job_.close(); })) {
  }
  tellRecords();
}

void TrainingLoop::readMail() {
  run::Asked asked;
  if (!secured([&] { asked = job_.readMail(); })) return;
  if (asked.changed) tell_(job_.experiment());
  if (!asked.stop && !asked.paused) return;
  mailbox_.ask([&](Inbox& inbox) {
    inbox.paused = asked.paused.value_or(inbox.paused);
    inbox.stop = inbox.stop || asked.stop;
  });
}

void TrainingLoop::announce() {
  SessionState wanted;
  {
    const std::lock_guard lock(mailbox_.mutex_);
    wanted = mailbox_.inbox_.paused ? SessionState::paused : SessionState::running;
  }
  if (wanted == shown_) return;
  const bool waited = shown_ == SessionState::paused;
  shown_ = wanted;
  if (waited || wanted == SessionState::paused)
    secured([&] { job_.setPaused(wanted == SessionState::paused); });
  tellRecords();
  tell_(wanted);
}

bool TrainingLoop::isAsked() const {
  const Inbox& inbox = mailbox_.inbox_;
  return inbox.stop || inbox.checkpoint || !inbox.commands.empty() || inbox.look ||
         inbox.lookAtPredictions || inbox.frontLook || !inbox.pictures.empty() ||
         inbox.paused != (shown_ == SessionState::paused);
}

TrainingLoop::Clock::time_point TrainingLoop::nextStep(double limit) const {
  if (limit <= 0) return stepped_;
  return stepped_ +
         std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / limit));
}

Inbox TrainingLoop::await() {
  std::unique_lock lock(mailbox_.mutex_);
  Inbox& inbox = mailbox_.inbox_;
  const double limit = inbox.limit;
  if (inbox.paused)
    mailbox_.changed_.wait_for(lock, token_, kMail, [&] { return isAsked() || inbox.steps > 0; });
  else if (limit > 0)
    mailbox_.changed_.wait_until(lock, token_, std::min(nextStep(limit), Clock::now() + kMail),
                                 [&] { return isAsked() || inbox.limit != limit; });
  Inbox taken;
  taken.commands = std::exchange(inbox.commands, {});
  taken.checkpoint = std::exchange(inbox.checkpoint, false);
  taken.watched = inbox.watched;
  taken.look = std::exchange(inbox.look, false);
  taken.pictures = std::exchange(inbox.pictures, {});
  taken.predicted = inbox.predicted;
  taken.lookAtPredictions = std::exchange(inbox.lookAtPredictions, false);
  taken.front = inbox.front;
  taken.frontLook = std::exchange(inbox.frontLook, false);
  taken.stop = std::exchange(inbox.stop, false);
  taken.paused = inbox.paused;
  taken.limit = inbox.limit;
  if (inbox.steps > 0) taken.steps = inbox.steps--;
  if (!inbox.paused) inbox.steps = 0;
  return taken;
}

void TrainingLoop::obey(const Inbox& asked) {
  Inbox taken = asked;
  const auto now = Clock::now();
  const bool moves = taken.paused ? taken.steps > 0 : now >= nextStep(taken.limit);
  if (moves) {
    stepped_ = now;
    secured([this] { job_.step(); });
  }
  taken.look = taken.look || (moves && Clock::now() - looked_ >= kLook);
  if (taken.look) looked_ = Clock::now();
  tellExamples(taken);
  tellPredictions(taken, moves);
  tellFront(taken, moves);
  if (taken.paused || Clock::now() - told_ >= kBatch) {
    tellRecords();
    told_ = Clock::now();
  }
}

void TrainingLoop::apply(const std::vector<train::Command>& commands) {
  for (const auto& command : commands) {
    try {
      job_.apply(command);
      tell_(job_.experiment());
    } catch (const Error& error) {
      tell_(told::Refused{command, error.what()});
    }
  }
}

bool TrainingLoop::secured(const std::function<void()>& work) {
  std::string problem;
  try {
    work();
    return true;
  } catch (const Error& error) {
    if (!job_.unsaved()) throw;
    problem = error.what();
  }
  tell(job_.take());   // which does not try to write now
  bool stops = false;  // as it was asked before; while stuck, Stop gives up what is not written
  mailbox_.ask([&](Inbox& inbox) { stops = std::exchange(inbox.stop, false); });
  while (!problem.empty()) {
    tell_(SessionState::stuck);
    tell_(told::Stuck{problem});
    problem = takeAnswer(problem);
  }
  mailbox_.ask([&](Inbox& inbox) { inbox.stop = inbox.stop || stops; });
  tell_(shown_);
  return false;
}

std::string TrainingLoop::takeAnswer(const std::string& problem) {
  std::optional<std::filesystem::path> place;
  {
    std::unique_lock lock(mailbox_.mutex_);
    Inbox& inbox = mailbox_.inbox_;
    mailbox_.changed_.wait(lock, token_, [&] { return inbox.retry || inbox.moveTo || inbox.stop; });
    if (inbox.stop || token_.stop_requested()) throw Error(problem, ErrorKind::failure);
    place = std::exchange(inbox.moveTo, {});
    inbox.retry = false;
  }
  try {
    if (!place) {
      job_.secure();
      return {};
    }
    job_.moveTo(*place);
    tell_(told::Moved{job_.facts().folder});
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

void TrainingLoop::tellRecords() {
  while (!secured([this] { tell(job_.take()); })) {
  }
}

void TrainingLoop::tell(run::Records records) {
  if (!records.empty()) tell_(std::move(records));
}

void TrainingLoop::tellExamples(const Inbox& taken) {
  try {
    if (taken.look && taken.watched) tell_(job_.examples(*taken.watched));
    if (!taken.pictures.empty()) tell_(job_.pictures(taken.pictures));
  } catch (const Error& error) {
    mailbox_.ask([](Inbox& inbox) { inbox.watched.reset(); });
    tell_(told::ExamplesRefused{error.what()});
  }
}

void TrainingLoop::tellPredictions(const Inbox& taken, bool moved) {
  const auto begun = Clock::now();
  if (!taken.predicted || !(taken.lookAtPredictions || (moved && begun >= nextPredictions_)))
    return;
  try {
    tell_(job_.predictions(*taken.predicted));
  } catch (const Error& error) {
    mailbox_.ask([](Inbox& inbox) { inbox.predicted.reset(); });
    tell_(told::PredictionsRefused{error.what()});
  }
  nextPredictions_ = nextLook(begun);
}

void TrainingLoop::tellFront(const Inbox& taken, bool moved) {
  const auto begun = Clock::now();
  if (!taken.front || !(taken.frontLook || (moved && begun >= nextFront_))) return;
  try {
    tell_(job_.frontLook(*taken.front));
  } catch (const Error& error) {
    mailbox_.ask([](Inbox& inbox) { inbox.front.reset(); });
    tell_(told::FrontRefused{error.what()});
  }
  nextFront_ = nextLook(begun);
}

TrainingLoop::Clock::time_point TrainingLoop::nextLook(Clock::time_point begun) {
  const auto now = Clock::now();
  return now + std::max<Clock::duration>(kLook, kPauses * (now - begun));
}

}  // namespace eq::widgets

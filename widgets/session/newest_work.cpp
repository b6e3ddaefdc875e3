#include "widgets/session/newest_work.h"

#include <chrono>
#include <exception>
#include <utility>

#include <QMetaObject>

namespace eq::widgets {
namespace {

constexpr auto kBetweenProgress = std::chrono::milliseconds(200);

}  // namespace

NewestWork::~NewestWork() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void NewestWork::ask(Work work) {
  bool begins = false;
  {
    const std::lock_guard lock(mutex_);
    work_ = std::move(work);
    ticket_ = ++asked_;
    begins = !std::exchange(working_, true);
  }
  if (begins) thread_ = std::jthread([this](const std::stop_token& token) { run(token); });
}

void NewestWork::run(const std::stop_token& token) {
  for (;;) {
    Work work;
    int ticket = 0;
    {
      const std::lock_guard lock(mutex_);
      working_ = work_ != nullptr && !token.stop_requested();
      if (!working_) return;
      work = std::exchange(work_, nullptr);
      ticket = ticket_;
    }
    tell(ticket, true, outcomeOf(work, ticket, token));
  }
}

NewestWork::Done NewestWork::outcomeOf(const Work& work, int ticket, const std::stop_token& token) {
  auto told = std::chrono::steady_clock::now();
  const Progress progress = [&](int done, int all) {
    const auto now = std::chrono::steady_clock::now();
    if (now - told >= kBetweenProgress) {
      told = now;
      tell(ticket, false, [this, done, all] { emit progressed(done, all); });
    }
    return !token.stop_requested() && isNewest(ticket);
  };
  try {
    return work(progress);
  } catch (const std::exception& error) {
    return [this, problem = QString::fromUtf8(error.what())] { emit failed(problem); };
  }
}

bool NewestWork::isNewest(int ticket) {
  const std::lock_guard lock(mutex_);
  return ticket == ticket_;
}

void NewestWork::tell(int ticket, bool ends, Done done) {
  QMetaObject::invokeMethod(
      this,
      [this, ticket, ends, done = std::move(done)] {
        if (ticket != asked_) return;
        if (ends) answered_ = ticket;
        if (done) done();
        if (ends) emit ended();
      },
      Qt::QueuedConnection);
}

}  // namespace eq::widgets

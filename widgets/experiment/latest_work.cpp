#include "widgets/experiment/latest_work.h"

#include <utility>

namespace eq::widgets {

LatestWork::LatestWork(QObject* parent)
    : QObject(parent), thread_([this](const std::stop_token& stop) { serve(stop); }) {}

LatestWork::~LatestWork() {
  thread_.request_stop();
  thread_.join();
}

void LatestWork::ask(Work work) {
  wanted_ = ++asked_;
  {
    const std::lock_guard lock(mutex_);
    next_ = std::move(work);
    nextNumber_ = asked_;
  }
  wake_.notify_one();
}

void LatestWork::forget() {
  wanted_ = 0;
}

void LatestWork::serve(const std::stop_token& stop) {
  while (true) {
    Work work;
    std::uint64_t number = 0;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [this] { return static_cast<bool>(next_); });
      if (stop.stop_requested()) return;
      work = std::exchange(next_, {});
      number = nextNumber_;
    }
    QMetaObject::invokeMethod(
        this, [this, number, answer = work()] { take(number, answer); }, Qt::QueuedConnection);
  }
}

void LatestWork::take(std::uint64_t number, const Answer& answer) {
  answered_ = number;
  if (number == wanted_) answer();
  if (!busy()) emit idle();
}

}  // namespace eq::widgets

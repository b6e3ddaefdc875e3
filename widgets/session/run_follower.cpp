#include "widgets/session/run_follower.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "core/base/error.h"

namespace eq::widgets {
namespace {

constexpr auto kFollowEvery = std::chrono::seconds(1);

/// \returns whether the time has passed, and nobody stopped the thread.
bool waitFor(std::chrono::milliseconds time, const std::stop_token& token) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, token, time, [] { return false; });
  return !token.stop_requested();
}

}  // namespace

void RunFollower::follow(std::unique_ptr<run::RunTail> tail) {
  stop();
  thread_ = std::jthread([this, followed = followed_, held = std::shared_ptr(std::move(tail))](
                             const std::stop_token& token) { look(*held, followed, token); });
}

void RunFollower::stop() {
  ++followed_;
  thread_ = {};
}

void RunFollower::look(run::RunTail& tail, int followed, const std::stop_token& token) {
  std::optional<run::RunInfo> shown;
  QString told;
  while (waitFor(kFollowEvery, token) && deliveries_.waitUntilTaken(token)) {
    try {
      const bool known = tail.isUnread();
      auto news = tail.read();
      if (known) news = {news.info, {}, false};
      const bool same = shown == news.info && news.records.empty() && !news.anew;
      shown = news.info;
      told.clear();
      if (!same) tell([this, news] { emit newsArrived(news); }, followed);
    } catch (const Error& error) {
      const auto problem = QString::fromUtf8(error.what());
      if (std::exchange(told, problem) != problem)
        tell([this, problem] { emit problemMet(problem); }, followed);
    }
  }
}

void RunFollower::tell(const std::function<void()>& work, int followed) {
  deliveries_.post([this, work, followed] {
    if (followed == followed_) work();
  });
}

}  // namespace eq::widgets

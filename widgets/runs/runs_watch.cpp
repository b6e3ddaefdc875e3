#include "widgets/runs/runs_watch.h"

#include <chrono>
#include <condition_variable>

namespace eq::widgets {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(1000);
constexpr auto kTellEvery = std::chrono::milliseconds(500);  // while very many are read
constexpr std::size_t kReadAtOnce = 100;  // runs, about 100 ms: the window waits for no more

}  // namespace

RunsWatch::RunsWatch(const std::filesystem::path& workspace, QObject* parent)
    : QObject(parent), index_(workspace) {
  thread_ = std::jthread([this](const std::stop_token& token) { watch(token); });
}

RunsWatch::Runs RunsWatch::look() {
  const std::lock_guard lock(mutex_);
  index_.refresh(kReadAtOnce);
  return index_.runs();
}

std::vector<std::string> RunsWatch::problems() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> problems;
  for (const auto& [folder, problem] : index_.problems()) problems.push_back(problem);
  return problems;
}

RunsWatch::Runs RunsWatch::runs() const {
  const std::lock_guard lock(mutex_);
  return index_.runs();
}

RunsWatch::Step RunsWatch::step() {
  const std::lock_guard lock(mutex_);
  const bool changed = index_.refresh(kReadAtOnce);
  return {changed, index_.isComplete()};
}

void RunsWatch::watch(const std::stop_token& token) {
  using Clock = std::chrono::steady_clock;
  std::mutex waiting;
  std::condition_variable_any never;
  std::unique_lock wait(waiting);
  bool untold = false;
  auto told = Clock::now() - kTellEvery;
  while (!token.stop_requested()) {
    if (!deliveries_.waitUntilTaken(token)) return;
    const auto [changed, complete] = step();
    untold = untold || changed;
    if (untold && (complete || Clock::now() - told >= kTellEvery)) {
      // What it tells is what there is when that arrives: look() may have been called meanwhile.
      deliveries_.post([this] { emit runsChanged(runs()); });
      untold = false;
      told = Clock::now();
    }
    const auto pause = complete ? kLookEvery : std::chrono::milliseconds(1);
    never.wait_for(wait, token, pause, [] { return false; });
  }
}

}  // namespace eq::widgets

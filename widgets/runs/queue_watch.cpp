#include "widgets/runs/queue_watch.h"

#include <chrono>
#include <exception>
#include <utility>

namespace eq::widgets {
namespace {

namespace fs = std::filesystem;
using QueueClock = std::chrono::steady_clock;

constexpr auto kQueueLook = std::chrono::milliseconds(1000);
constexpr int kRestShare = 4;  // of its time the thread reads at most one in so many

std::int64_t changedAt(const fs::path& file) {
  std::error_code missing;
  const auto time = fs::last_write_time(file, missing);
  return missing ? 0 : static_cast<std::int64_t>(time.time_since_epoch().count());
}

}  // namespace

QueueWatch::QueueWatch(const fs::path& workspace, QObject* parent)
    : QObject(parent), workspace_(workspace) {
  thread_ = std::jthread([this](const std::stop_token& token) { work(token); });
}

void QueueWatch::look() {
  {
    const std::lock_guard lock(mutex_);
    asked_ = true;
  }
  wake_.notify_one();
}

/// Of one that nobody trains nothing changes without these.
QueueWatch::Stamp QueueWatch::stampOf(const fs::path& folder) {
  return {changedAt(folder), changedAt(folder / "control.json"), changedAt(folder / "sweep.lock")};
}

bool QueueWatch::read() {
  bool news = false;
  std::map<fs::path, Entry> now;
  for (const auto& folder : study::sweepsIn(workspace_)) {
    const auto stamp = stampOf(folder);
    auto known = entries_.find(folder);
    const bool isKnown = known != entries_.end() && known->second.stamp == stamp;
    const bool isRunning = study::stateOf(folder) == study::SweepState::running;
    const bool wasRunning = isKnown && known->second.standing &&
                            known->second.standing->state == study::SweepState::running;
    if (isKnown && !isRunning && !wasRunning) {
      now.insert(entries_.extract(known));
      continue;
    }
    news = true;
    Entry entry{stamp, nullptr, {}};
    try {
      entry.standing = std::make_shared<study::SweepStanding>(study::standingOf(folder));
    } catch (const std::exception& error) {  // a damaged file may hold anything
      entry.problem = error.what();
    }
    now.emplace(folder, std::move(entry));
    if (known != entries_.end()) entries_.erase(known);
  }
  news = news || !entries_.empty();  // those are gone
  entries_.swap(now);
  return news;
}

void QueueWatch::tell() {
  Standings standings;
  std::vector<std::string> problems;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->second.standing) standings.push_back(entry->second.standing);
    if (!entry->second.problem.empty()) problems.push_back(entry->second.problem);
  }
  deliveries_.post([this, standings, problems] { emit changed(standings, problems); });
}

void QueueWatch::work(const std::stop_token& token) {
  while (!token.stop_requested()) {
    if (!deliveries_.waitUntilTaken(token)) return;
    const auto began = QueueClock::now();
    if (read()) tell();
    const auto pause =
        std::max<QueueClock::duration>(kQueueLook, kRestShare * (QueueClock::now() - began));
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, token, pause, [this] { return asked_; });
    asked_ = false;
  }
}

}  // namespace eq::widgets

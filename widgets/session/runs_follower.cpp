#include "widgets/session/runs_follower.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/run/lineage.h"
#include "widgets/session/run_data.h"
#include "widgets/session/run_loading.h"

namespace eq::widgets {
namespace {

constexpr auto kLookEvery = std::chrono::seconds(1);
constexpr std::size_t kMostAncestors = 64;  // a ring of folders has no end

}  // namespace

std::vector<Ancestor> lineageOf(const run::RunInfo& info) {
  std::vector<Ancestor> out{{info.folder, std::numeric_limits<std::int64_t>::max()}};
  run::RunInfo child = info;
  while (!child.parent.empty() && out.size() < kMostAncestors) {
    const auto folder = run::parentFolder(child);
    out.push_back({folder.empty() ? child.folder.parent_path() / child.parent : folder,
                   std::min(child.parentStep, out.back().step)});
    try {
      child = run::RunReader(out.back().folder).info();
    } catch (const Error&) {  // it is not here any more
      break;
    }
  }
  return out;
}

void RunsFollower::follow(const std::filesystem::path& folder) {
  bool begins = false;
  {
    const std::lock_guard lock(mutex_);
    wanted_[folder] = ++tickets_;
    news_ = true;
    begins = !std::exchange(works_, true);
  }
  asked_.notify_all();
  if (begins) thread_ = std::jthread([this](const std::stop_token& token) { work(token); });
}

void RunsFollower::leave(const std::filesystem::path& folder) {
  {
    const std::lock_guard lock(mutex_);
    wanted_.erase(folder);
    news_ = true;
  }
  asked_.notify_all();
}

// --- In the thread

void RunsFollower::work(const std::stop_token& token) {
  Watches watches;
  std::size_t turn = 0;
  while (!token.stop_requested()) {
    if (const auto next = takeOrders(watches); !next.empty()) {
      load(next, watches[next]);
      continue;
    }
    {
      std::unique_lock lock(mutex_);
      if (wanted_.empty()) {
        works_ = false;
        return;
      }
      if (asked_.wait_for(lock, token, kLookEvery, [this] { return news_; })) continue;
    }
    if (!deliveries_.waitUntilTaken(token)) return;
    // One of those at rest in turn: it may have been resumed.
    const std::size_t rest = watches.empty() ? 0 : turn++ % watches.size();
    std::size_t place = 0;
    for (auto& [folder, watch] : watches)
      if (place++ == rest || run::isHeld(watch.info.state)) look(folder, watch);
  }
}

std::filesystem::path RunsFollower::takeOrders(Watches& watches) {
  const std::lock_guard lock(mutex_);
  news_ = false;
  std::erase_if(watches, [this](const auto& one) {
    const auto found = wanted_.find(one.first);
    return found == wanted_.end() || found->second != one.second.ticket;
  });
  // In the order in which they were asked for.
  const std::pair<const std::filesystem::path, int>* next = nullptr;
  for (const auto& one : wanted_)
    if (!watches.contains(one.first) && (!next || one.second < next->second)) next = &one;
  if (!next) return {};
  watches[next->first].ticket = next->second;
  return next->first;
}

void RunsFollower::load(const std::filesystem::path& folder, Watch& watch) {
  try {
    watch.tail = std::make_unique<run::RunTail>(folder);
    auto data = std::make_shared<RunData>();
    watch.info = loadRun(*data, *watch.tail).info;
    data->moveToThread(thread());
    FollowedRun run{watch.info, lineageOf(watch.info), std::move(data)};
    tell(folder, watch, [this, folder, run = std::move(run)] { emit loaded(folder, run); });
  } catch (const Error& error) {
    watch.tail.reset();
    tellProblem(folder, watch, error.what());
  }
}

void RunsFollower::look(const std::filesystem::path& folder, Watch& watch) {
  if (!watch.tail) return;
  try {
    const auto news = watch.tail->read();
    const bool same = watch.info == news.info && news.records.empty() && !news.anew;
    watch.info = news.info;
    watch.told.clear();
    if (!same) tell(folder, watch, [this, folder, news] { emit newsArrived(folder, news); });
  } catch (const Error& error) {
    tellProblem(folder, watch, error.what());
  }
}

void RunsFollower::tellProblem(const std::filesystem::path& folder, Watch& watch,
                               const char* problem) {
  const auto text = QString::fromUtf8(problem);
  if (std::exchange(watch.told, text) == text) return;
  tell(folder, watch, [this, folder, text] { emit problemMet(folder, text); });
}

void RunsFollower::tell(const std::filesystem::path& folder, const Watch& watch,
                        std::function<void()> done) {
  deliveries_.post([this, folder, ticket = watch.ticket, done = std::move(done)] {
    {
      const std::lock_guard lock(mutex_);
      const auto found = wanted_.find(folder);
      if (found == wanted_.end() || found->second != ticket) return;
    }
    done();
  });
}

}  // namespace eq::widgets

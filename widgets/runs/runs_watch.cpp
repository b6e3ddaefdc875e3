#include "widgets/runs/runs_watch.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>

#include "core/base/error.h"
#include "core/run/run_lock.h"

namespace eq::widgets {
namespace {

constexpr auto kLookEvery = std::chrono::seconds(1);

std::int64_t writtenAt(const std::filesystem::path& file) {
  std::error_code missing;
  const auto time = std::filesystem::last_write_time(file, missing);
  return missing ? 0 : static_cast<std::int64_t>(time.time_since_epoch().count());
}

std::optional<run::RunInfo> readInfo(const std::filesystem::path& folder) {
  try {
    return run::RunReader(folder).info();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

RunsWatch::RunsWatch(const std::filesystem::path& workspace, QObject* parent)
    : QObject(parent), workspace_(workspace) {
  thread_ = std::jthread([this](const std::stop_token& token) { watch(token); });
}

void RunsWatch::watch(const std::stop_token& token) {
  Runs runs;
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  while (!token.stop_requested()) {
    if (look(runs)) {
      std::vector<run::RunInfo> infos;
      for (const auto& [folder, seen] : runs)
        if (seen.info) infos.push_back(*seen.info);
      QMetaObject::invokeMethod(
          this, [this, infos] { emit runsChanged(infos); }, Qt::QueuedConnection);
    }
    never.wait_for(lock, token, kLookEvery, [] { return false; });
  }
}

RunsWatch::Stamp RunsWatch::stampOf(const std::filesystem::path& folder) {
  const auto record = run::databaseFile(folder);
  return {writtenAt(record), writtenAt(record.string() + "-wal"), run::RunLock::isHeld(folder)};
}

bool RunsWatch::look(Runs& runs) const {
  Runs now;
  bool changed = false;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(workspace_, ignored)) {
    const auto& folder = entry.path();
    if (!run::isRun(folder)) continue;
    const auto stamp = stampOf(folder);  // before reading: what is written meanwhile is seen again
    const auto before = runs.find(folder);
    const bool same = before != runs.end() && before->second.stamp == stamp;
    if (same)
      now.insert(*before);
    else
      now[folder] = {stamp, readInfo(folder)};
    changed = changed || !same;
  }
  changed = changed || now.size() != runs.size();
  runs.swap(now);
  return changed;
}

}  // namespace eq::widgets

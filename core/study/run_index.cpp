#include "core/study/run_index.h"

#include <algorithm>
#include <bit>
#include <exception>
#include <system_error>
#include <utility>

#include "core/run/atomic_file.h"
#include "core/run/run_folder.h"
#include "core/study/run_folders.h"
#include "core/study/run_index_file.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;

std::int64_t writtenAt(const fs::path& file) {
  std::error_code missing;
  const auto time = fs::last_write_time(file, missing);
  return missing ? 0 : static_cast<std::int64_t>(time.time_since_epoch().count());
}

/// Readers leave an empty log behind, which says nothing.
std::int64_t logWrittenAt(const fs::path& file) {
  std::error_code missing;
  const auto size = fs::file_size(file, missing);
  return missing || size == 0 ? 0 : writtenAt(file);
}

bool haveSameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](double x, double y) {
           return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
         });
}

/// Those directly below the workspace, and in it those of sweeps and races. A folder that goes away
/// meanwhile is passed over.
std::vector<fs::path> foldersIn(const fs::path& workspace) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (auto& entry : run::entriesOf(workspace, ignored)) {
    if (isSweep(entry))
      for (auto& inner : run::entriesOf(entry, ignored)) folders.push_back(std::move(inner));
    folders.push_back(std::move(entry));
  }
  return folders;
}

/// Whether what is known of a run can change without a write: a process may end, or begin.
bool isUnsettled(const IndexedRunPtr& run) {
  return !run || run::isHeld(run->info.state) || run->info.state == run::RunState::died;
}

/// Whether a table would show the same.
bool isSame(const IndexedRunPtr& a, const IndexedRunPtr& b) {
  if (!a || !b) return a == b;
  return a->info == b->info && a->labels == b->labels && a->layout == b->layout &&
         a->fields == b->fields && a->ends == b->ends && a->intervals == b->intervals &&
         haveSameBits(a->values, b->values);
}

}  // namespace

fs::path RunIndex::fileOf(const fs::path& workspace) {
  return workspace / ".equipoise" / "runs.sqlite";
}

RunIndex::RunIndex(const fs::path& workspace) : workspace_(workspace) {
  load();
}

RunIndex::Stamp RunIndex::stampOf(const fs::path& folder) {
  const auto record = run::databaseFile(folder);
  return {writtenAt(record), logWrittenAt(record.string() + "-wal")};
}

void RunIndex::load() {
  std::map<std::shared_ptr<const RunLayout>, std::shared_ptr<const RunLayout>> known;
  for (auto& row : readIndexFile(fileOf(workspace_))) {
    auto run = std::make_shared<IndexedRun>(std::move(row.run));
    const auto folder = workspace_ / row.folder;
    run->info.folder = folder;
    auto& layout = known[run->layout];
    if (!layout) layout = shared(run->layout);
    run->layout = layout;
    entries_[folder] = {{row.record, row.log}, std::move(run)};
  }
}

std::shared_ptr<const RunLayout> RunIndex::shared(const std::shared_ptr<const RunLayout>& layout) {
  return layouts_.try_emplace(layoutText(*layout), layout).first->second;
}

RunIndex::Entry RunIndex::read(const fs::path& folder, const Stamp& stamp) {
  problems_.erase(folder);
  try {
    auto run = std::make_shared<IndexedRun>(readIndexedRun(folder));
    run->layout = shared(run->layout);
    return {stamp, std::move(run)};
  } catch (const std::exception& error) {  // a damaged file may hold anything
    problems_[folder] = error.what();
    return {stamp, nullptr};
  }
}

bool RunIndex::refresh(std::size_t most) {
  Entries now;
  std::vector<fs::path> stored;
  bool changed = false;
  complete_ = true;
  for (const auto& folder : foldersIn(workspace_)) {
    const auto stamp = stampOf(folder);  // before reading: what is written meanwhile is seen again
    if (stamp.record == 0) continue;
    const auto before = entries_.find(folder);
    const bool isKnown = before != entries_.end() && before->second.stamp == stamp;
    if (isKnown && !isUnsettled(before->second.run)) {
      now.insert(entries_.extract(before));
      continue;
    }
    if (most == 0) {
      complete_ = false;
      if (before != entries_.end()) now.insert(entries_.extract(before));
      continue;
    }
    --most;
    auto found = read(folder, stamp);
    const bool same = before != entries_.end() && isSame(before->second.run, found.run);
    if (same) found.run = before->second.run;
    if (!isKnown || !same) stored.push_back(folder);
    changed = changed || !same;
    if (before != entries_.end()) entries_.erase(before);
    now.emplace(folder, std::move(found));
  }
  std::vector<fs::path> gone;
  for (const auto& [folder, entry] : entries_) gone.push_back(folder);
  for (const auto& folder : gone) problems_.erase(folder);
  entries_.swap(now);
  store(stored, gone);
  return changed || !gone.empty();
}

void RunIndex::store(const std::vector<fs::path>& changed, const std::vector<fs::path>& gone) {
  if (changed.empty() && gone.empty()) return;
  std::vector<IndexRow> rows;
  std::vector<std::string> dropped;
  const auto nameOf = [this](const fs::path& folder) {
    return folder.lexically_relative(workspace_).string();
  };
  for (const auto& folder : gone) dropped.push_back(nameOf(folder));
  for (const auto& folder : changed) {
    const auto& entry = entries_.at(folder);
    if (entry.run)
      rows.push_back({nameOf(folder), entry.stamp.record, entry.stamp.log, *entry.run});
    else
      dropped.push_back(nameOf(folder));
  }
  writeIndexFile(fileOf(workspace_), rows, dropped);
}

std::vector<IndexedRunPtr> RunIndex::runs() const {
  std::vector<IndexedRunPtr> runs;
  for (const auto& [folder, entry] : entries_)
    if (entry.run) runs.push_back(entry.run);
  std::stable_sort(runs.begin(), runs.end(),
                   [](const auto& a, const auto& b) { return a->info.created < b->info.created; });
  return runs;
}

}  // namespace eq::study

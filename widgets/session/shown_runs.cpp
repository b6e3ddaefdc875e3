#include "widgets/session/shown_runs.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <set>
#include <utility>

#include <QTimer>

#include "core/base/error.h"
#include "widgets/session/folder_place.h"
#include "widgets/session/run_colours.h"
#include "widgets/session/run_data.h"
#include "widgets/session/run_loading.h"
#include "widgets/session/run_names.h"

namespace eq::widgets {
namespace {

constexpr int kTogether = 50;  // ms within which runs that were read appear at once

/// Up to which step the folders say that two runs have the same history.
std::int64_t sharedBy(const std::vector<Ancestor>& one, const std::vector<Ancestor>& other) {
  std::int64_t most = 0;
  for (const Ancestor& a : one)
    for (const Ancestor& b : other)
      if (normalFolder(a.folder) == normalFolder(b.folder))
        most = std::max(most, std::min(a.step, b.step));
  return most;
}

}  // namespace

std::int64_t sameUntil(const RunData& one, const RunData& other, std::int64_t until) {
  const auto &a = one.x(XUnit::step), &b = other.x(XUnit::step);
  if (one.taskCount() != other.taskCount()) return 0;
  const auto same = [&](std::size_t row) {
    if (a[row] != b[row]) return false;
    for (int task = 0; task < one.taskCount(); ++task)
      if (std::bit_cast<std::uint64_t>(one.losses(task)[row]) !=
          std::bit_cast<std::uint64_t>(other.losses(task)[row]))
        return false;
    return true;
  };
  std::int64_t last = 0;
  for (std::size_t row = 0; row < std::min(a.size(), b.size()); ++row) {
    if (a[row] > static_cast<double>(until) || !same(row)) break;
    last = static_cast<std::int64_t>(a[row]);
  }
  return last;
}

ShownRuns::ShownRuns(const RunData& focus, QObject* parent)
    : QObject(parent), focus_(focus), later_(new QTimer(this)) {
  later_->setSingleShot(true);
  later_->setInterval(kTogether);
  connect(later_, &QTimer::timeout, this, &ShownRuns::update);
  connect(&follower_, &RunsFollower::loaded, this, &ShownRuns::take);
  connect(&follower_, &RunsFollower::newsArrived, this, &ShownRuns::takeNews);
  connect(&follower_, &RunsFollower::problemMet, this,
          [this](const std::filesystem::path&, const QString& problem) {
            emit problemMet(tr("Shown beside the run in focus: %1").arg(problem));
          });
  connect(&RunColours::instance(), &RunColours::changed, this, &ShownRuns::update);
  connect(&focus_, &RunData::restarted, later_, qOverload<>(&QTimer::start));
  update();
}

ShownRuns::~ShownRuns() = default;

void ShownRuns::setFocus(const std::filesystem::path& folder) {
  focusFolder_ = normalFolder(folder);
  focusRun_ = {};
  focusRun_.info.folder = focusFolder_;
  try {
    if (!focusFolder_.empty()) {
      focusRun_.info = run::RunReader(focusFolder_).info();
      focusRun_.lineage = lineageOf(focusRun_.info);
    }
  } catch (const Error&) {  // its folder is gone; what is shown of it stays
  }
  follow();
  update();
}

void ShownRuns::setShown(const std::filesystem::path& folder, bool shown) {
  const auto place = normalFolder(folder);
  const auto found = std::find_if(chosen_.begin(), chosen_.end(),
                                  [&](const Chosen& one) { return one.folder == place; });
  if (shown == (found != chosen_.end())) return;
  FollowedRun gone;  // until the plots have let go of it
  if (shown) {
    chosen_.push_back({place, {}, false});
  } else {
    gone = std::move(found->run);
    chosen_.erase(found);
    follower_.leave(place);
  }
  follow();
  update();
}

void ShownRuns::hideOthers() {
  const auto gone = std::exchange(chosen_, {});
  for (const Chosen& one : gone) follower_.leave(one.folder);
  update();
}

bool ShownRuns::isFocus(const std::filesystem::path& folder) const {
  return !focusFolder_.empty() && normalFolder(folder) == focusFolder_;
}

bool ShownRuns::isShown(const std::filesystem::path& folder) const {
  return colours_.contains(normalFolder(folder));
}

std::optional<int> ShownRuns::colourOf(const std::filesystem::path& folder) const {
  const auto found = colours_.find(normalFolder(folder));
  return found == colours_.end() ? std::nullopt : std::optional(found->second);
}

ShownRuns::Chosen* ShownRuns::find(const std::filesystem::path& folder) {
  for (Chosen& one : chosen_)
    if (one.folder == folder) return &one;
  return nullptr;
}

void ShownRuns::follow() {
  for (Chosen& one : chosen_) {
    const bool focus = one.folder == focusFolder_;
    if (focus == !one.followed) continue;
    one.followed = !focus;
    if (one.followed)
      follower_.follow(one.folder);
    else
      follower_.leave(one.folder);
  }
}

void ShownRuns::take(const std::filesystem::path& folder, const FollowedRun& run) {
  Chosen* const one = find(folder);
  if (!one) return;
  one->run = run;
  later_->start();
}

void ShownRuns::takeNews(const std::filesystem::path& folder, const run::RunNews& news) {
  Chosen* const one = find(folder);
  if (!one || !one->run.data) return;
  one->run.info = news.info;
  if (news.anew) {
    const auto former = one->run.data;  // until the plots have let go of it
    one->run.data = std::make_shared<RunData>();
    one->run.data->start(former->experiment(), former->tasks());
    one->run.data->append(news.records);
    return update();
  }
  one->run.data->append(news.records);
  emit grew();
}

void ShownRuns::learn(const std::vector<run::RunInfo>& infos) {
  bool renamed = false;
  const auto take = [&renamed](run::RunInfo& known, const run::RunInfo& info) {
    if (known.folder != normalFolder(info.folder) || known.shown() == info.shown()) return;
    known.title = info.title;
    known.name = info.name;
    renamed = true;
  };
  for (const auto& info : infos) {
    take(focusRun_.info, info);
    for (Chosen& one : chosen_) take(one.run.info, info);
  }
  if (renamed) update();
}

// --- What is shown

void ShownRuns::update() {
  later_->stop();
  std::vector<std::shared_ptr<RunData>> gone;  // until the plots have let go of them
  runs_.clear();
  assignColours();
  const auto add = [this](const std::filesystem::path& folder, const RunData* data, bool focus) {
    if (data && data->taskCount() > 0)
      runs_.push_back({folder, {}, colours_.at(folder), focus, data, 0, -1});
  };
  add(focusFolder_, &focus_, true);
  for (Chosen& one : chosen_) {
    if (one.folder == focusFolder_) gone.push_back(std::exchange(one.run.data, nullptr));
    add(one.folder, one.run.data.get(), false);
  }
  nameRuns();
  findShared();
  groupRuns();
  emit changed();
}

/// A label's; else the smallest that is free: few runs have the colours that are told apart best.
void ShownRuns::assignColours() {
  std::vector<std::filesystem::path> folders{focusFolder_};
  for (const Chosen& one : chosen_) folders.push_back(one.folder);
  std::erase_if(colours_, [&folders](const auto& one) {
    return std::find(folders.begin(), folders.end(), one.first) == folders.end();
  });
  const auto& labels = RunColours::instance();
  std::set<int> chosen;
  for (const auto& folder : folders)
    if (const auto label = labels.of(folder)) chosen.insert(*label);
  std::erase_if(colours_, [&](const auto& one) {
    return labels.of(one.first).has_value() || chosen.contains(one.second);
  });
  for (const auto& folder : folders)
    if (const auto label = labels.of(folder)) colours_[folder] = *label;
  for (const auto& folder : folders) {
    if (colours_.contains(folder)) continue;
    std::set<int> taken;
    for (const auto& [other, colour] : colours_) taken.insert(colour);
    int free = 0;
    while (taken.contains(free)) ++free;
    colours_[folder] = free;
  }
}

const FollowedRun& ShownRuns::known(const ShownRun& run) const {
  if (run.focus) return focusRun_;
  return std::find_if(chosen_.begin(), chosen_.end(),
                      [&run](const Chosen& one) { return one.folder == run.folder; })
      ->run;
}

void ShownRuns::nameRuns() {
  std::vector<NamedRun> named;
  for (const ShownRun& run : runs_)
    named.push_back({known(run).info, train::toJson(run.data->experiment())});
  const auto names = distinctNames(named);
  for (std::size_t i = 0; i < runs_.size(); ++i) runs_[i].name = names[i];
}

/// Who was there first draws what several have: parents before children.
void ShownRuns::findShared() {
  std::vector<std::size_t> order(runs_.size());
  std::iota(order.begin(), order.end(), 0);
  const auto lineage = [this](std::size_t i) -> const std::vector<Ancestor>& {
    return known(runs_[i]).lineage;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return lineage(a).size() < lineage(b).size();
  });
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t before = 0; before < i; ++before) {
      const auto told = sharedBy(lineage(order[i]), lineage(order[before]));
      if (told <= runs_[order[i]].sharedUntil) continue;
      const auto same = sameUntil(*runs_[order[i]].data, *runs_[order[before]].data, told);
      runs_[order[i]].sharedUntil = std::max(runs_[order[i]].sharedUntil, same);
    }
}

}  // namespace eq::widgets

#include "widgets/plots/tree_samples.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "widgets/plots/sharing_owners.h"

namespace eq::widgets {
namespace {

constexpr const char* kBranches = "branch";

/// [stage][group] of names; nothing where one is not that of a task.
std::optional<GroupsOfTasks> groupsNamed(const nlohmann::json& stages, const RunData& data) {
  GroupsOfTasks out;
  for (const auto& groups : stages) {
    out.emplace_back();
    for (const auto& group : groups) {
      out.back().emplace_back();
      for (const auto& name : group) {
        const auto task = taskCalled(data, name.get<std::string>());
        if (!task) return std::nullopt;
        out.back().back().push_back(*task);
      }
      if (out.back().back().empty()) return std::nullopt;
    }
  }
  return out;
}

/// A layer BLOCK.NUMBER is a copy of that stage.
std::optional<std::size_t> stageOf(const std::string& layer, const std::string& block) {
  const std::string number = layer.size() > block.size() ? layer.substr(block.size() + 1) : "";
  const bool fits = layer.starts_with(block + ".") && !number.empty() && number.size() < 4 &&
                    number.find_first_not_of("0123456789") == std::string::npos;
  return fits ? std::optional<std::size_t>(std::stoul(number)) : std::nullopt;
}

std::optional<GroupsOfTasks> groupsOwned(const std::vector<SharingOwner>& owners) {
  std::map<std::size_t, std::vector<std::vector<std::size_t>>> stages;
  for (const SharingOwner& owner : owners)
    for (const SharingLayer& layer : owner.layers)
      if (const auto stage = stageOf(layer.name, owner.block);
          stage && !layer.head && !owner.tasks.empty())
        stages[*stage].push_back(owner.tasks);
  if (stages.empty() || stages.rbegin()->first + 1 != stages.size()) return std::nullopt;
  GroupsOfTasks out;
  for (auto& [stage, groups] : stages) {
    std::sort(groups.begin(), groups.end());
    out.push_back(std::move(groups));
  }
  return out;
}

std::optional<GroupsOfTasks> groupsIn(const train::EventRecord& event, const RunData& data) {
  try {
    if (event.kind == "structure" && event.detail.contains("stages"))
      return groupsNamed(event.detail.at("stages"), data);
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // of a file that something else wrote
  }
  return groupsOwned(ownersIn(event, data));
}

/// Tracks of the branches: of the tasks in order, then of the stages; empty unless all are there.
struct BranchTracks {
  std::vector<const ObservedTrack*> tops, between;
};

BranchTracks branchTracks(const RunData& data) {
  BranchTracks out;
  std::map<int, const ObservedTrack*> stages;
  out.tops.resize(static_cast<std::size_t>(data.taskCount()));
  for (const ObservedTrack& track : data.observed()) {
    if (track.name != kBranches) continue;
    if (track.task >= 0 && track.task < data.taskCount())
      out.tops[static_cast<std::size_t>(track.task)] = &track;
    else if (track.task < 0 && track.shape.size() == 2)
      stages[track.place.toInt()] = &track;
  }
  for (const auto& [stage, track] : stages) out.between.push_back(track);
  if (std::find(out.tops.begin(), out.tops.end(), nullptr) != out.tops.end()) return {};
  return out;
}

/// Means over the newest finite rows up to this step.
std::vector<double> meansUpTo(const ObservedTrack& track, double step) {
  const Column& steps = track.x.in(XUnit::step);
  const auto end =
      static_cast<std::size_t>(std::upper_bound(steps.begin(), steps.end(), step) - steps.begin());
  std::vector<double> out;
  for (const Column& entry : track.entries) {
    double sum = 0, count = 0;
    for (std::size_t row = end; row-- > 0 && count < TreeSamples::kMeanOver;) {
      if (!std::isfinite(entry[row])) continue;
      sum += entry[row];
      ++count;
    }
    out.push_back(count > 0 ? sum / count : 0);
  }
  return out;
}

Branching rowsOf(const std::vector<double>& numbers, std::size_t width) {
  Branching out;
  for (std::size_t first = 0; first + width <= numbers.size(); first += width)
    out.emplace_back(numbers.begin() + static_cast<std::ptrdiff_t>(first),
                     numbers.begin() + static_cast<std::ptrdiff_t>(first + width));
  return out;
}

}  // namespace

bool TreeSamples::any(const RunData& data) {
  return !branchTracks(data).tops.empty() ||
         std::any_of(data.events().begin(), data.events().end(),
                     [&data](const auto& event) { return groupsIn(event, data).has_value(); });
}

void TreeSamples::restart() {
  *this = {};
}

void TreeSamples::add(Sample sample) {
  const auto behind = std::upper_bound(
      samples_.begin(), samples_.end(), sample,
      [](const Sample& one, const Sample& other) { return one.step < other.step; });
  samples_.insert(behind, std::move(sample));
}

void TreeSamples::grow(const RunData& data) {
  for (; events_ < data.events().size(); ++events_) {
    const auto& event = data.events()[events_];
    auto groups = groupsIn(event, data);
    const bool same = groups && !samples_.empty() && samples_.back().groups == *groups;
    if (groups && !same) add({event.step, std::nullopt, std::move(*groups)});
  }
  const auto tracks = branchTracks(data);
  if (tracks.tops.empty()) return;
  const Column& steps = tracks.tops.front()->x.in(XUnit::step);
  for (; rows_ < steps.size(); ++rows_) add({std::llround(steps[rows_]), rows_, {}});
}

TaskWays TreeSamples::ways(const RunData& data, int sample) const {
  const Sample& one = samples_[at(sample)];
  if (!one.row) return waysOfGroups(one.groups, static_cast<std::size_t>(data.taskCount()));
  const auto tracks = branchTracks(data);
  const auto step = static_cast<double>(one.step);
  Branching tops;
  for (const auto* track : tracks.tops) tops.push_back(meansUpTo(*track, step));
  std::vector<Branching> between;
  for (const auto* track : tracks.between)
    between.push_back(rowsOf(meansUpTo(*track, step), tops.front().size()));
  return waysOfBranching(between, tops);
}

}  // namespace eq::widgets

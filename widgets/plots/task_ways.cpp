#include "widgets/plots/task_ways.h"

#include <algorithm>

namespace eq::widgets {
namespace {

bool includesTask(const std::vector<std::size_t>& group, std::size_t task) {
  return std::find(group.begin(), group.end(), task) != group.end();
}

int groupOf(const std::vector<std::vector<std::size_t>>& groups, std::size_t task) {
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [task](const auto& group) { return includesTask(group, task); });
  return found == groups.end() ? -1 : static_cast<int>(found - groups.begin());
}

}  // namespace

double TaskWays::through(std::size_t stage, int copy, std::size_t task) const {
  double share = 0;
  for (const Link& link : stages[stage].links)
    if (link.above == copy) share += link.shares[task];
  return share;
}

std::optional<int> TaskWays::copyOf(std::size_t stage, std::size_t task) const {
  std::optional<int> most;
  for (int copy = 0; copy < stages[stage].copies; ++copy) {
    const double share = through(stage, copy, task);
    if (share > (most ? through(stage, *most, task) : 0)) most = copy;
  }
  return most;
}

TaskWays waysOfGroups(const GroupsOfTasks& stages, std::size_t tasks) {
  TaskWays ways;
  ways.ends.resize(tasks);
  for (std::size_t stage = 0; stage < stages.size(); ++stage) {
    const auto& groups = stages[stage];
    ways.stages.push_back({static_cast<int>(groups.size()), {}});
    for (std::size_t copy = 0; copy < groups.size(); ++copy) {
      TaskWays::Link link{stage == 0 ? -1 : groupOf(stages[stage - 1], groups[copy].front()),
                          static_cast<int>(copy), std::vector<double>(tasks)};
      for (const auto task : groups[copy]) {
        link.shares[task] = 1;
        ways.ends[task] = {{stage, static_cast<int>(copy), 1}};
      }
      ways.stages.back().links.push_back(std::move(link));
    }
  }
  return ways;
}

TaskWays waysOfBranching(const std::vector<Branching>& between, const Branching& tops) {
  TaskWays ways;
  const std::size_t tasks = tops.size(), copies = tops.front().size();
  ways.stages.resize(between.size() + 1);
  ways.ends.resize(tasks);
  for (std::size_t task = 0; task < tasks; ++task)
    for (std::size_t copy = 0; copy < copies; ++copy)
      ways.ends[task].push_back({between.size(), static_cast<int>(copy), tops[task][copy]});
  auto reached = tops;  // [task][copy] of the stage that is looked at, from the heads down
  for (std::size_t stage = ways.stages.size(); stage-- > 0;) {
    auto& at = ways.stages[stage];
    at.copies = static_cast<int>(copies);
    Branching below(tasks, std::vector<double>(copies));
    for (std::size_t copy = 0; copy < copies; ++copy)
      for (std::size_t from = 0; from < (stage == 0 ? 1 : copies); ++from) {
        TaskWays::Link link{stage == 0 ? -1 : static_cast<int>(from), static_cast<int>(copy), {}};
        for (std::size_t task = 0; task < tasks; ++task) {
          link.shares.push_back(reached[task][copy] *
                                (stage == 0 ? 1 : between[stage - 1][copy][from]));
          below[task][from] += link.shares.back();
        }
        at.links.push_back(std::move(link));
      }
    reached = std::move(below);
  }
  return ways;
}

}  // namespace eq::widgets

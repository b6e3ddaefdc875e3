#include "core/base/task_grouping.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace eq {
namespace {

using Members = std::uint64_t;  ///< a bit a task

constexpr double kMostLooks = 1e6;
constexpr std::size_t kMostExactTasks = 16;  // whose groups are listed
constexpr double kNotIn = -std::numeric_limits<double>::infinity();
constexpr double kGain = 1e-12;  // what is no rounding

bool holds(Members group, std::size_t task) {
  return (group >> task & 1) != 0;
}

/// The groups in the order of their members, {0} before {0, 1} before {0, 2} before {1}.
bool isBefore(Members one, Members other) {
  const Members differ = one ^ other;
  if (differ == 0) return false;
  const Members lowest = differ & (~differ + 1);
  const Members above = ~(lowest | (lowest - 1));
  // Who has the lowest task that differs is first, unless the other has ended there.
  return (one & lowest) != 0 ? (other & above) != 0 : (one & above) == 0;
}

/// [K] value of each task in a group; -inf for those outside.
std::vector<double> valuesIn(Members group, const std::vector<double>& affinity,
                             std::size_t tasks) {
  std::vector<double> values(tasks, kNotIn);
  for (std::size_t j = 0; j < tasks; ++j) {
    if (!holds(group, j)) continue;
    double sum = 0;
    int others = 0;
    for (std::size_t i = 0; i < tasks; ++i) {
      if (i == j || !holds(group, i)) continue;
      sum += affinity[i * tasks + j];
      ++others;
    }
    values[j] = others == 0 ? 0 : sum / others;
  }
  return values;
}

/// Looks at the groupings, those of fewer groups first.
class GroupingSearch {
 public:
  GroupingSearch(const std::vector<double>& affinity, std::size_t tasks) : tasks_(tasks) {
    for (Members group = 1; group < Members{1} << tasks; ++group) groups_.push_back(group);
    std::sort(groups_.begin(), groups_.end(), isBefore);
    for (const Members group : groups_) values_.push_back(valuesIn(group, affinity, tasks));
  }

  std::vector<Members> best(std::size_t most) {
    for (std::size_t count = 1; count <= most; ++count)
      extend(0, count, std::vector<double>(tasks_, kNotIn));
    return best_;
  }

 private:
  /// \param reached [K] the best values of the groups chosen so far.
  void extend(std::size_t first, std::size_t left, const std::vector<double>& reached) {
    if (left == 0) return judge(reached);
    for (std::size_t g = first; g + left <= groups_.size(); ++g) {
      auto further = reached;
      for (std::size_t j = 0; j < tasks_; ++j) further[j] = std::max(further[j], values_[g][j]);
      chosen_.push_back(groups_[g]);
      extend(g + 1, left - 1, further);
      chosen_.pop_back();
    }
  }

  void judge(const std::vector<double>& reached) {
    double score = 0;
    for (const double value : reached) score += value;
    if (!(score > score_ + kGain)) return;
    score_ = score;
    best_ = chosen_;
  }

  std::size_t tasks_;
  std::vector<Members> groups_, chosen_, best_;
  std::vector<std::vector<double>> values_;  ///< [group][task]
  double score_ = kNotIn;
};

double sumIn(Members group, const std::vector<double>& affinity, std::size_t tasks) {
  double sum = 0;
  for (const double value : valuesIn(group, affinity, tasks))
    if (value != kNotIn) sum += value;
  return sum;
}

/// Groups grown from every task, one task at a time as long as that gains.
std::vector<Members> grownGroups(const std::vector<double>& affinity, std::size_t tasks) {
  std::vector<Members> groups;
  for (std::size_t seed = 0; seed < tasks; ++seed) {
    Members group = Members{1} << seed;
    groups.push_back(group);
    while (true) {
      Members next = group;
      double most = sumIn(group, affinity, tasks) + kGain;
      for (std::size_t j = 0; j < tasks; ++j)
        if (const Members with = group | Members{1} << j;
            !holds(group, j) && sumIn(with, affinity, tasks) > most) {
          next = with;
          most = sumIn(with, affinity, tasks);
        }
      if (next == group) break;
      groups.push_back(group = next);
    }
  }
  return groups;
}

/// The tasks that are in no group join the one whose sum of values then is largest.
void cover(std::vector<Members>& chosen, const std::vector<double>& affinity, std::size_t tasks) {
  for (std::size_t j = 0; j < tasks; ++j) {
    if (std::any_of(chosen.begin(), chosen.end(), [j](Members group) { return holds(group, j); }))
      continue;
    std::size_t best = 0;
    double most = kNotIn;
    for (std::size_t g = 0; g < chosen.size(); ++g) {
      const Members with = chosen[g] | Members{1} << j;
      const double change = sumIn(with, affinity, tasks) - sumIn(chosen[g], affinity, tasks);
      if (change > most) most = change, best = g;
    }
    chosen[best] |= Members{1} << j;
  }
}

std::vector<Members> greedyGroups(const std::vector<double>& affinity, std::size_t tasks,
                                  std::size_t most) {
  const auto offered = grownGroups(affinity, tasks);
  std::vector<Members> chosen;
  std::vector<double> reached(tasks, 0);  // as if alone
  while (chosen.size() < most) {
    double gain = chosen.empty() ? kNotIn : kGain;
    Members next = 0;
    for (const Members group : offered) {
      double more = 0;
      const auto values = valuesIn(group, affinity, tasks);
      for (std::size_t j = 0; j < tasks; ++j) more += std::max(values[j] - reached[j], 0.0);
      if (more > gain) gain = more, next = group;
    }
    if (next == 0) break;
    chosen.push_back(next);
    const auto values = valuesIn(next, affinity, tasks);
    for (std::size_t j = 0; j < tasks; ++j) reached[j] = std::max(reached[j], values[j]);
  }
  cover(chosen, affinity, tasks);
  std::sort(chosen.begin(), chosen.end(), isBefore);
  return chosen;
}

double looksOf(std::size_t tasks, std::size_t most) {
  double looks = 1;
  const double groups = std::pow(2.0, static_cast<double>(tasks)) - 1;
  for (std::size_t i = 0; i < most; ++i)
    looks *= (groups - static_cast<double>(i)) / static_cast<double>(i + 1);
  return looks;
}

}  // namespace

TaskGrouping groupTasks(const std::vector<double>& affinity, std::size_t tasks, std::size_t most) {
  const auto groupCount = std::min(most, tasks);
  TaskGrouping grouping;
  grouping.greedy = tasks > kMostExactTasks || looksOf(tasks, groupCount) > kMostLooks;
  const auto chosen = grouping.greedy ? greedyGroups(affinity, tasks, groupCount)
                                      : GroupingSearch(affinity, tasks).best(groupCount);
  std::vector<double> reached(tasks, kNotIn);
  grouping.serves.assign(tasks, 0);
  for (std::size_t g = 0; g < chosen.size(); ++g) {
    grouping.groups.emplace_back();
    const auto values = valuesIn(chosen[g], affinity, tasks);
    for (std::size_t j = 0; j < tasks; ++j) {
      if (holds(chosen[g], j)) grouping.groups.back().push_back(j);
      if (!(values[j] > reached[j])) continue;
      reached[j] = values[j];
      grouping.serves[j] = g;
    }
  }
  for (const double value : reached) grouping.score += value;
  return grouping;
}

}  // namespace eq

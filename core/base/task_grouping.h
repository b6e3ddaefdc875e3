#pragma once

#include <cstddef>
#include <vector>

namespace eq {

/// Tasks that should be trained together.
struct TaskGrouping {
  double score = 0;  ///< sum over the tasks of their value in the best of their groups
  std::vector<std::vector<std::size_t>> groups;  ///< each ascending, by first member
  std::vector<std::size_t> serves;               ///< [K] the group that is best for each task
  bool greedy = false;                           ///< not all groupings were looked at
};

/// At most so many groups, which may overlap, such that every task is in one and the sum of the
/// tasks' values is largest. The value of task j in a group is the mean of affinity[i][j] over its
/// other members i; alone it is 0. Of equal groupings the one of fewer groups, then the one that is
/// first in order. Exact as long as the groupings to look at are few (10^6), greedy beyond: the
/// group that gains most, then the next, until none gains; who is in none then joins where that is
/// best. (Fifty et al., NeurIPS 2021.)
/// \param affinity [K * K], what task i (row) does for task j; none NaN. \pre tasks >= 1.
TaskGrouping groupTasks(const std::vector<double>& affinity, std::size_t tasks, std::size_t most);

}  // namespace eq

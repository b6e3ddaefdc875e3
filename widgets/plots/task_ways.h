#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace eq::widgets {

/// How each task goes from the inputs through copies of a network's stages.
struct TaskWays {
  /// From a copy of the stage below (-1: the inputs) to a copy of a stage.
  struct Link {
    int below = -1, above = 0;
    std::vector<double> shares;  ///< [task] of the task that goes this way, 0 to 1
  };
  struct Stage {
    int copies = 0;
    std::vector<Link> links;
  };
  /// Where a task leaves for its head.
  struct End {
    std::size_t stage = 0;
    int copy = 0;
    double share = 1;
  };
  std::vector<Stage> stages;
  std::vector<std::vector<End>> ends;  ///< [task]

  std::size_t tasks() const { return ends.size(); }
  /// Of a task, how much goes through a copy.
  double through(std::size_t stage, int copy, std::size_t task) const;
  /// The copy that most of it goes through; none where it does not reach the stage.
  std::optional<int> copyOf(std::size_t stage, std::size_t task) const;
};

/// Tasks of each copy of each stage: [stage][copy].
using GroupsOfTasks = std::vector<std::vector<std::vector<std::size_t>>>;
/// Groups lie within those of the stage before; a task in none leaves before.
TaskWays waysOfGroups(const GroupsOfTasks& stages, std::size_t tasks);

/// Shares in which something goes on from several copies, each row in all 1: [row][copy below].
using Branching = std::vector<std::vector<double>>;
/// Every copy reads all copies of the stage below, by these shares. \param between
/// [stage - 1][copy][copy below]. \param tops [task][copy of the last stage].
TaskWays waysOfBranching(const std::vector<Branching>& between, const Branching& tops);

}  // namespace eq::widgets

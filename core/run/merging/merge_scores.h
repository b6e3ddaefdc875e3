#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/run/merging/merge_bench.h"

namespace eq::run {

/// What a task is worth before and after a merge, on one split.
struct TaskScore {
  std::string task;
  std::string metric;  ///< its first one, else "loss"
  bool higherIsBetter = false;
  std::optional<size_t> head;                  ///< the run that its head is from; none: the base
  std::optional<double> base;                  ///< with the base's head
  std::vector<std::optional<double>> experts;  ///< [K] each with its own head
  std::optional<double> merged;

  /// Of the run that the head is from.
  std::optional<double> expert() const { return head ? experts.at(*head) : std::nullopt; }
  /// merged/expert where higher is better, else expert/merged; none unless both are above 0.
  std::optional<double> normalised() const;
};

/// The tasks of a merge, without what is merged.
std::vector<TaskScore> scoresOf(const MergePlan& plan, const TaskValues& base,
                                const std::vector<TaskValues>& experts);

/// How good merged values are, higher is better: the mean normalised value over the tasks where
/// base and expert have one, else over tasks the mean of (merged − base)/|expert − base|, turned so
/// that more is better. \throws Error when no task tells.
double judge(const std::vector<TaskScore>& scores, const TaskValues& merged);

/// Whether the tasks that no run trains keep this share of the base's value.
/// \param place of what asks, for messages. \throws Error when there is none.
bool keepsOthers(const std::vector<TaskScore>& scores, const TaskValues& merged, double share,
                 const std::string& place);

/// Of both splits. Whatever is chosen or learned sees `validation` alone.
struct MergeScores {
  std::vector<TaskScore> validation, test;
};

/// "tasks" and "mean" of a report.
nlohmann::json tasksAsJson(const MergeScores& scores, const std::vector<std::string>& runs);
nlohmann::json meanAsJson(const MergeScores& scores);

}  // namespace eq::run

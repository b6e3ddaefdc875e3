#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/task.h"
#include "core/train/experiment.h"
#include "widgets/method_editor.h"

namespace eq::widgets {

/// What is known of a task before its loss is chosen.
struct KnownTask {
  std::optional<TaskInfo> info = std::nullopt;  ///< nothing before its data have been read
  std::vector<std::int64_t> classCounts = {};   ///< training examples of each; empty: not known
  std::filesystem::path folder = {};            ///< where relative paths start
};

/// Losses of a task: which fit it, what a swap needs and begins anew; counts of classes, and the
/// loss in force as the one that a wrapper or a sum is made of, are filled in.
MethodRules lossRules(const KnownTask& task);

/// Loss weightings and gradient methods for tasks of these kinds. \param count of the tasks; 0:
/// not known. \param kinds empty: not known.
MethodRules weightingRules(std::int64_t count, const std::vector<TaskKind>& kinds);
MethodRules gradientRules(std::int64_t count, const std::vector<TaskKind>& kinds);

/// Methods that train a front, for the experiment that `experiment` gives when it is asked.
MethodRules frontRules(std::function<train::Experiment()> experiment);

/// Models for the data that `data` names when it is asked: an analytic problem is a point of its
/// own.
MethodRules modelRules(std::function<std::string()> data);

}  // namespace eq::widgets

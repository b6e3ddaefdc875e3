#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/run/run_folder.h"

namespace eq::study {

/// Which of its values a run is compared by.
struct ValueChoice {
  enum class Kind {
    final,  ///< of the newest evaluation
    best,   ///< where the task's first metric was best on the validation split
    mean    ///< of the last `count` evaluations, or as many as there are
  };
  Kind kind = Kind::final;
  std::int64_t count = 0;
  train::SplitName split = train::SplitName::test;
};
/// \param text final, best or mean:K. \param split train, validation, val or test.
/// \throws Error for anything else.
ValueChoice valueChoice(const std::string& text, const std::string& split);
/// "final values of the test split".
std::string inWords(const ValueChoice& choice);

/// A task's values by metric; none where the split was not evaluated.
using MetricValues = std::map<std::string, std::optional<double>>;

struct ComparedTask {
  std::string name;
  bool enabled = true;
  std::string firstMetric;  ///< "loss" where there is no metric
  nlohmann::json loss;      ///< with its parameters, defaults included
  MetricValues values;
};

/// A run as comparisons see it.
struct ComparedRun {
  std::filesystem::path folder;
  run::RunState state = run::RunState::finished;
  std::int64_t seed = 0;
  nlohmann::json experiment;  ///< as it ended; what was done meanwhile is its field "changes"
  nlohmann::json complete;    ///< the same with every default
  std::vector<ComparedTask> tasks;
  std::optional<std::string> onlyTask = {};  ///< see onlyTaskThroughout()

  const ComparedTask* task(const std::string& name) const;
  /// Of the completed experiment; null where it has no such field.
  nlohmann::json field(const std::string& path) const;
  /// The one task that it was trained for, where it is a single-task baseline from its first step
  /// on. Else null.
  const ComparedTask* baselineTask() const;
  /// As it could be trained again: without the field "changes".
  nlohmann::json trainable() const;
};

/// \throws Error when the folder holds no run, or it cannot be read.
ComparedRun readComparedRun(const std::filesystem::path& folder, const ValueChoice& choice);

}  // namespace eq::study

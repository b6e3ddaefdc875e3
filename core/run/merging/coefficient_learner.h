#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/parameter.h"
#include "core/merge/method.h"
#include "core/run/merging/merge_memory.h"
#include "core/run/merging/merge_plan.h"
#include "core/run/merging/merge_progress.h"
#include "core/train/probe/parameter_probe.h"

namespace eq::run {

/// What the learning of coefficients asks of the merge around it.
struct LearningPlace {
  const merge::Question& question;
  train::ParameterProbe& probe;
  std::vector<char> tasks;     ///< that take part
  std::vector<char> trained;   ///< of the experts
  bool startsAsGiven = false;  ///< "init" was given, so it holds for any number of experts
  /// The model's parameters of a θ.
  std::function<ParameterMap(const Eigen::VectorXd& theta)> parameters;
  /// How good they are on the validation split, higher is better.
  std::function<double(const ParameterMap&)> judge;
  const MergeProgress& progress;
  MergeMemory* memory = nullptr;  ///< null: nothing is kept
};

/// Whether a method learns coefficients of task vectors by gradient steps.
bool learnsCoefficients(const std::string& id);

/// The further fields of `adamerging`, `atlas` or `self_positioning` after their steps on
/// validation examples: "coefficients", for atlas with partitions "partition"; "scale" stands
/// beside them where it was learned. \param params all of the method's. \throws Error where no task
/// has what the objective needs.
nlohmann::json learnCoefficients(const std::string& id, const nlohmann::json& params,
                                 std::uint64_t seed, const LearningPlace& place);

/// Gradients as a calculation reads them: of the merged tensors, 0 where the probe has none.
nlohmann::json asField(const train::NamedTensors& tensors, const merge::Question& question);

}  // namespace eq::run

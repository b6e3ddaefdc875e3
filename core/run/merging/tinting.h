#pragma once

#include "core/run/merging/merge_probes.h"

namespace eq::run {

/// What tinting learned: coefficients of task vectors, a tensor each, and the tasks' heads.
struct Tinted {
  nlohmann::json coefficients;  ///< [K] {tensor: number}
  ParameterMap heads;
};

/// Trains coefficients and heads together on what the experts predict for validation inputs.
/// Jung et al., 2024. \throws Error where no run trains a task with classes.
Tinted tinted(const RunMerger& merger, const MergeTable& table);

/// The coefficients as extras, `tinting.EXPERT.TENSOR`.
void addCoefficients(const nlohmann::json& coefficients, MergedModel& merged);

}  // namespace eq::run

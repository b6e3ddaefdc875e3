#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/merge/question.h"
#include "core/run/merging/merge_source.h"

namespace eq::train {
class Trainer;
}

namespace eq::run {

/// What a merge takes from where, beside the merged tensors.
struct MergePlan {
  train::Experiment experiment;  ///< of the result: the base's, with all tasks on that any of base
                                 ///< and runs trains, each with the loss of its head
  std::vector<std::optional<size_t>> heads;  ///< [task] the run that it is from; none: the base
  std::vector<std::string> warnings;
};

/// A head is that of the first run that trains its task; one that is merged has the base's loss.
MergePlan planMerge(const MergeSource& base, const std::vector<MergeSource>& experts,
                    const std::vector<std::string>& exclude);

/// Makes the trainer's experiment that of the plan; its events say how.
void follow(const MergePlan& plan, train::Trainer& trainer);

/// The task of `head.TASK.*` by its number; none for other names.
std::optional<size_t> taskOfHead(const std::string& name, const train::Experiment& experiment);

/// Parameters by name, without `model.`, on the CPU.
using ParameterMap = std::map<std::string, at::Tensor>;
ParameterMap parametersOf(const MergeSource& source);

/// The parameters of the result: θ in the base's type, heads as planned, all else from the base.
ParameterMap mergedParameters(const MergePlan& plan, const MergeSource& base,
                              const std::vector<MergeSource>& experts,
                              const merge::Question& question, const Eigen::VectorXd& theta,
                              const std::vector<std::string>& exclude);

}  // namespace eq::run

#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/merge/method.h"
#include "core/run/merging/merge_plan.h"
#include "core/run/merging/merge_runs.h"
#include "core/run/run_folder.h"
#include "core/train/trainer.h"

namespace eq::run {

/// "norms", "cosines", "merged_norm" and "layers" of a report.
nlohmann::json geometryAsJson(const merge::Question& question, const Eigen::VectorXd& theta);

/// λ in force; null where the method has none.
nlohmann::json lambdaOf(const std::string& id, const nlohmann::json& params);

/// What happened, as the merged run's record tells it.
/// \param further about the restored base, to stand behind the text.
train::EventRecord mergeEvent(const MergeRequest& request, const MergeSource& base,
                              const nlohmann::json& report, const train::Trainer& trainer,
                              const std::string& further);

/// The merged run as a fork of the base, with all tasks of the plan on. \param trainer of the base.
RunWriter::ForkStart forkOf(const MergeSource& base, const train::Trainer& trainer,
                            const MergePlan& plan);

}  // namespace eq::run

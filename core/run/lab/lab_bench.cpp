#include "core/run/lab/lab_bench.h"

#include "core/run/run_values.h"

namespace eq::run {
namespace {

TaskValues baseValues(train::Trainer& standing, const MergePlan& plan) {
  const auto evaluation = standing.evaluate(train::SplitName::validation);
  return comparable(mainValues(standing.experiment(), evaluation.tasks), plan,
                    standing.experiment());
}

/// Of the plan's experiment; `standing` stays as it is.
MergeBench benchOf(const train::Trainer& standing, const MergePlan& plan) {
  const auto planned = standing.twin();
  follow(plan, *planned);
  return MergeBench(*planned);
}

}  // namespace

LabBench::LabBench(train::Trainer& standing, const MergePlan& plan, const MergeSource& base,
                   const std::vector<MergeSource>& experts, const MergeProgress& progress)
    : own_((progress({"the base"}), scoresOf(plan, baseValues(standing, plan), {}))),
      bench_(benchOf(standing, plan)) {
  for (size_t k = 0; k < experts.size(); ++k) {
    progress({placeOfRun(experts, k)});
    const auto values =
        comparable(expertValues(bench_, base, experts[k]).validation, plan, experts[k].experiment);
    for (size_t t = 0; t < own_.size(); ++t) own_[t].experts.push_back(values.at(t));
  }
}

std::vector<TaskScore> LabBench::scores(const ParameterMap& merged) {
  const auto values = bench_.values(merged);
  auto scores = own_;
  for (size_t t = 0; t < scores.size(); ++t) scores[t].merged = values.at(t);
  return scores;
}

}  // namespace eq::run

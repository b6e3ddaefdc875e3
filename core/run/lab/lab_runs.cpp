#include <algorithm>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/run/lab/merge_lab.h"
#include "core/run/lineage.h"
#include "core/run/merging/merge_report.h"
#include "core/run/merging/merge_runs.h"
#include "core/run/run_argument.h"
#include "core/run/run_folder.h"
#include "core/run/run_start.h"
#include "core/run/runner_state.h"

// Where a lab's runs come from, and the run that it makes.

namespace eq::run {
namespace {

namespace fs = std::filesystem;

using Infos = std::vector<RunInfo>;

Infos infosOf(const std::vector<fs::path>& runs) {
  Infos infos;
  for (const auto& run : runs) infos.push_back(RunReader(run).info());
  return infos;
}

bool isParentOfAny(const RunInfo& info, const Infos& all) {
  return !info.id.empty() && std::any_of(all.begin(), all.end(), [&](const RunInfo& other) {
    return other.parentId == info.id;
  });
}

/// Without the base, where that was chosen, too.
Infos expertsAmong(const Infos& all) {
  Infos experts;
  std::copy_if(all.begin(), all.end(), std::back_inserter(experts),
               [&](const RunInfo& info) { return !isParentOfAny(info, all); });
  return experts.empty() ? all : experts;
}

std::string nameOfFolder(const RunInfo& info) {
  return info.folder.filename().string();
}

void requireOneParent(const Infos& experts) {
  for (const auto& expert : experts)
    if (expert.parent.empty())
      fail(
          "{}: is no fork of another run, so it is not known from which base it was trained; "
          "choose runs that were forked from one run at one step, as the command experts makes "
          "them",
          nameOfFolder(expert));
  const auto& first = experts.front();
  for (const auto& expert : experts)
    if (expert.parentId != first.parentId || expert.parentStep != first.parentStep ||
        (expert.parentId.empty() && expert.parent != first.parent))
      fail(
          "{} was forked from {} at step {}, and {} from {} at step {}; experts of one lab come "
          "from one run at one step",
          nameOfFolder(first), first.parent, first.parentStep, nameOfFolder(expert), expert.parent,
          expert.parentStep);
}

/// "merged 0.5 left, 0.3 right".
std::string titleOf(const LabFacts& lab, const LabCoefficients& coefficients) {
  std::vector<std::string> parts;
  for (size_t k = 0; k < lab.experts.size(); ++k)
    parts.push_back(fmt::format("{:.4g} {}", coefficients.whole.at(k), lab.experts[k].name));
  return fmt::format("merged {}", fmt::join(parts, ", "));
}

}  // namespace

double usualLambda(const std::string& method) {
  return lambdaOf(method, nlohmann::json::object()).get<double>();
}

LabRequest labRequestOf(const std::vector<fs::path>& runs) {
  if (runs.empty()) fail("the merge lab needs at least one expert, found none");
  const auto experts = expertsAmong(infosOf(runs));
  requireOneParent(experts);
  const auto base = parentFolder(experts.front());
  if (base.empty() || !isRun(base))
    fail("{}: its base, {}, is not there any more{}", nameOfFolder(experts.front()),
         experts.front().parent, base.empty() ? "" : "; it lay at " + base.string());
  LabRequest request;
  request.base = fmt::format("{}@{}", base.string(), experts.front().parentStep);
  for (const auto& expert : experts) request.runs.push_back(expert.folder.string());
  return request;
}

LabRun saveMerged(const LabFacts& lab, const LabCoefficients& coefficients,
                  const fs::path& workspace, const MergeProgress& progress) {
  if (!coefficients.layers.empty())
    fail("a merge with coefficients a tensor cannot be written as a run; give one to each expert");
  MergeRequest merge;
  merge.id = "task_arithmetic";
  merge.params = {{"lambda", 1}, {"weights", coefficients.whole}};
  merge.base = lab.request.base;
  merge.runs = lab.request.runs;
  const auto base = RunReader(runArgument(lab.request.base).folder).info();
  merge.out = makeRunFolder(workspace, base.name + " merged");
  return orRemove(merge.out, [&] {
    LabRun run{merge.out, mergeRuns(merge, progress).warnings};
    setTitle(run.folder, titleOf(lab, coefficients));
    return run;
  });
}

}  // namespace eq::run

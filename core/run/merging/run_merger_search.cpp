#include <algorithm>
#include <limits>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/merge/branch_search.h"
#include "core/merge/catalog.h"
#include "core/run/merging/run_merger.h"

// What a merge tries on the validation split.

namespace eq::run {
namespace {

using nlohmann::json;

/// [task] whether it counts. \param names a list, or null: all.
std::vector<char> targetsOf(const json& names, const std::vector<TaskScore>& scores) {
  std::vector<char> counts(scores.size(), names.is_null() ? 1 : 0);
  for (const auto& name : names) {
    const auto found = std::find_if(scores.begin(), scores.end(),
                                    [&](const auto& score) { return score.task == name; });
    if (found == scores.end()) fail("fork_merge.target: there is no task {}", name.dump());
    counts[static_cast<size_t>(found - scores.begin())] = 1;
  }
  return counts;
}

/// Higher is better.
double meanOfTargets(const std::vector<TaskScore>& scores, const std::vector<char>& targets,
                     const TaskValues& values) {
  double sum = 0;
  int count = 0;
  for (size_t t = 0; t < scores.size(); ++t) {
    if (!targets[t]) continue;
    if (!values.at(t)) return -std::numeric_limits<double>::infinity();
    sum += (scores[t].higherIsBetter ? 1 : -1) * *values[t];
    ++count;
  }
  if (count == 0) fail("fork_merge.target: no task counts");
  return sum / count;
}

/// Of the tasks whose heads are from one run.
struct OwnScores {
  std::vector<TaskScore> scores;
  TaskValues merged;
};
OwnScores ownScores(const std::vector<TaskScore>& scores, const TaskValues& merged, size_t run) {
  OwnScores own;
  for (size_t t = 0; t < scores.size(); ++t) {
    if (scores[t].head != run) continue;
    own.scores.push_back(scores[t]);
    own.merged.push_back(merged.at(t));
  }
  return own;
}

}  // namespace

MergedModel RunMerger::mixed(MergeBench& bench, const std::vector<TaskScore>& scores,
                             const MergeProgress& progress) const {
  const auto params = Parameters(merge::catalog().descriptor(id_).parameters, params_, id_);
  const auto targets = targetsOf(params.at("target"), scores);
  const auto thetaOf = [&](const std::vector<double>& shares) {
    return merge::weightedSum(question_.experts, shares);
  };
  const auto judged = [&](const std::vector<double>& shares) {
    progress({fmt::format("shares {:.3g}", fmt::join(shares, ", "))});
    return meanOfTargets(scores, targets, bench.values(parametersWith(thetaOf(shares))));
  };
  std::vector<double> alone;
  for (size_t k = 0; k < experts_.size(); ++k) {
    std::vector<double> shares(experts_.size(), 0.0);
    shares[k] = 1;
    alone.push_back(judged(shares));
  }
  const auto mix = merge::mixBranches(alone, params.numbers("grid"), judged);
  MergedModel merged{thetaOf(mix.shares), {}, {}};
  merged.parameters = parametersWith(merged.theta);
  merged.fields = {{"raw_coefficients", mix.raw}, {"coefficients", mix.shares},
                   {"order", mix.order},          {"scores", alone},
                   {"score", mix.score},          {"evaluations", mix.evaluations}};
  return merged;
}

double RunMerger::searchedLambda(MergeBench& bench, const std::vector<TaskScore>& scores,
                                 const MergeProgress& progress) const {
  const bool spectral = id_ == "iso_c" || id_ == "iso_cts" || id_ == "tsv_m";
  auto params = params_;
  double best = 0, bestScore = 0;
  int without = 0;
  for (int tenths = 1; tenths <= (spectral ? 30 : 10) && (!spectral || without < 3); ++tenths) {
    const double lambda = tenths / 10.0;
    progress({fmt::format("λ {}", lambda)});
    params["lambda"] = lambda;
    const double score = judge(scores, values(mergedWith(params), bench));
    const bool gains = tenths == 1 || score > bestScore;
    without = gains ? 0 : without + 1;
    if (gains) best = lambda, bestScore = score;
  }
  return best;
}

double RunMerger::largestThatKeeps(MergeBench& bench, const std::vector<TaskScore>& scores,
                                   const MergeProgress& progress) const {
  const double control = params_.value("control", 0.95);
  auto params = params_;
  for (int tenths = 10; tenths >= 1; --tenths) {
    const double lambda = tenths / 10.0;
    progress({fmt::format("λ {}", lambda)});
    params["lambda"] = lambda;
    if (keepsOthers(scores, values(mergedWith(params), bench), control, id_ + ".lambda"))
      return lambda;
  }
  fail(
      "{}.lambda: with none of 0.1 to 1 do the other tasks keep {} of the base's metric; give a "
      "number",
      id_, control);
}

std::vector<double> RunMerger::searchedMasks(MergeBench& bench,
                                             const std::vector<TaskScore>& scores,
                                             const MergeProgress& progress) const {
  json params = json::object();
  for (const char* name : {"exclude", "strict", "vector", "keep"})
    if (params_.contains(name)) params[name] = params_[name];
  const RunMerger masks("tall_masks", params, seed_, base_, experts_);
  std::vector<double> lambdas(experts_.size(), 0.4), best(experts_.size(), 0.0);
  for (int tenths = 2; tenths <= 6; ++tenths) {
    const double lambda = tenths / 10.0;
    progress({fmt::format("λ {} of the masks", lambda)});
    params["lambda"] = lambda;
    const auto found = masks.values(masks.mergedWith(params), bench);
    for (size_t k = 0; k < experts_.size(); ++k) {
      const auto own = ownScores(scores, found, k);
      if (own.scores.empty()) continue;  // a run without a head: its λ stays the default
      const double score = judge(own.scores, own.merged);
      if (tenths == 2 || score > best[k]) best[k] = score, lambdas[k] = lambda;
    }
  }
  return lambdas;
}

}  // namespace eq::run

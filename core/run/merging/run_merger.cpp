#include "core/run/merging/run_merger.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/merge/branch_search.h"
#include "core/merge/catalog.h"
#include "core/run/merging/mask_bits.h"

namespace eq::run {
namespace {

using nlohmann::json;

/// A calculation's parameters: what is searched for stands as some number.
json withNumbers(json params) {
  if (!params.is_object()) return params;
  for (const char* name : {"lambda", "mask_lambda"})
    if (params.contains(name) && params[name] == "search") params[name] = 0.5;
  return params;
}

/// Whether the validation split gives fields of the method's calculation.
bool readsFieldsOf(const std::string& id) {
  constexpr std::array kIds{"fisher", "gradient_matching", "adamerging", "atlas",
                            "self_positioning"};
  return std::find(kIds.begin(), kIds.end(), id) != kIds.end();
}

std::unique_ptr<merge::MergeMethod> methodOf(const std::string& id, const json& params) {
  const auto& descriptor = merge::catalog().descriptor(id);
  auto method = merge::createMerge(id, withNumbers(params));
  const auto data = descriptor.traits.value("data", "");
  if (!dynamic_cast<const merge::TensorMerge*>(method.get()))
    fail("{}: is a calculation alone and merges no runs; give it numbers by --input", id);
  if (data != "none" && !readsFieldsOf(id) && id != "fork_merge")
    fail(
        "{}: learns from {}, which merges of runs by it do not read yet; --input has its "
        "calculation",
        id, data);
  if (id == "adapter_routing")
    fail("{}: is a calculation alone and merges no runs; give it numbers by --input", id);
  return method;
}

const merge::TensorMerge& tensorMerge(const merge::MergeMethod& method) {
  return dynamic_cast<const merge::TensorMerge&>(method);
}

std::vector<merge::Model> modelsOf(const std::vector<MergeSource>& experts) {
  std::vector<merge::Model> models;
  for (const auto& expert : experts) models.push_back(modelOf(expert));
  return models;
}

std::vector<std::string> placesOf(const std::vector<MergeSource>& experts) {
  std::vector<std::string> names;
  for (size_t k = 0; k < experts.size(); ++k) names.push_back(placeOfRun(experts, k));
  return names;
}

std::vector<std::int64_t> trainingExamples(const std::vector<MergeSource>& experts) {
  std::vector<std::int64_t> counts;
  for (const auto& expert : experts)
    counts.push_back(expert.snapshot.meta.at("data").at("train").get<std::int64_t>());
  return counts;
}

/// Without what is as long as the model.
json shortFields(json fields) {
  for (const char* name : {"masks", "reconstructed", "scores", "consensus"}) fields.erase(name);
  return fields;
}

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

RunMerger::RunMerger(const std::string& id, const json& params, std::uint64_t seed,
                     const MergeSource& base, const std::vector<MergeSource>& experts)
    : id_(id), params_(params), seed_(seed), base_(base), experts_(experts) {
  const auto method = methodOf(id, params);
  exclude_ = tensorMerge(*method).exclude();
  question_ = merge::questionOf(modelOf(base), modelsOf(experts), placesOf(experts), exclude_);
  plan_ = planMerge(base, experts, exclude_);
  if (question_.places.empty())
    fail("{}: the base has no tensor that is merged; see \"exclude\"", id);
  if (id == "gradient_matching" && !params_.value("sizes", json()).is_array())
    params_["sizes"] = trainingExamples(experts);
  if (id != "expert_average" || ranks()) return;
  if (params.contains("top") && params["top"] != 0)
    plan_.warnings.push_back(
        "top is for a target: expert_average without one averages all the runs");
  params_["top"] = 0;
}

bool RunMerger::ranks() const {
  return id_ == "expert_average" && params_.contains("target") && !params_["target"].is_null();
}

bool RunMerger::readsFields() const {
  return readsFieldsOf(id_);
}

void RunMerger::give(const json& fields) {
  for (const auto& [name, value] : fields.items())
    (name == "scale" ? params_ : fields_)[name] = value;
}

ParameterMap RunMerger::parametersWith(const Eigen::VectorXd& theta) const {
  return mergedParameters(plan_, base_, experts_, question_, theta, exclude_);
}

MergedModel RunMerger::mergedWith(const json& params) const {
  const auto method = methodOf(id_, params);
  auto found = tensorMerge(*method).mergedOf(question_, fields_, seed_);
  MergedModel merged{found.theta, {}, {}};
  merged.parameters = parametersWith(found.theta);
  if (id_ == "tall_masks") addReconstructed(found, merged);
  merged.fields = shortFields(std::move(found.fields));
  return merged;
}

void RunMerger::addReconstructed(const merge::Merged& found, MergedModel& merged) const {
  const auto& models = found.fields.at("reconstructed");
  for (size_t k = 0; k < models.size(); ++k) {
    const auto theta = merge::readFlat(models[k], "reconstructed", question_);
    merged.ofExperts.push_back(parametersWith(theta));
    const auto mask = merge::readFlat(found.fields.at("masks")[k], "masks", question_);
    for (const auto& place : question_.places)
      merged.extras[fmt::format("masks.{}.{}", k, place.name)] =
          bitsOf(mask.segment(place.begin, place.size));
  }
}

TaskValues RunMerger::values(const MergedModel& merged, MergeBench& bench) const {
  auto values = bench.values(merged.parameters);
  for (size_t k = 0; k < merged.ofExperts.size(); ++k) {
    if (std::find(plan_.heads.begin(), plan_.heads.end(), k) == plan_.heads.end()) continue;
    const auto own = bench.values(merged.ofExperts[k]);
    for (size_t t = 0; t < values.size(); ++t)
      if (plan_.heads[t] == k) values[t] = own[t];
  }
  return values;
}

MergedModel RunMerger::merge(MergeBench& bench, const std::vector<TaskScore>& scores,
                             const MergeProgress& progress) {
  const auto isSearched = [&](const char* name) {
    return params_.contains(name) && params_[name] == "search";
  };
  if (id_ == "fork_merge") return mixed(bench, scores, progress);
  const bool masks = id_ == "tall_masks" && isSearched("lambda");
  if (masks || isSearched("mask_lambda"))
    params_[masks ? "lambda" : "mask_lambda"] = searchedMasks(bench, scores, progress);
  if (isSearched("lambda")) {
    const bool negates = params_.value("operation", "") == "negate";
    params_["lambda"] = negates ? largestThatKeeps(bench, scores, progress)
                                : searchedLambda(bench, scores, progress);
  }
  return mergedWith(params_);
}

MergedModel RunMerger::mixed(MergeBench& bench, const std::vector<TaskScore>& scores,
                             const MergeProgress& progress) const {
  const auto params = Parameters(merge::catalog().descriptor(id_).parameters, params_, id_);
  const auto targets = targetsOf(params.at("target"), scores);
  const auto thetaOf = [&](const std::vector<double>& shares) {
    return merge::weightedSum(question_.experts, shares);
  };
  const auto judged = [&](const std::vector<double>& shares) {
    progress(fmt::format("shares {:.3g}", fmt::join(shares, ", ")));
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
    progress(fmt::format("λ {}", lambda));
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
    progress(fmt::format("λ {}", lambda));
    params["lambda"] = lambda;
    if (keepsOthers(scores, values(mergedWith(params), bench), control)) return lambda;
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
    progress(fmt::format("λ {} of the masks", lambda));
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

#include "core/run/merging/run_merger.h"

#include <algorithm>
#include <array>

#include "core/base/error.h"
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

bool isSearched(const json& params, const char* name) {
  return params.contains(name) && params[name] == "search";
}

/// Whether the validation split gives fields of the method's calculation.
bool readsFieldsOf(const std::string& id) {
  constexpr std::array kIds{"fisher", "gradient_matching", "regmean", "adamerging",
                            "atlas",  "self_positioning"};
  return std::find(kIds.begin(), kIds.end(), id) != kIds.end();
}

/// The calculation that merges the tensors for a method of runs.
struct TensorCalculation {
  std::string id;
  json params;
};
TensorCalculation calculationOf(const std::string& id, const json& params) {
  const Parameters all(merge::catalog().descriptor(id).parameters, withNumbers(params), id);
  if (id == "surgery") {
    const auto& inner = all.at("inner");
    return {inner.at("id").get<std::string>(), inner.value("params", json::object())};
  }
  if (id == "atm" && !all.isNull("merge")) {
    const auto& inner = all.at("merge");
    return {inner.at("id").get<std::string>(), inner.value("params", json::object())};
  }
  if (id == "scalearn") return {"weight_average", json::object()};
  if (id == "tinting")
    return {"adamerging", {{"init", all.at("init")}, {"clamp", all.at("clamp")}}};
  return {id, withNumbers(params)};
}

std::unique_ptr<merge::MergeMethod> methodOf(const std::string& id, const json& params) {
  const auto calculation = calculationOf(id, params);
  return merge::createMerge(calculation.id, calculation.params);
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

}  // namespace

void requireMergesRuns(const std::string& id, const json& params) {
  const auto method = merge::createMerge(id, withNumbers(params));
  const bool ofRuns = id == "surgery" || id == "tinting" || id == "scalearn" ||
                      (dynamic_cast<const merge::TensorMerge*>(method.get()) &&
                       merge::catalog().descriptor(id).traits.value("runs", true));
  if (id == "atm" && isSearched(params, "lambda"))
    fail("atm.lambda: a search would train all rounds for each of its values; give a number");
  if (!ofRuns)
    fail("{}: is a calculation alone and merges no runs; give it numbers by --input", id);
}

RunMerger::RunMerger(const std::string& id, const json& params, std::uint64_t seed,
                     const MergeSource& base, const std::vector<MergeSource>& experts)
    : id_(id),
      params_(params),
      seed_(seed),
      base_(base),
      experts_(experts),
      searches_(isSearched(params, "lambda") || isSearched(params, "mask_lambda")) {
  requireMergesRuns(id, params);
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

std::string RunMerger::dataRead() const {
  const std::string inputs = "validation inputs", both = "validation inputs and targets";
  if (searches_ || ranks()) return both;
  const auto estimate = params_.value("estimate", std::string());
  if (estimate == "labels") return both;
  if (estimate == "adam") return "none";
  if (params_.value("objective", std::string()) == "entropy") return inputs;
  return merge::catalog().descriptor(id_).traits.value("data", "none");
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

merge::Merged RunMerger::calculated(const json& params) const {
  const auto method = methodOf(id_, params);
  if (!params.value("convolutions", false))
    return tensorMerge(*method).mergedOf(question_, fields_, seed_);
  auto asMatrices = question_;
  for (auto& place : asMatrices.places)
    if (place.shape.size() > 2 && place.size > 0)
      place.shape = {place.shape[0], place.size / place.shape[0]};
  return tensorMerge(*method).mergedOf(asMatrices, fields_, seed_);
}

MergedModel RunMerger::mergedWith(const json& params) const {
  auto found = calculated(params);
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

TaskValues RunMerger::values(const MergedModel& merged, MergeBench& bench,
                             train::SplitName split) const {
  if (merged.judged) return merged.judged(split);
  auto values = bench.values(merged.parameters, split);
  for (size_t k = 0; k < merged.ofExperts.size(); ++k) {
    if (std::find(plan_.heads.begin(), plan_.heads.end(), k) == plan_.heads.end()) continue;
    const auto own = bench.values(merged.ofExperts[k], split);
    for (size_t t = 0; t < values.size(); ++t)
      if (plan_.heads[t] == k) values[t] = own[t];
  }
  return values;
}

MergedModel RunMerger::merge(MergeBench& bench, const std::vector<TaskScore>& scores,
                             const MergeProgress& progress) {
  if (id_ == "fork_merge") return mixed(bench, scores, progress);
  const bool masks = id_ == "tall_masks" && isSearched(params_, "lambda");
  if (masks || isSearched(params_, "mask_lambda"))
    params_[masks ? "lambda" : "mask_lambda"] = searchedMasks(bench, scores, progress);
  if (isSearched(params_, "lambda")) {
    const bool negates = params_.value("operation", "") == "negate";
    params_["lambda"] = negates ? largestThatKeeps(bench, scores, progress)
                                : searchedLambda(bench, scores, progress);
  }
  return mergedWith(params_);
}

}  // namespace eq::run

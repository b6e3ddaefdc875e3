#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/merge/branch_search.h"
#include "core/merge/tables.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {
namespace {

using nlohmann::json;

void checkTextsOrNull(const json& value, const std::string& place) {
  const bool isList = value.is_array() && std::all_of(value.begin(), value.end(),
                                                      [](const auto& e) { return e.is_string(); });
  if (!value.is_null() && !isList)
    fail("{}: expected a list of task names or null, found {}", place, metric::quoted(value));
}

class ForkMergeStep : public TensorMerge {
 public:
  explicit ForkMergeStep(const Parameters& parameters)
      : TensorMerge(parameters), grid_(parameters.numbers("grid")) {
    checkTextsOrNull(parameters.at("target"), "fork_merge.target");
    for (size_t i = 1; i < grid_.size(); ++i)
      if (grid_[i] <= grid_[i - 1])
        fail("fork_merge.grid[{}]: {} must be above the value before it, {}", i, grid_[i],
             grid_[i - 1]);
  }

 protected:
  Merged merge(const Question& question, const json& input, std::uint64_t) const override {
    const auto scores =
        metric::readNumbers(neededField(input, "scores"), "scores", question.count());
    const auto target = readTarget(neededField(input, "validation"), question);
    const auto mixture = [&](const std::vector<double>& shares) {
      return weightedSum(question.experts, shares);
    };
    const auto mix = mixBranches(scores, grid_, [&](const std::vector<double>& shares) {
      return -(mixture(shares) - target).squaredNorm();
    });
    return {mixture(mix.shares),
            {{"raw_coefficients", mix.raw},
             {"coefficients", mix.shares},
             {"order", mix.order},
             {"score", mix.score},
             {"evaluations", mix.evaluations}}};
  }

 private:
  static Eigen::VectorXd readTarget(const json& validation, const Question& question) {
    if (!validation.is_object() || validation.value("kind", json()) != "quadratic")
      fail("validation.kind: expected \"quadratic\" and a \"target\", found {}",
           metric::quoted(validation));
    return readFlat(metric::fieldOf(validation, "target", "validation"), "validation.target",
                    question);
  }

  std::vector<double> grid_;
};

class ExpertAverage : public TensorMerge {
 public:
  explicit ExpertAverage(const Parameters& parameters)
      : TensorMerge(parameters, false), top_(static_cast<size_t>(parameters.integer("top"))) {}

 protected:
  Merged merge(const Question& question, const json& input, std::uint64_t) const override {
    const auto count = question.count();
    const auto wanted = top_ == 0 ? count : std::min(top_, count);
    std::vector<size_t> selected(count);
    std::iota(selected.begin(), selected.end(), size_t{0});
    if (given(input, "similarity"))
      selected = orderByScore(metric::readNumbers(input["similarity"], "similarity", count));
    else if (wanted < count)
      fail("similarity: is required and missing to choose {} of {} experts; \"top\" 0 takes all",
           wanted, count);
    selected.resize(wanted);
    std::sort(selected.begin(), selected.end());
    Vectors experts;
    for (const auto k : selected) experts.push_back(question.experts[k]);
    const std::vector<double> weights(wanted, 1.0 / static_cast<double>(wanted));
    return {weightedSum(experts, weights), {{"selected", selected}}};
  }

 private:
  size_t top_;
};

Descriptor forkMergeDescriptor() {
  Descriptor descriptor;
  descriptor.id = "fork_merge";
  descriptor.title = "ForkMerge, the merge";
  descriptor.summary = "Branches join the mix one by one, each with the share that validates best.";
  descriptor.formula = "λ_(i+1) = a·mean(λ_(1..i)), a best of grid; θ = Σ λ_j θ_j / Σ λ_j";
  descriptor.citation =
      "Jiang et al., ForkMerge: Mitigating Negative Transfer in Auxiliary-Task Learning, NeurIPS "
      "2023";
  descriptor.parameters = {
      excludeParameter(),
      ParameterSpec::numberList("grid", {0, 0.2, 0.4, 0.6, 0.8, 1}, "Values of a, ascending")
          .from(0)
          .to(1),
      ParameterSpec{"target", ParameterType::any, nullptr,
                    "Runs: names of the tasks whose mean metric counts; null: all"}};
  descriptor.inputs = {
      baseField(),
      expertsField(),
      {"scores", "[K]", "of each branch alone, higher is better"},
      {"validation", "{kind, target}",
       "{\"kind\": \"quadratic\", \"target\": model}: the score is −‖θ − target‖²"}};
  descriptor.traits = {{"data", "validation inputs and targets"}};
  return descriptor;
}

Descriptor expertAverageDescriptor() {
  Descriptor descriptor;
  descriptor.id = "expert_average";
  descriptor.title = "Expert average";
  descriptor.summary =
      "The mean of the experts most similar to the task (3 are usual when merging; the ranking in "
      "runs is ours).";
  descriptor.formula = "θ = mean of θ_k over the top experts";
  descriptor.citation =
      "Jang et al., Exploring the Benefits of Training Expert Language Models over Instruction "
      "Tuning, ICML 2023; Caccia et al., Multi-Head Adapter Routing, NeurIPS 2023";
  descriptor.parameters = {
      excludeParameter(), ParameterSpec::integer("top", 1, "How many experts; 0: all").from(0),
      ParameterSpec::text("target", "",
                          "Runs: task by whose validation metric the experts are ranked; null: all "
                          "are averaged")
          .orNull()};
  descriptor.parameters.back().defaultValue = nullptr;
  descriptor.inputs = {
      baseField(false),
      expertsField(),
      {"similarity", "[K]", "of each expert to the task; needed unless top is 0", false}};
  descriptor.traits = {{"data", "none"}};
  return descriptor;
}

}  // namespace

MergeRows forkMergeRows() {
  return {mergeRow<ForkMergeStep>(forkMergeDescriptor()),
          mergeRow<ExpertAverage>(expertAverageDescriptor())};
}

}  // namespace eq::merge

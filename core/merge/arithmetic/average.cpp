#include <numeric>

#include "core/base/error.h"
#include "core/merge/tables.h"

namespace eq::merge {
namespace {

using nlohmann::json;

class WeightAverage : public TensorMerge {
 public:
  explicit WeightAverage(const Parameters& parameters)
      : TensorMerge(parameters, false),
        weights_(parameters.numbers("weights")),
        equal_(parameters.isNull("weights")) {}

 protected:
  Merged merge(const Question& question, const json&, std::uint64_t) const override {
    auto weights = positiveWeights(weights_, equal_, question.count(), "weight_average.weights");
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) weight /= sum;
    return {weightedSum(question.experts, weights)};
  }

 private:
  std::vector<double> weights_;
  bool equal_;
};

class TaskArithmetic : public TensorMerge {
 public:
  explicit TaskArithmetic(const Parameters& parameters)
      : TensorMerge(parameters),
        operation_(parameters.text("operation")),
        lambda_(parameters.number("lambda")),
        weights_(parameters.numbers("weights")),
        equal_(parameters.isNull("weights")) {
    if (!equal_ && operation_ == "analogy")
      fail("task_arithmetic.weights: analogy has none; leave them out");
  }

 protected:
  Merged merge(const Question& question, const json&, std::uint64_t) const override {
    const auto& taus = question.taus;
    const auto count = question.count();
    if (operation_ == "analogy") {
      if (count != 3) fail("experts: analogy needs 3 experts (A, B, C), found {}", count);
      return {added(question.base, lambda_ * (taus[2] + taus[1] - taus[0]))};
    }
    const auto weights = equal_ ? std::vector<double>(count, 1.0)
                                : perExpert(weights_, count, "task_arithmetic.weights");
    const double factor = operation_ == "negate" ? -lambda_ : lambda_;
    return {added(question.base, factor * weightedSum(taus, weights))};
  }

 private:
  std::string operation_;
  double lambda_;
  std::vector<double> weights_;
  bool equal_;
};

/// One round.
class AlternatingMerge : public TensorMerge {
 public:
  explicit AlternatingMerge(const Parameters& parameters)
      : TensorMerge(parameters), lambda_(parameters.number("lambda")) {}

 protected:
  Merged merge(const Question& question, const json&, std::uint64_t) const override {
    const double factor = lambda_ / static_cast<double>(question.count());
    return {added(question.base, factor * sumOf(question.taus))};
  }

 private:
  double lambda_;
};

Descriptor weightAverageDescriptor() {
  Descriptor descriptor;
  descriptor.id = "weight_average";
  descriptor.title = "Weight average";
  descriptor.summary = "The mean of the experts' parameters, or a weighted one.";
  descriptor.formula = "θ = Σ w_k θ_k / Σ w_k";
  descriptor.citation =
      "Wortsman et al., Model soups: averaging weights of multiple fine-tuned models improves "
      "accuracy without increasing inference time, ICML 2022";
  descriptor.parameters = {
      excludeParameter(),
      ParameterSpec::numberList("weights", nullptr, "w, one for each expert; null: equal")
          .from(0)
          .orNull()};
  descriptor.inputs = {baseField(false), expertsField()};
  descriptor.traits = {{"data", "none"}};
  return descriptor;
}

Descriptor taskArithmeticDescriptor() {
  Descriptor descriptor;
  descriptor.id = "task_arithmetic";
  descriptor.title = "Task arithmetic";
  descriptor.summary = "Task vectors are added to the base, or taken from it to forget a task.";
  descriptor.formula = "θ = θ0 ± λ Σ w_k τ_k; analogy: θ0 + λ(τ_C + τ_B − τ_A)";
  descriptor.citation = "Ilharco et al., Editing Models with Task Arithmetic, ICLR 2023";
  descriptor.parameters = {
      excludeParameter(),
      ParameterSpec::choice("operation", "add", {"add", "negate", "analogy"},
                            "analogy: experts A, B, C; A is to B as C is to the result"),
      lambdaParameter(0.3),
      ParameterSpec::numberList("weights", nullptr,
                                "w of add and negate, one for each expert; null: 1")
          .from(-10)
          .to(10)
          .orNull(),
      ParameterSpec::number("control", 0.95,
                            "Runs: share of the base's metric that the other tasks keep when λ of "
                            "negate is searched")
          .from(0)
          .to(1)};
  descriptor.inputs = {baseField(), expertsField()};
  descriptor.traits = {{"data", "none"}};
  return descriptor;
}

Descriptor atmDescriptor() {
  Descriptor descriptor;
  descriptor.id = "atm";
  descriptor.title = "ATM";
  descriptor.summary =
      "Training and merging in turns; a calculation is one round's merge (λ/K and the defaults are "
      "ours).";
  descriptor.formula = "θ⁺ = θ + λ/K Σ τ_k";
  descriptor.citation =
      "Zhou et al., ATM: Improving Model Merging by Alternating Tuning and Merging, 2024";
  descriptor.parameters = {
      excludeParameter(), lambdaParameter(1),
      ParameterSpec::integer("rounds", 5, "Runs: how often tasks train and are merged").from(1),
      ParameterSpec::number("epochs", 1, "Runs: epochs of a task in a round").above(0),
      ParameterSpec::object("merge", nullptr,
                            "Runs: {\"id\", \"params\"} of a method without data; null: the mean")
          .orNull()};
  descriptor.inputs = {baseField(), expertsField()};
  descriptor.traits = {{"data", "train"}};
  return descriptor;
}

}  // namespace

MergeRows averageRows() {
  return {mergeRow<WeightAverage>(weightAverageDescriptor()),
          mergeRow<TaskArithmetic>(taskArithmeticDescriptor()),
          mergeRow<AlternatingMerge>(atmDescriptor())};
}

}  // namespace eq::merge

#include <algorithm>
#include <cmath>

#include "core/merge/coefficients/gradient_identity.h"
#include "core/merge/tables.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {
namespace {

using nlohmann::json;

std::vector<double> softmaxOf(std::vector<double> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (double& z : logits) sum += z = std::exp(z - largest);
  for (double& z : logits) z /= sum;
  return logits;
}

class SelfPositioning : public TensorMerge {
 public:
  explicit SelfPositioning(const Parameters& parameters)
      : TensorMerge(parameters),
        softmax_(parameters.boolean("softmax")),
        scale_(parameters.number("scale")) {}

 protected:
  Merged merge(const Question& question, const json& input, std::uint64_t) const override {
    const auto count = question.count();
    std::vector<double> learned(count, softmax_ ? 0 : 1 / static_cast<double>(count));
    if (given(input, "coefficients"))
      learned = metric::readNumbers(input["coefficients"], "coefficients", count);
    const auto alpha = softmax_ ? softmaxOf(learned) : learned;
    const auto direction = weightedSum(question.taus, alpha);
    Merged merged{added(question.base, scale_ * direction), {{"coefficients", alpha}}};
    if (given(input, "gradients")) {
      const auto gradient = readFlat(input["gradients"], "gradients", question);
      merged.fields["scale_gradient"] = gradient.dot(direction);
      merged.fields["coefficient_gradients"] = derivatives(gradient, question, alpha);
    }
    return merged;
  }

 private:
  std::vector<double> derivatives(const Eigen::VectorXd& gradient, const Question& question,
                                  const std::vector<double>& alpha) const {
    std::vector<double> slopes;
    double mean = 0;
    for (size_t k = 0; k < question.count(); ++k) {
      slopes.push_back(scale_ * gradient.dot(question.taus[k]));
      mean += alpha[k] * slopes.back();
    }
    if (softmax_)
      for (size_t k = 0; k < slopes.size(); ++k) slopes[k] = alpha[k] * (slopes[k] - mean);
    return slopes;
  }

  bool softmax_;
  double scale_;
};

}  // namespace

MergeRows selfPositioningRows() {
  Descriptor descriptor;
  descriptor.id = "self_positioning";
  descriptor.title = "Self Positioning";
  descriptor.summary =
      "One coefficient a task vector, learned on a probe set with equal numbers of every task "
      "(normalisation and learning rate are ours).";
  descriptor.formula = "θ = θ0 + s Σ α_k τ_k; softmax: α = softmax(a)";
  descriptor.citation =
      "Li et al., Self Positioning in the interpolation space of task vectors, 2024";
  descriptor.parameters = {
      excludeParameter(),
      ParameterSpec::boolean("softmax", false, "Whether α = softmax(a)"),
      ParameterSpec::number("scale", 1, "s").from(-10).to(10),
      ParameterSpec::boolean("learn_scale", false, "Runs: whether s is learned"),
      trainingSteps(300),
      learningRate(0.01),
      batchSize(64)};
  descriptor.inputs = {baseField(),
                       expertsField(),
                       {"coefficients", "[K]", "α, or a with softmax; 1/K, or 0", false},
                       {"gradients", "{NAME: tensor}", "∇_θ L at the merged parameters", false}};
  descriptor.traits = {{"data", "validation inputs and targets"}};
  return {mergeRow<SelfPositioning>(std::move(descriptor))};
}

}  // namespace eq::merge

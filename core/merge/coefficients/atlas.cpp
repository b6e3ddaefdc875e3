#include <cmath>

#include "core/base/error.h"
#include "core/merge/coefficients/gradient_identity.h"
#include "core/merge/tables.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {
namespace {

using nlohmann::json;

class Atlas : public TensorMerge {
 public:
  explicit Atlas(const Parameters& parameters)
      : TensorMerge(parameters), partitions_(parameters.integer("partitions")) {}

 protected:
  Merged merge(const Question& question, const json& input, std::uint64_t) const override {
    const auto classes = readClasses(input, question);
    const auto coefficients = readCoefficientList(input, question);
    Eigen::VectorXd update = Eigen::VectorXd::Zero(question.base.size());
    for (size_t k = 0; k < coefficients.size(); ++k)
      update += scaled(question, k, coefficients[k], classes);
    Merged merged{added(question.base, update)};
    if (given(input, "gradients"))
      merged.fields["coefficient_gradients"] =
          derivatives(readFlat(input["gradients"], "gradients", question), question, classes);
    return merged;
  }

 private:
  /// The class of each entry; all are 0 without partitions.
  Eigen::VectorXd readClasses(const json& input, const Question& question) const {
    if (partitions_ == 0) return Eigen::VectorXd::Zero(question.base.size());
    const auto classes = readFlat(neededField(input, "partition"), "partition", question);
    for (const auto& place : question.places)
      for (Eigen::Index i = 0; i < place.size; ++i) {
        const double one = classes[place.begin + i];
        if (one < 0 || one >= static_cast<double>(partitions_) || std::floor(one) != one)
          fail("partition.{}.data[{}]: expected an integer from 0 to {}, found {}", place.name, i,
               partitions_ - 1, one);
      }
    return classes;
  }

  /// The coefficients of one tensor, one a class. \param place of the value, for messages.
  std::vector<double> perClass(const json& value, const std::string& place) const {
    const auto count = static_cast<size_t>(std::max<std::int64_t>(partitions_, 1));
    if (value.is_array() && partitions_ > 0) return metric::readNumbers(value, place, count);
    return std::vector<double>(count, metric::readNumber(value, place));
  }

  Eigen::VectorXd scaled(const Question& question, size_t k, const json& coefficients,
                         const Eigen::VectorXd& classes) const {
    const auto where = fmt::format("coefficients[{}]", k);
    const bool isNamed = coefficients.is_object();
    if (isNamed) checkCoefficientNames(coefficients, where, question);
    Eigen::VectorXd update = Eigen::VectorXd::Zero(question.base.size());
    if (!isNamed) metric::readNumber(coefficients, where);
    for (const auto& tensor : question.places) {
      if (isNamed && !coefficients.contains(tensor.name)) continue;
      const auto values =
          isNamed ? perClass(coefficients[tensor.name], fmt::format("{}.{}", where, tensor.name))
                  : perClass(coefficients, where);
      for (Eigen::Index i = tensor.begin; i < tensor.begin + tensor.size; ++i)
        update[i] = values[static_cast<size_t>(classes[i])] * question.taus[k][i];
    }
    return update;
  }

  json derivatives(const Eigen::VectorXd& gradient, const Question& question,
                   const Eigen::VectorXd& classes) const {
    auto all = json::array();
    for (const auto& tau : question.taus) {
      auto named = json::object();
      for (const auto& place : question.places)
        named[place.name] = partitions_ == 0 ? json(dotAt(gradient, tau, place))
                                             : json(classDots(gradient, tau, place, classes));
      all.push_back(std::move(named));
    }
    return all;
  }

  std::vector<double> classDots(const Eigen::VectorXd& gradient, const Eigen::VectorXd& tau,
                                const Place& place, const Eigen::VectorXd& classes) const {
    std::vector<double> dots(static_cast<size_t>(partitions_), 0.0);
    for (Eigen::Index i = place.begin; i < place.begin + place.size; ++i)
      dots[static_cast<size_t>(classes[i])] += gradient[i] * tau[i];
    return dots;
  }

  std::int64_t partitions_;
};

}  // namespace

MergeRows atlasRows() {
  Descriptor descriptor;
  descriptor.id = "atlas";
  descriptor.title = "aTLAS";
  descriptor.summary =
      "A learned coefficient for each task vector and tensor (the learning rate is ours).";
  descriptor.formula = "θ^ℓ = θ0^ℓ + Σ_k c_{k,ℓ} τ_k^ℓ; ∂L/∂c_{k,ℓ} = ⟨∇_{θ^ℓ} L, τ_k^ℓ⟩";
  descriptor.citation =
      "Zhang, Albert et al., Knowledge Composition using Task Vectors with Learned Anisotropic "
      "Scaling, NeurIPS 2024";
  descriptor.parameters = {
      excludeParameter(),
      ParameterSpec::integer("partitions", 0,
                             "Classes of a tensor's entries, a coefficient each; 0: one a tensor")
          .from(0)
          .to(1000000),
      ParameterSpec::choice("objective", "supervised", {"supervised", "negate", "entropy"},
                            "Runs: what the coefficients are learned by"),
      trainingSteps(300),
      learningRate(0.01),
      ParameterSpec::number("weight_decay", 0.1, "Runs: of the coefficients").from(0),
      batchSize(128),
      ParameterSpec::number("penalty", 0, "Runs: factor of the coefficients' norm").from(0),
      ParameterSpec::integer("norm", 1, "Runs: 1 or 2, of the penalty").from(1).to(2)};
  descriptor.inputs = {
      baseField(),
      expertsField(),
      {"coefficients", "[K] or [K] {NAME: number or list}", "c; 0 where absent", false},
      {"gradients", "{NAME: tensor}", "∇_θ L at the merged parameters", false},
      {"partition", "{NAME: tensor}", "the class of each entry; needed with partitions", false}};
  descriptor.traits = {{"data", "validation inputs and targets"}};
  return {mergeRow<Atlas>(std::move(descriptor))};
}

}  // namespace eq::merge

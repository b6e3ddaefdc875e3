#include "core/base/error.h"
#include "core/merge/outputs/output_fields.h"
#include "core/merge/tables.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {
namespace {

using nlohmann::json;

class ScaLearn : public MergeMethod {
 public:
  explicit ScaLearn(const Parameters& parameters)
      : uniform_(parameters.text("variant") == "uniform") {}

 private:
  json answer(const json& input, std::uint64_t) const override {
    const auto outputs = readMatrices(input, "outputs");
    const auto rows = outputs[0].rows(), columns = outputs[0].cols();
    for (size_t s = 0; s < outputs.size(); ++s)
      checkShape(outputs[s], rows, columns, fmt::format("outputs[{}]", s));
    const auto omega =
        readOmega(neededField(input, "omega"), static_cast<Eigen::Index>(outputs.size()), columns);
    RowMatrix sum = RowMatrix::Zero(rows, columns);
    for (size_t s = 0; s < outputs.size(); ++s)
      sum += outputs[s] * omega.row(static_cast<Eigen::Index>(s)).asDiagonal();
    json answer{{"output", matrixToJson(sum)}};
    if (given(input, "gradients")) {
      const auto gradient = readMatrix(input["gradients"], "gradients");
      checkShape(gradient, rows, columns, "gradients");
      answer["omega_gradients"] = derivatives(outputs, gradient);
    }
    return answer;
  }

  /// [S, D]; with `uniform` a number a source, repeated.
  RowMatrix readOmega(const json& value, Eigen::Index sources, Eigen::Index width) const {
    if (uniform_) {
      const auto numbers = metric::readNumbers(value, "omega", static_cast<size_t>(sources));
      return Eigen::Map<const Eigen::VectorXd>(numbers.data(), sources).replicate(1, width);
    }
    const auto omega = readMatrix(value, "omega");
    checkShape(omega, sources, width, "omega");
    return omega;
  }

  json derivatives(const std::vector<RowMatrix>& outputs, const RowMatrix& gradient) const {
    auto all = json::array();
    for (const auto& output : outputs) {
      const Eigen::RowVectorXd columns = output.cwiseProduct(gradient).colwise().sum();
      if (uniform_)
        all.push_back(columns.sum());
      else
        all.push_back(std::vector<double>(columns.begin(), columns.end()));
    }
    return all;
  }

  bool uniform_;
};

}  // namespace

MergeRows scalearnRows() {
  Descriptor descriptor;
  descriptor.id = "scalearn";
  descriptor.title = "ScaLearn";
  descriptor.summary = "The outputs of frozen sources, each scaled by learned numbers and added.";
  descriptor.formula = "o = Σ_s ω_s ⊙ o_s";
  descriptor.citation =
      "Frohmann et al., ScaLearn: Simple and Highly Parameter-Efficient Task Transfer by Learning "
      "to Scale, ACL Findings 2024";
  descriptor.parameters = {
      ParameterSpec::choice("variant", "scalearn", {"scalearn", "uniform"},
                            "A number a source and column, or one a source"),
      trainingSteps(500),
      learningRate(0.01),
      ParameterSpec::number("dropout", 0.3, "Runs: share of ω that a step leaves out")
          .from(0)
          .below(1),
      ParameterSpec::number("init", 2, "Runs: c of the start c/S"),
      batchSize(64)};
  descriptor.inputs = {{"outputs", "[S, N, D]", "o_s"},
                       {"omega", "[S, D] or [S]", "ω; [S] with uniform"},
                       {"gradients", "[N, D]", "of a loss in o", false}};
  descriptor.traits = {{"data", "validation inputs and targets"}};
  return {mergeRow<ScaLearn>(std::move(descriptor))};
}

}  // namespace eq::merge

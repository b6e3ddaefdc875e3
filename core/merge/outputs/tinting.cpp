#include <cmath>

#include "core/base/error.h"
#include "core/merge/outputs/output_fields.h"
#include "core/merge/tables.h"

namespace eq::merge {
namespace {

using nlohmann::json;

RowMatrix logSoftmax(const RowMatrix& logits) {
  RowMatrix shifted = logits.colwise() - logits.rowwise().maxCoeff();
  const Eigen::VectorXd logSums = shifted.array().exp().rowwise().sum().log();
  return shifted.colwise() - logSums;
}

/// The lowest of the largest.
Eigen::Index largestClass(const RowMatrix& logits, Eigen::Index row) {
  Eigen::Index best = 0;
  for (Eigen::Index c = 1; c < logits.cols(); ++c)
    if (logits(row, c) > logits(row, best)) best = c;
  return best;
}

/// One task's loss on the samples that are kept.
struct Tinted {
  std::vector<int> kept;
  double loss = 0;
  RowMatrix gradient;
};

class Tinting : public MergeMethod {
 public:
  explicit Tinting(const Parameters& parameters)
      : plus_(parameters.boolean("plus")), labels_(parameters.text("labels")) {}

 private:
  json answer(const json& input, std::uint64_t) const override {
    const auto merged = readMatrices(input, "merged_logits");
    const auto expert = readMatrices(input, "expert_logits");
    if (expert.size() != merged.size())
      fail("expert_logits: expected {} matrices as in merged_logits, found {}", merged.size(),
           expert.size());
    auto kept = json::array();
    std::vector<double> losses;
    std::vector<RowMatrix> gradients;
    double sum = 0;
    for (size_t k = 0; k < merged.size(); ++k) {
      checkShape(expert[k], merged[k].rows(), merged[k].cols(),
                 fmt::format("expert_logits[{}]", k));
      auto found = tinted(merged[k], expert[k]);
      kept.push_back(found.kept);
      losses.push_back(found.loss);
      sum += found.loss;
      gradients.push_back(std::move(found.gradient));
    }
    return {{"kept", kept},
            {"losses", losses},
            {"loss", sum},
            {"gradients", matricesToJson(gradients)}};
  }

  Tinted tinted(const RowMatrix& merged, const RowMatrix& expert) const {
    const RowMatrix logM = logSoftmax(merged), logE = logSoftmax(expert);
    Tinted found;
    found.gradient = RowMatrix::Zero(merged.rows(), merged.cols());
    double count = 0;
    for (Eigen::Index n = 0; n < merged.rows(); ++n) {
      const bool agrees = largestClass(merged, n) == largestClass(expert, n);
      const bool surer = logE.row(n).maxCoeff() >= logM.row(n).maxCoeff();
      const bool keeps = !plus_ || agrees || surer;
      found.kept.push_back(keeps);
      if (!keeps) continue;
      ++count;
      found.loss += addSample(logM.row(n), targetOf(expert, logE, n), found.gradient.row(n));
    }
    if (count == 0) return found;
    found.loss /= count;
    found.gradient /= count;
    return found;
  }

  Eigen::RowVectorXd targetOf(const RowMatrix& expert, const RowMatrix& logE,
                              Eigen::Index n) const {
    if (labels_ == "soft") return logE.row(n).array().exp();
    Eigen::RowVectorXd oneHot = Eigen::RowVectorXd::Zero(expert.cols());
    oneHot[largestClass(expert, n)] = 1;
    return oneHot;
  }

  /// \returns the sample's loss; its derivative is added.
  double addSample(const Eigen::RowVectorXd& logM, const Eigen::RowVectorXd& target,
                   RowMatrix::RowXpr gradient) const {
    const Eigen::RowVectorXd p = logM.array().exp();
    if (labels_ != "self") {
      gradient += p - target;
      return crossEntropy(target, logM);
    }
    const double entropy = crossEntropy(p, logM);
    for (Eigen::Index c = 0; c < p.size(); ++c)
      if (p[c] > 0) gradient[c] -= p[c] * (logM[c] + entropy);
    return entropy;
  }

  static double crossEntropy(const Eigen::RowVectorXd& p, const Eigen::RowVectorXd& logQ) {
    double sum = 0;
    for (Eigen::Index c = 0; c < p.size(); ++c)
      if (p[c] > 0) sum -= p[c] * logQ[c];
    return sum;
  }

  bool plus_;
  std::string labels_;
};

}  // namespace

MergeRows tintingRows() {
  Descriptor descriptor;
  descriptor.id = "tinting";
  descriptor.title = "Model tinting";
  descriptor.summary =
      "Coefficients and the tasks' heads, trained on what the experts predict for unlabelled "
      "inputs.";
  descriptor.formula = "L_k = mean CE(merged, argmax of expert k); soft: −Σ p_expert ln p_merged";
  descriptor.citation = "Jung et al., Model tinting, 2024";
  descriptor.parameters = {
      ParameterSpec::boolean("plus", false,
                             "Only samples on which both agree, or the expert is as sure"),
      ParameterSpec::choice("labels", "hard", {"hard", "soft", "self"},
                            "The expert's class, its probabilities, or the merged model's entropy"),
      ParameterSpec::number("init", 0.3, "Runs: where coefficients start").from(-10).to(10),
      ParameterSpec::boolean("clamp", true, "Runs: whether coefficients stay in 0 to 1"),
      trainingSteps(500),
      learningRate(0.01),
      batchSize(32)};
  descriptor.inputs = {{"merged_logits", "[K, N, C_k]", "of the merged model"},
                       {"expert_logits", "[K, N, C_k]", "of the experts"}};
  descriptor.traits = {{"data", "validation inputs"}};
  return {mergeRow<Tinting>(std::move(descriptor))};
}

}  // namespace eq::merge

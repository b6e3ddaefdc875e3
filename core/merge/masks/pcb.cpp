#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/merge/tables.h"

namespace eq::merge {
namespace {

using nlohmann::json;

/// The two values between which a share of q at both ends is left out.
struct Bounds {
  double low = 0, high = 0;
};

double signNumber(double x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

/// \pre values, one at least.
double valueAt(std::vector<double> values, Eigen::Index rank) {
  const auto at = std::clamp<Eigen::Index>(rank, 0, static_cast<Eigen::Index>(values.size()) - 1);
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<size_t>(at)];
}

Bounds boundsOf(const Eigen::VectorXd& values, double q) {
  const std::vector<double> all(values.begin(), values.end());
  return {valueAt(all, countOfShare(q, values.size())),
          valueAt(all, countOfShare(1 - q, values.size()) - 1)};
}

/// To [0, 1]; 0 where constant.
Eigen::VectorXd minMax(const Eigen::VectorXd& values) {
  const double low = values.minCoeff(), high = values.maxCoeff();
  if (low == high) return Eigen::VectorXd::Zero(values.size());
  return (values.array() - low) / (high - low);
}

class CompetitionBalancing : public TensorMerge {
 public:
  explicit CompetitionBalancing(const Parameters& parameters)
      : TensorMerge(parameters),
        keep_(parameters.number("keep")),
        lambdas_(parameters.numbers("lambda")),
        single_(parameters.at("lambda").is_number()),
        clip_(parameters.number("clip")),
        signs_(parameters.text("inter") == "sign") {}

 protected:
  Merged merge(const Question& question, const json&, std::uint64_t) const override {
    const auto lambdas = single_ ? std::vector<double>(question.count(), lambdas_[0])
                                 : perExpert(lambdas_, question.count(), "pcb.lambda");
    if (question.base.size() == 0) return nothingMerged(question);
    Vectors clipped, normed;
    for (const auto& tau : question.taus) {
      const auto bounds = boundsOf(tau.cwiseAbs(), clip_);
      const Eigen::VectorXd sizes = tau.cwiseAbs().cwiseMax(bounds.low).cwiseMin(bounds.high);
      clipped.push_back(sizes.cwiseProduct(tau.unaryExpr(&signNumber)));
      normed.push_back(minMax(sizes));
    }
    const auto scores = scoresOf(question, normed);
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(question.base.size()), weights = sum;
    auto printed = json::array();
    for (size_t k = 0; k < question.count(); ++k) {
      sum += lambdas[k] * clipped[k].cwiseProduct(scores[k]);
      weights += scores[k];
      printed.push_back(flatToJson(scores[k], question));
    }
    return {added(question.base, sum.cwiseQuotient(weights.cwiseMax(1e-12))),
            {{"scores", printed}}};
  }

 private:
  static Merged nothingMerged(const Question& question) {
    return {question.base, {{"scores", json(question.count(), json::object())}}};
  }

  Vectors scoresOf(const Question& question, const Vectors& normed) const {
    Vectors others;
    for (size_t k = 0; k < question.count(); ++k)
      others.push_back(signs_
                           ? question.taus[k].unaryExpr(&signNumber).cwiseProduct(normed[k]).eval()
                           : question.taus[k]);
    const auto sum = sumOf(others);
    const auto count = static_cast<double>(question.count());
    Vectors scores;
    for (size_t k = 0; k < question.count(); ++k) {
      const Eigen::VectorXd balance = (count * normed[k].array().square()).exp() *
                                      (question.taus[k].array() * sum.array()).tanh();
      if (!balance.allFinite())
        fail("experts: {} are more than pcb's exp(K) can be computed of", question.count());
      const double low =
          valueAt({balance.begin(), balance.end()}, countOfShare(1 - keep_, balance.size()));
      scores.push_back(minMax(balance.cwiseMax(low)));
    }
    return scores;
  }

  double keep_;
  std::vector<double> lambdas_;
  bool single_;
  double clip_;
  bool signs_;
};

}  // namespace

MergeRows pcbRows() {
  Descriptor descriptor;
  descriptor.id = "pcb";
  descriptor.title = "PCB-Merging";
  descriptor.summary =
      "Parameter competition balancing: entries count by their size in their task and their "
      "agreement with the others (the authors' code, not the paper's softmaxes).";
  descriptor.formula = "τ_m = Σ λ_k c_k ⊙ s_k / Σ s_k, s_k from exp(K N_k²) ⊙ tanh(τ_k ⊙ Σ_j τ_j)";
  descriptor.citation =
      "Du et al., Parameter Competition Balancing for Model Merging, NeurIPS 2024";
  descriptor.parameters = {
      excludeParameter(),
      ParameterSpec::number("keep", 0.1, "Share of the entries with a score").from(0).to(1),
      ParameterSpec::numberOrList("lambda", 1.2, "λ, or one for each expert").from(-10).to(10),
      ParameterSpec::number("clip", 1e-4, "Share at both ends to whose bounds sizes are clipped")
          .from(0)
          .to(0.5),
      ParameterSpec::choice("inter", "sum", {"sum", "sign"},
                            "Agreement with the sum of the others, or with their signs")};
  descriptor.inputs = {baseField(), expertsField()};
  descriptor.traits = {{"data", "none"}};
  return {mergeRow<CompetitionBalancing>(std::move(descriptor))};
}

}  // namespace eq::merge

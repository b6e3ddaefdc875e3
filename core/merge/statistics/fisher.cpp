#include <cmath>

#include "core/base/error.h"
#include "core/merge/tables.h"

namespace eq::merge {
namespace {

using nlohmann::json;

/// A diagonal of non-negative numbers over the merged tensors.
Eigen::VectorXd readDiagonal(const json& value, const std::string& place,
                             const Question& question) {
  auto flat = readFlat(value, place, question);
  for (const auto& tensor : question.places)
    for (Eigen::Index i = 0; i < tensor.size; ++i)
      if (flat[tensor.begin + i] < 0)
        fail("{}.{}.data[{}]: {} is below 0", place, tensor.name, i, flat[tensor.begin + i]);
  return flat;
}

Vectors readDiagonals(const json& input, const Question& question) {
  const auto& list = neededField(input, "fisher");
  checkPerExpert(list, "fisher", question.count());
  Vectors all;
  for (size_t k = 0; k < list.size(); ++k)
    all.push_back(readDiagonal(list[k], fmt::format("fisher[{}]", k), question));
  return all;
}

class Fisher : public TensorMerge {
 public:
  explicit Fisher(const Parameters& parameters)
      : TensorMerge(parameters, false),
        weights_(parameters.numbers("weights")),
        equal_(parameters.isNull("weights")),
        epsilon_(parameters.number("epsilon")),
        normalize_(parameters.boolean("normalize")) {}

 protected:
  Merged merge(const Question& question, const json& input, std::uint64_t) const override {
    const auto fisher = readDiagonals(input, question);
    auto weights = positiveWeights(weights_, equal_, question.count(), "fisher.weights");
    if (normalize_) normalize(weights, fisher);
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(question.base.size()), divisor = sum;
    double total = 0;
    for (size_t k = 0; k < question.count(); ++k) {
      const Eigen::VectorXd trust = weights[k] * (fisher[k].array() + epsilon_);
      sum += trust.cwiseProduct(question.experts[k]);
      divisor += trust;
      total += weights[k];
    }
    const Eigen::VectorXd plain = weightedSum(question.experts, weights) / total;
    return {(divisor.array() == 0).select(plain, sum.cwiseQuotient(divisor)),
            {{"weights", weights}}};
  }

 private:
  void normalize(std::vector<double>& weights, const Vectors& fisher) const {
    std::vector<double> inverse;
    double sum = 0;
    for (size_t k = 0; k < fisher.size(); ++k) {
      const double norm = (fisher[k].size() > 0 ? fisher[k].stableNorm() : 0) + epsilon_;
      if (norm == 0)
        fail(
            "fisher[{}]: all are 0, and \"normalize\" divides by their norm; an \"epsilon\" above "
            "0 admits that",
            k);
      inverse.push_back(1 / norm);
      sum += inverse.back();
    }
    for (size_t k = 0; k < fisher.size(); ++k) weights[k] *= inverse[k] / sum;
  }

  std::vector<double> weights_;
  bool equal_;
  double epsilon_;
  bool normalize_;
};

class GradientMatching : public TensorMerge {
 public:
  explicit GradientMatching(const Parameters& parameters)
      : TensorMerge(parameters),
        alpha_(parameters.numbers("alpha")),
        single_(parameters.at("alpha").is_number()),
        delta_(parameters.number("delta")),
        sizes_(parameters.numbers("sizes")),
        equal_(parameters.isNull("sizes")),
        baseSize_(parameters.number("base_size")) {}

 protected:
  Merged merge(const Question& question, const json& input, std::uint64_t) const override {
    const auto count = question.count();
    const auto alpha = single_ ? std::vector<double>(count, alpha_[0])
                               : perExpert(alpha_, count, "gradient_matching.alpha");
    const auto sizes = equal_ ? std::vector<double>(count, 1.0)
                              : perExpert(sizes_, count, "gradient_matching.sizes");
    const auto hessians = readDiagonals(input, question);
    Eigen::VectorXd first = Eigen::VectorXd::Constant(question.base.size(), delta_);
    if (given(input, "base_fisher"))
      first += baseSize_ * readDiagonal(input["base_fisher"], "base_fisher", question);
    Eigen::VectorXd whole = first, sum = Eigen::VectorXd::Zero(first.size());
    for (size_t k = 0; k < count; ++k) {
      const Eigen::VectorXd own = sizes[k] * hessians[k];
      whole += alpha[k] * own;
      sum += alpha[k] * (first + own).cwiseProduct(question.taus[k]);
    }
    const auto plain = weightedSum(question.taus, alpha);
    const auto falls = (whole.array() <= 0).eval();
    return {added(question.base, falls.select(plain, sum.cwiseQuotient(whole))),
            {{"fallback", falls.count()}}};
  }

 private:
  std::vector<double> alpha_;
  bool single_;
  double delta_;
  std::vector<double> sizes_;
  bool equal_;
  double baseSize_;
};

InputField fisherField(const char* doc) {
  return {"fisher", "[K] {NAME: tensor}", doc};
}

ParameterSpec examplesParameter() {
  return ParameterSpec::integer("examples", 256, "Runs: validation inputs that are read").from(1);
}

Descriptor fisherDescriptor() {
  Descriptor descriptor;
  descriptor.id = "fisher";
  descriptor.title = "Fisher merging";
  descriptor.summary = "An average in which each entry counts by its expert's Fisher information.";
  descriptor.formula = "θ_i = Σ w_k (F_{k,i} + ε) θ_{k,i} / Σ w_k (F_{k,i} + ε)";
  descriptor.citation =
      "Matena and Raffel, Merging Models with Fisher-Weighted Averaging, NeurIPS 2022";
  descriptor.parameters = {
      excludeParameter(),
      ParameterSpec::numberList("weights", nullptr, "w, one for each expert; null: 1/K")
          .from(0)
          .orNull(),
      ParameterSpec::number("epsilon", 1e-6, "ε").from(0),
      ParameterSpec::boolean("normalize", false, "Whether each Fisher counts by 1/(norm + ε)"),
      examplesParameter(),
      ParameterSpec::choice("estimate", "exact", {"exact", "sampled", "labels"},
                            "Runs: expectation over all classes, a drawn label, or the given one")};
  descriptor.inputs = {baseField(false), expertsField(), fisherField("diagonal Fishers, from 0")};
  descriptor.traits = {{"data", "validation inputs"}};
  return descriptor;
}

Descriptor gradientMatchingDescriptor() {
  Descriptor descriptor;
  descriptor.id = "gradient_matching";
  descriptor.title = "Gradient matching";
  descriptor.summary =
      "Weighs task vectors by diagonal Hessians so that the merged model's gradients match; "
      "negative α removes a task.";
  descriptor.formula =
      "θ = θ0 + Σ α_k (h + s_k H_k) / (h + Σ_j α_j s_j H_j) ⊙ τ_k, h = δ + s_0 H_0";
  descriptor.citation =
      "Daheim et al., Model Merging by Uncertainty-Based Gradient Matching, ICLR 2024";
  descriptor.parameters = {
      excludeParameter(),
      ParameterSpec::numberOrList("alpha", 1, "α, or one for each expert").from(-10).to(10),
      ParameterSpec::number("delta", 1e-12, "δ").from(0),
      ParameterSpec::numberList("sizes", nullptr,
                                "s_k, one for each expert; null: 1, in runs the training examples")
          .above(0)
          .orNull(),
      ParameterSpec::number("base_size", 1, "s_0").from(0),
      examplesParameter(),
      ParameterSpec::choice("estimate", "sampled", {"exact", "sampled", "labels", "adam"},
                            "Runs: what the Hessians are taken from")};
  descriptor.inputs = {baseField(),
                       expertsField(),
                       fisherField("diagonal Hessians H_k, from 0"),
                       {"base_fisher", "{NAME: tensor}", "H_0, from 0; 0 where absent", false}};
  descriptor.traits = {{"data", "validation inputs"}};
  return descriptor;
}

}  // namespace

MergeRows fisherRows() {
  return {mergeRow<Fisher>(fisherDescriptor()),
          mergeRow<GradientMatching>(gradientMatchingDescriptor())};
}

}  // namespace eq::merge

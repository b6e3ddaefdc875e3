#include "core/loss/ordinal/number_token.h"

#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/class_loss.h"

namespace eq::loss {
namespace {

/// The tokens of the vocabulary that stand for numbers.
struct NumberTokens {
  std::vector<std::int64_t> tokens;
  std::vector<double> values;   ///< of these tokens
  std::vector<double> ofToken;  ///< of every token, 0 where it is none
  std::vector<std::int64_t> isNumber;
};

NumberTokens numberTokens(const std::string& id, const nlohmann::json& values) {
  if (!values.is_array())
    fail("{}.values: expected a list with a number or null a token, found {}", id, values.dump());
  NumberTokens found;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_number() && !values[i].is_null())
      fail("{}.values[{}]: expected a number or null, found {}", id, i, values[i].dump());
    const bool isNumber = values[i].is_number();
    found.isNumber.push_back(isNumber);
    found.ofToken.push_back(isNumber ? values[i].get<double>() : 0);
    if (!isNumber) continue;
    found.tokens.push_back(static_cast<std::int64_t>(i));
    found.values.push_back(found.ofToken.back());
  }
  return found;
}

class NumberTokenLoss : public Loss {
 public:
  void check(const Batch& batch) const override {
    const auto& prediction = batch.prediction;
    checkNumbers(id_, "prediction", prediction);
    if (prediction.dim() != 2 && prediction.dim() != 3)
      fail("{}.prediction: expected logits [N, V] or [B, T, V], found {}", id_,
           shapeText(prediction));
    const auto vocabulary = prediction.size(-1);
    if (static_cast<std::int64_t>(numbers_.ofToken.size()) != vocabulary)
      fail("{}.values: needs one entry a token, {}, found {}", id_, vocabulary,
           numbers_.ofToken.size());
    checkShape(id_, "target", batch.target, prediction.sizes().slice(0, prediction.dim() - 1),
               "the positions");
    checkIndices(id_, batch.target, vocabulary, ignored_);
  }

  Value evaluate(const Batch& batch, bool) const override {
    const auto logits = batch.prediction.flatten(0, -2);
    const auto valid = (batch.target != ignored_).flatten();
    const auto target = batch.target.flatten().masked_fill(valid.logical_not(), 0);
    const auto device = logits.device();
    const auto isNumber = at::tensor(numbers_.isNumber, at::kLong).to(device, at::kBool);
    const auto hasNumber = valid & isNumber.index_select(0, target);
    const auto entropy = -ownLogit(logits.log_softmax(1), target) * valid * entropyWeight_;
    const auto distance = ofNumbers(logits, target) * hasNumber * lambda_;
    const auto each = (entropy + distance).reshape(batch.target.sizes());
    const auto counted = valid.reshape(batch.target.sizes());
    if (sum_) return {each.sum(), each, counted, {entropy.sum(), distance.sum()}};
    const auto ofTokens = entropy.sum() / valid.sum().clamp_min(1);
    const auto ofValues = distance.sum() / hasNumber.sum().clamp_min(1);
    return {ofTokens + ofValues, each, counted, {ofTokens, ofValues}};
  }

  std::vector<std::string> terms() const override { return {"cross_entropy", "number_tokens"}; }

 protected:
  NumberTokenLoss(std::string id, const Parameters& parameters)
      : id_(std::move(id)),
        numbers_(numberTokens(id_, parameters.at("values"))),
        lambda_(parameters.number("lambda")),
        entropyWeight_(parameters.number("ce_weight")),
        ignored_(parameters.integer("ignore_index")),
        sum_(parameters.text("reduction") == "sum") {}

  /// Distances of the numbers, [N]. \param p probabilities among the tokens of numbers, [N, n].
  /// \param values of these tokens, [n]. \param truth values of the targets, [N].
  virtual at::Tensor distances(const at::Tensor& p, const at::Tensor& values,
                               const at::Tensor& truth) const = 0;

 private:
  at::Tensor ofNumbers(const at::Tensor& logits, const at::Tensor& target) const {
    const auto tokens = at::tensor(numbers_.tokens, at::kLong).to(logits.device());
    return distances(logits.index_select(1, tokens).softmax(1), listTensor(numbers_.values, logits),
                     listTensor(numbers_.ofToken, logits).index_select(0, target));
  }

  std::string id_;
  NumberTokens numbers_;
  double lambda_, entropyWeight_;
  std::int64_t ignored_;
  bool sum_;
};

class NtlWas : public NumberTokenLoss {
 public:
  explicit NtlWas(const Parameters& parameters) : NumberTokenLoss("ntl_was", parameters) {}

 private:
  at::Tensor distances(const at::Tensor& p, const at::Tensor& values,
                       const at::Tensor& truth) const override {
    return (p * (values - truth.unsqueeze(1)).abs()).sum(1);
  }
};

class NtlMse : public NumberTokenLoss {
 public:
  explicit NtlMse(const Parameters& parameters) : NumberTokenLoss("ntl_mse", parameters) {}

 private:
  at::Tensor distances(const at::Tensor& p, const at::Tensor& values,
                       const at::Tensor& truth) const override {
    return ((p * values).sum(1) - truth).square();
  }
};

Descriptor descriptorOf(const std::string& id, const std::string& title, const std::string& summary,
                        const std::string& formula) {
  auto values =
      ParameterSpec::numberList("values", nullptr, "The number each token stands for; null: none")
          .needed();
  values.type = ParameterType::any;
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation = "Zausinger et al., Regress, Don't Guess, ICML 2025, arXiv:2411.02083";
  descriptor.parameters = classParameters(
      {values,
       ParameterSpec::number("lambda", 0.3, "Factor λ on the distance of the numbers").from(0),
       ParameterSpec::number("ce_weight", 1, "Factor c on the cross-entropy of all tokens")
           .from(0)});
  descriptor.taskKinds = {TaskKind::classification, TaskKind::ordinal};
  descriptor.inputs = {{"prediction", "[N, V] or [B, T, V]", "logits of the tokens"},
                       {"target", "int [N] or [B, T]", "tokens 0..V-1, or ignore_index"}};
  descriptor.traits = {{"slices", {"raw"}}};
  return descriptor;
}

}  // namespace

CatalogRow<Loss> ntlWasRow() {
  return rowOf<NtlWas>(descriptorOf(
      "ntl_was", "Number-token loss (Wasserstein)",
      "Cross-entropy plus the expected distance of the predicted number to the true one.",
      "L = c CE + λ Σ_j p_j |V_j − V_y|, p over the tokens of numbers"));
}

CatalogRow<Loss> ntlMseRow() {
  return rowOf<NtlMse>(
      descriptorOf("ntl_mse", "Number-token loss (MSE)",
                   "Cross-entropy plus the squared error of the expected number.",
                   "L = c CE + λ (Σ_j p_j V_j − V_y)², p over the tokens of numbers"));
}

}  // namespace eq::loss

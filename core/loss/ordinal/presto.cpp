#include "core/loss/ordinal/presto.h"

#include <cmath>
#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full_like.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/class_loss.h"
#include "core/loss/ordinal/ordinal_thresholds.h"

namespace eq::loss {
namespace {

constexpr const char* kCitation =
    "Faletto, Bien, Predicting Rare Events by Shrinking Towards Proportional Odds, ICML 2023";
constexpr double kLeastProbability = 1e-12;

/// Σ|β_1| + Σ_k |β_k - β_{k-1}|. \param slopes [K-1, p].
at::Tensor fusedNorm(const at::Tensor& slopes) {
  const auto later = slopes.size(0) - 1;
  return slopes.narrow(0, 0, 1).abs().sum() +
         (slopes.narrow(0, 1, later) - slopes.narrow(0, 0, later)).abs().sum();
}

class Presto : public ClassLoss {
 public:
  explicit Presto(const Parameters& parameters)
      : ClassLoss("presto", parameters), lambda_(parameters.number("lambda")) {}

  Value evaluate(const Batch& batch, bool perSample) const override {
    auto found = ClassLoss::evaluate(batch, perSample);
    const auto slopes = batch.field("slopes");
    if (slopes.defined())
      addPenalty(found, fusedNorm(slopes.to(batch.prediction.scalar_type())) * lambda_);
    return found;
  }

  std::vector<std::string> terms() const override { return {"likelihood", "penalty"}; }

  /// Its thresholds begin as they part a logistic distribution evenly: crossed ones have no slope.
  std::vector<Readout> readouts(const TaskInfo& task) const override {
    auto readout = thresholdReadout(task, id());
    for (std::int64_t k = 1; k <= readout.outputs; ++k)
      readout.biases.push_back(
          std::log(static_cast<double>(k) / static_cast<double>(task.width - k)));
    readout.fields = {{"slopes", LearnedField::Kind::weightOfHead, readout.outputs}};
    return {readout};
  }
  at::Tensor decode(const Batch& batch) const override {
    return logitsByLoss(batch, batch.task->width);
  }

 private:
  static void addPenalty(Value& found, const at::Tensor& penalty) {
    found.terms = {found.value, penalty};
    found.value = found.value + penalty;
  }

  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto open =
        at::full_like(logits.narrow(1, 0, 1), std::numeric_limits<double>::infinity());
    const auto bounds = at::cat({-open, logits, open}, 1);
    const auto lower = ownLogit(bounds, target), upper = ownLogit(bounds, target + 1);
    // σ(u) - σ(l) = σ(u) σ(-l) (1 - e^(l-u)) without cancellation; 0 where the thresholds cross.
    const auto share = -(lower - upper).clamp_max(0).expm1();
    const auto probability = upper.sigmoid() * (-lower).sigmoid() * share;
    return -probability.clamp_min(kLeastProbability).log();
  }

  std::int64_t checkPrediction(const at::Tensor& prediction) const override {
    return checkThresholdLogits(id(), prediction);
  }

  void checkFurther(const Batch& batch) const override {
    const auto slopes = batch.field("slopes");
    if (!slopes.defined()) return;
    checkNumbers(id(), "slopes", slopes);
    if (slopes.dim() != 2 || slopes.size(0) != batch.prediction.size(1))
      fail("{}.slopes: expected one row a threshold, [{}, p], found {}", id(),
           batch.prediction.size(1), shapeText(slopes));
  }

  double lambda_;
};

class PrestoPenalty : public Loss {
 public:
  explicit PrestoPenalty(const Parameters& parameters) : lambda_(parameters.number("lambda")) {}

  void check(const Batch& batch) const override {
    checkNumbers("presto_penalty", "prediction", batch.prediction);
    if (batch.prediction.dim() != 2)
      fail("presto_penalty.prediction: expected slopes [K-1, p], found {}",
           shapeText(batch.prediction));
  }

  Value evaluate(const Batch& batch, bool) const override {
    return {fusedNorm(batch.prediction) * lambda_, {}};
  }

 private:
  double lambda_;
};

ParameterSpec lambdaParameter() {
  return ParameterSpec::number("lambda", 0.01, "Factor on the penalty of the slopes").from(0);
}

}  // namespace

CatalogRow<Loss> prestoRow() {
  Descriptor descriptor;
  descriptor.id = "presto";
  descriptor.title = "PRESTO";
  descriptor.summary =
      "Likelihood of ranks by cumulative logits whose slopes are drawn towards proportional odds.";
  descriptor.formula = "L = −log max(σ(x_y) − σ(x_{y−1}), 1e-12) + λ Σ_k ‖β_k − β_{k−1}‖₁";
  descriptor.citation = kCitation;
  descriptor.parameters = classParameters({lambdaParameter()});
  descriptor.taskKinds = {TaskKind::ordinal};
  descriptor.inputs = thresholdInputs("logit α_k + β_k·x of \"the rank is at most k\", k < K−1");
  descriptor.inputs.push_back({"slopes", "[K-1, p]", "β; with them the penalty is added", false});
  descriptor.traits = {{"prediction", "thresholds"}, {"learned", {"slopes"}}};
  return rowOf<Presto>(descriptor);
}

CatalogRow<Loss> prestoPenaltyRow() {
  Descriptor descriptor;
  descriptor.id = "presto_penalty";
  descriptor.title = "PRESTO penalty";
  descriptor.summary = "Draws the slopes of neighbouring thresholds towards each other.";
  descriptor.formula = "L = λ (‖β_1‖₁ + Σ_{k>1} ‖β_k − β_{k−1}‖₁)";
  descriptor.citation = kCitation;
  descriptor.parameters = {lambdaParameter()};
  descriptor.inputs = {{"prediction", "[K-1, p]", "slopes, one row a threshold"}};
  descriptor.traits = {{"prediction", "slopes"}, {"coupled", true}};
  return rowOf<PrestoPenalty>(descriptor);
}

}  // namespace eq::loss

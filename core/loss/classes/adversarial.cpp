#include "core/loss/classes/adversarial.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_sigmoid.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

at::Tensor entropy(const at::Tensor& logits, const at::Tensor& target) {
  return at::cross_entropy_loss(logits, target, {}, at::Reduction::None);
}

class Mart : public ClassLoss {
 public:
  explicit Mart(const Parameters& parameters)
      : ClassLoss("mart", parameters), beta_(parameters.number("beta")) {}

 private:
  at::Tensor samplesOfBatch(const Batch& batch, const at::Tensor& target,
                            const at::Tensor&) const override {
    const auto& attacked = batch.prediction;
    const auto natural = naturalOf(batch);
    const auto p = attacked.softmax(1);
    const auto other = ownLogit(p, strongestOther(attacked, target));
    const auto boosted = entropy(attacked, target) - (1.0001 - other + 1e-12).log();
    const auto logNatural = natural.log_softmax(1);
    const auto divergence = (logNatural.exp() * (logNatural - (p + 1e-12).log())).sum(1);
    const auto doubt = 1.0000001 - ownLogit(logNatural, target).exp();
    return boosted + divergence * doubt * beta_;
  }

  /// In a run, where no attack is made, the input is the natural one.
  static at::Tensor naturalOf(const Batch& batch) {
    const auto natural = batch.field("natural");
    if (!natural.defined()) return batch.task ? batch.prediction : natural;
    return natural.to(batch.prediction.scalar_type());
  }

  void checkFurther(const Batch& batch) const override {
    const auto natural = naturalOf(batch);
    checkShape(id(), "natural", natural, batch.prediction.sizes(), "prediction");
    checkNumbers(id(), "natural", natural);
  }

  double beta_;
};

class Gairat : public ClassLoss {
 public:
  explicit Gairat(const Parameters& parameters)
      : ClassLoss("gairat", parameters),
        lambda_(parameters.number("lambda")),
        maxSteps_(parameters.integer("max_steps")),
        form_(parameters.text("form")) {}

 private:
  at::Tensor samplesOfBatch(const Batch& batch, const at::Tensor& target,
                            const at::Tensor& valid) const override {
    constexpr double kNone = std::numeric_limits<float>::lowest();
    const auto logWeight = logWeights(stepsOf(batch).to(batch.prediction.scalar_type()));
    // A finite stand-in for log 0: a softmax of nothing else must not be NaN.
    const auto share = logWeight.masked_fill(valid.logical_not(), kNone).softmax(0);
    return entropy(batch.prediction, target) * share * valid.sum();
  }

  /// In a run, where no attack is made, none flips a prediction.
  at::Tensor stepsOf(const Batch& batch) const {
    const auto steps = batch.field("steps");
    if (steps.defined() || !batch.task) return steps;
    return at::full({batch.prediction.size(0)}, maxSteps_,
                    batch.prediction.options().dtype(at::kLong));
  }

  /// log ω of steps κ, [N], but for a constant.
  at::Tensor logWeights(const at::Tensor& steps) const {
    const auto most = static_cast<double>(maxSteps_);
    if (form_ == "discrete") return (most + 1 - steps).log();
    const auto u = (1 - steps * (2 / most)) * 5 + lambda_;
    return at::log_sigmoid(form_ == "tanh" ? u * 2 : u);  // (1 + tanh u) / 2 = σ(2u)
  }

  void checkFurther(const Batch& batch) const override {
    const auto steps = stepsOf(batch);
    checkShape(id(), "steps", steps, {batch.prediction.size(0)}, "the samples");
    checkIntegers(id(), "steps", steps);
    const auto wrong = ((steps < 0) | (steps > maxSteps_)) & (batch.target != ignored());
    if (wrong.any().item<bool>())
      fail("{}.steps: go from 0 to {} (max_steps), found {}", id(), maxSteps_,
           steps.masked_select(wrong)[0].item<std::int64_t>());
  }

  double lambda_;
  std::int64_t maxSteps_;
  std::string form_;
};

class Mail : public ClassLoss {
 public:
  explicit Mail(const Parameters& parameters)
      : ClassLoss("mail", parameters),
        slope_(parameters.number("slope")),
        bias_(parameters.number("bias")) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto p = logits.detach().softmax(1);
    const auto lag = ownLogit(p, strongestOther(logits, target)) - ownLogit(p, target);
    return entropy(logits, target) * ((lag + bias_) * slope_).sigmoid() * 3;
  }

  double slope_, bias_;
};

Descriptor describe(const char* id, const char* title, const char* summary, const char* formula,
                    std::vector<ParameterSpec> own) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.parameters = classParameters(std::move(own));
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.inputs = classInputs();
  descriptor.inputs[0].doc = "logits of the attacked input";
  return descriptor;
}

}  // namespace

CatalogRow<Loss> martRow() {
  auto descriptor =
      describe("mart", "MART",
               "A boosted cross-entropy of the attacked input, and closeness to the natural one "
               "where that is not sure.",
               "L = −log p_y − log(1 − max_{k≠y} p_k) + β KL(n‖p) (1 − n_y)",
               {ParameterSpec::number("beta", 6, "β: factor on the divergence").from(0)});
  descriptor.citation =
      "Wang et al., Improving Adversarial Robustness Requires Revisiting Misclassified Examples, "
      "ICLR 2020";
  descriptor.inputs.push_back({"natural", "[N, C]", "logits of the natural input"});
  descriptor.traits = {{"made_by_attack", {"natural"}}};
  return rowOf<Mart>(descriptor);
}

CatalogRow<Loss> gairatRow() {
  auto descriptor = describe(
      "gairat", "GAIRAT", "Cross-entropy that counts samples more that an attack flips sooner.",
      "L = ω CE,  ω ∝ (1 + tanh(λ + 5(1 − 2κ/K)))/2, mean 1",
      {ParameterSpec::number("lambda", -1, "λ: towards larger values, weights grow more equal"),
       ParameterSpec::integer("max_steps", 10, "K: steps of the attack").above(0),
       ParameterSpec::choice("form", "tanh", {"tanh", "sigmoid", "discrete"},
                             "How the weight falls with the steps; discrete: in proportion to "
                             "K + 1 − κ, without λ")});
  descriptor.citation =
      "Zhang et al., Geometry-aware Instance-reweighted Adversarial Training, ICLR 2021, "
      "arXiv:2010.01736";
  descriptor.inputs.push_back(
      {"steps", "int [N]", "κ: steps of the attack that flip the prediction, 0..max_steps"});
  descriptor.traits = {{"made_by_attack", {"steps"}}, {"attack_steps", "max_steps"}};
  return rowOf<Gairat>(descriptor);
}

CatalogRow<Loss> mailRow() {
  auto descriptor =
      describe("mail", "MAIL",
               "Cross-entropy that counts samples more whose class is further behind the best "
               "other one.",
               "L = ω CE,  ω = 3 σ(slope (max_{k≠y} p_k − p_y + bias))",
               {ParameterSpec::number("slope", 1, "How sharply the weight rises"),
                ParameterSpec::number("bias", -1.5, "Added to the lag before it is scaled")});
  descriptor.citation =
      "Wang et al., Probabilistic Margins for Instance Reweighting in Adversarial Training, "
      "NeurIPS "
      "2021, arXiv:2106.07904";
  return rowOf<Mail>(descriptor);
}

}  // namespace eq::loss

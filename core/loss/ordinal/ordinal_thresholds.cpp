#include "core/loss/ordinal/ordinal_thresholds.h"

#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/log_sigmoid.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/class_loss.h"

namespace eq::loss {
namespace {

/// 0..K-2, the thresholds' numbers, [K-1].
at::Tensor thresholds(const at::Tensor& logits) {
  return at::arange(logits.size(1), logits.options().dtype(at::kLong));
}

/// Binary cross-entropies against "the rank is above k", [N, K-1].
at::Tensor entropies(const at::Tensor& logits, const at::Tensor& rank) {
  const auto above = (rank.unsqueeze(1) > thresholds(logits)).to(logits.scalar_type());
  return -at::log_sigmoid(logits * (above * 2 - 1));
}

class ThresholdLoss : public ClassLoss {
 public:
  std::vector<Readout> readouts(const TaskInfo& task) const override {
    return {thresholdReadout(task, id())};
  }
  at::Tensor decode(const Batch& batch) const override {
    return logitsByLoss(batch, batch.task->width);
  }

 protected:
  using ClassLoss::ClassLoss;

  std::int64_t checkPrediction(const at::Tensor& prediction) const override {
    return checkThresholdLogits(id(), prediction);
  }
};

/// OR-CNN and CORAL: the same number; they differ in the head that makes the logits.
class ExtendedBinary : public ThresholdLoss {
 public:
  ExtendedBinary(std::string id, const Parameters& parameters)
      : ThresholdLoss(std::move(id), parameters), importance_(parameters.numbers("importance")) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto terms = entropies(logits, target);
    return (importance_.empty() ? terms : terms * listTensor(importance_, logits)).sum(1);
  }

  void checkFurther(const Batch& batch) const override {
    const auto count = batch.prediction.size(1);
    if (!importance_.empty() && static_cast<std::int64_t>(importance_.size()) != count)
      fail("{}.importance: needs one entry a threshold, {}, found {}", id(), count,
           importance_.size());
  }

  std::vector<double> importance_;
};

class OrCnn : public ExtendedBinary {
 public:
  explicit OrCnn(const Parameters& parameters) : ExtendedBinary("or_cnn", parameters) {}
};

class Coral : public ExtendedBinary {
 public:
  explicit Coral(const Parameters& parameters) : ExtendedBinary("coral", parameters) {}

  std::vector<Readout> readouts(const TaskInfo& task) const override {
    auto readout = thresholdReadout(task, id());
    readout.layer = Readout::Layer::oneScore;
    for (auto k = readout.outputs; k > 0; --k)
      readout.biases.push_back(static_cast<double>(k) / static_cast<double>(readout.outputs));
    return {readout};
  }
};

class Corn : public ThresholdLoss {
 public:
  explicit Corn(const Parameters& parameters) : ThresholdLoss("corn", parameters) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto reached = target.unsqueeze(1) >= thresholds(logits);
    return entropies(logits, target).masked_fill(reached.logical_not(), 0).sum(1);
  }

  /// How many thresholds each sample is asked about.
  at::Tensor denominators(const at::Tensor& logits, const at::Tensor& target) const override {
    return (target + 1).clamp_max(logits.size(1)).to(logits.scalar_type());
  }
};

Descriptor descriptorOf(const std::string& id, const std::string& title, const std::string& summary,
                        const std::string& formula, const std::string& citation,
                        std::vector<ParameterSpec> own) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation = citation;
  descriptor.parameters = classParameters(std::move(own));
  descriptor.taskKinds = {TaskKind::ordinal};
  descriptor.inputs = thresholdInputs("logit of \"the rank is above k\" for each k < K−1");
  descriptor.traits = {{"prediction", "thresholds"}};
  return descriptor;
}

ParameterSpec importanceParameter() {
  return ParameterSpec::numberList("importance", nlohmann::json::array(),
                                   "A factor for each of the K−1 thresholds; empty: 1")
      .from(0);
}

}  // namespace

CatalogRow<Loss> orCnnRow() {
  return rowOf<OrCnn>(descriptorOf(
      "or_cnn", "OR-CNN",
      "A binary cross-entropy for each threshold between ranks, all of them independent.",
      "L = Σ_k λ_k [sp(x_k) − 1{y > k} x_k]",
      "Niu et al., Ordinal Regression with Multiple Output CNN for Age Estimation, CVPR 2016",
      {importanceParameter()}));
}

CatalogRow<Loss> coralRow() {
  return rowOf<Coral>(descriptorOf(
      "coral", "CORAL",
      "Binary cross-entropies of the thresholds between ranks over one score with a bias each.",
      "L = Σ_k λ_k [sp(x_k) − 1{y > k} x_k], x_k = f + b_k",
      "Cao, Mirjalili, Raschka, Rank consistent ordinal regression for neural networks, "
      "Pattern Recognition Letters 2020, arXiv:1901.07884",
      {importanceParameter()}));
}

CatalogRow<Loss> cornRow() {
  return rowOf<Corn>(descriptorOf(
      "corn", "CORN",
      "Conditional binary cross-entropies: a threshold sees the samples that reach it only.",
      "L = Σ_k Σ_{i: y_i ≥ k} [sp(x_ik) − 1{y_i > k} x_ik] / number of terms",
      "Shi, Cao, Raschka, Deep Neural Networks for Rank-Consistent Ordinal Regression Based On "
      "Conditional Probabilities, 2021, arXiv:2111.08851",
      {}));
}

std::int64_t checkThresholdLogits(const std::string& loss, const at::Tensor& prediction) {
  if (prediction.dim() != 2 || prediction.size(1) < 1)
    fail("{}.prediction: expected one logit a threshold, [N, K-1], found {}", loss,
         shapeText(prediction));
  return prediction.size(1) + 1;
}

Readout thresholdReadout(const TaskInfo& task, const std::string& role) {
  Readout readout;
  readout.role = role;
  readout.outputs = task.width - 1;
  return readout;
}

std::vector<InputField> thresholdInputs(const std::string& logits) {
  return {{"prediction", "[N, K-1]", logits},
          {"target", "int [N]", "ranks 0..K-1, or ignore_index"}};
}

}  // namespace eq::loss

#include "core/loss/distillation/binary_kl.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/distillation/distillation.h"
#include "core/loss/element_loss.h"
#include "core/loss/row.h"
#include "core/loss/transport_support.h"

namespace eq::loss {
namespace {

constexpr const char* kCitation = "Yang et al., Dual-Head Knowledge Distillation, arXiv:2411.08937";

/// The divergences of each sample's classes, summed, [N].
struct ClassDivergence {
  double temperature;
  bool normalized;

  at::Tensor samples(const at::Tensor& teacher, const at::Tensor& student) const {
    const auto classes = normalized
                             ? logCosh((student - teacher) / (2 * temperature))
                             : bernoulliDivergence(teacher / temperature, student / temperature);
    return classes.sum(1) * (temperature * temperature);
  }
};

ClassDivergence divergenceFrom(const Parameters& parameters) {
  return {parameters.number("temperature"), parameters.boolean("normalized")};
}

class BinaryKl : public Loss {
 public:
  explicit BinaryKl(const Parameters& parameters)
      : divergence_(divergenceFrom(parameters)), sum_(parameters.text("reduction") == "sum") {}

  void check(const Batch& batch) const override {
    checkNumbers(kId, "prediction", batch.prediction);
    if (batch.prediction.dim() != 2)
      fail("{}.prediction: expected logits [N, C], found {}", kId, shapeText(batch.prediction));
    checkTeacher(kId, batch);
    checkMask(kId, batch.field("mask"), {batch.prediction.size(0)}, "the samples");
  }

  Value evaluate(const Batch& batch, bool perSample) const override {
    return pooled(divergence_.samples(teacherOf(batch), batch.prediction), offByMask(batch), sum_,
                  perSample);
  }

 private:
  static constexpr const char* kId = "binary_kl";
  ClassDivergence divergence_;
  bool sum_;
};

class DualHead : public ClassLoss {
 public:
  explicit DualHead(const Parameters& parameters)
      : ClassLoss("dhkd", parameters),
        divergence_(divergenceFrom(parameters)),
        entropyWeight_(parameters.number("ce_weight")),
        alpha_(parameters.number("alpha")) {}

  std::vector<std::string> terms() const override { return {"cross_entropy", "binary_kl"}; }

  /// Logits, and a second linear layer for the teacher.
  std::vector<Readout> readouts(const TaskInfo& task) const override {
    auto readout = usualReadout(task);
    readout.fields = {{"auxiliary", LearnedField::Kind::secondHead, task.width}};
    return {readout};
  }

 private:
  std::vector<at::Tensor> termsOfBatch(const Batch& batch, const at::Tensor& target,
                                       const at::Tensor&) const override {
    const auto auxiliary = batch.field("auxiliary").to(batch.prediction.scalar_type());
    return {
        at::cross_entropy_loss(batch.prediction, target, {}, at::Reduction::None) * entropyWeight_,
        divergence_.samples(teacherOf(batch), auxiliary) * alpha_};
  }

  void checkFurther(const Batch& batch) const override {
    checkTeacher(id(), batch);
    const auto auxiliary = batch.field("auxiliary");
    checkNumbers(id(), "auxiliary", auxiliary);
    checkShape(id(), "auxiliary", auxiliary, batch.prediction.sizes(), "prediction");
  }

  ClassDivergence divergence_;
  double entropyWeight_, alpha_;
};

ParameterSpec binaryTemperatureSpec() {
  return ParameterSpec::number("temperature", 2, "What both models' logits are divided by")
      .above(0);
}

ParameterSpec normalizedSpec() {
  return ParameterSpec::boolean("normalized", true,
                                "Divergence of the difference of both logits from an even chance");
}

}  // namespace

CatalogRow<Loss> binaryKlRow() {
  Descriptor descriptor;
  descriptor.id = "binary_kl";
  descriptor.title = "Binary divergence from a teacher";
  descriptor.summary = "Every class's logit is drawn to the teacher's, each by itself; no target.";
  descriptor.formula =
      "L = T² Σ_k log cosh((s_k − t_k)/2T); not normalised: T² Σ_k KL(σ(t_k/T) ‖ σ(s_k/T))";
  descriptor.citation = kCitation;
  descriptor.parameters = elementParameters({binaryTemperatureSpec(), normalizedSpec()});
  descriptor.taskKinds = {TaskKind::classification, TaskKind::multilabel};
  descriptor.inputs = {{"prediction", "[N, C]", "logits"},
                       {"teacher", "[N, C]", "logits of the teacher"},
                       {"mask", "[N]", "0 = does not count", false}};
  return rowOf<BinaryKl>(std::move(descriptor));
}

CatalogRow<Loss> dhkdRow() {
  Descriptor descriptor;
  descriptor.id = "dhkd";
  descriptor.title = "Dual-head distillation";
  descriptor.summary =
      "Cross-entropy on one head, and the binary divergence from a teacher on a second one.";
  descriptor.formula = "L = w_CE CE(z, y) + α BinaryKL(auxiliary, teacher)";
  descriptor.citation = kCitation;
  descriptor.parameters = classParameters(
      {ParameterSpec::number("ce_weight", 1, "Factor on CE").from(0),
       ParameterSpec::number("alpha", 1, "Factor on the divergence from the teacher").from(0),
       binaryTemperatureSpec(), normalizedSpec()});
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.inputs = classInputs();
  descriptor.inputs.push_back({"auxiliary", "[N, C]", "logits of the second head"});
  descriptor.inputs.push_back({"teacher", "[N, C]", "logits of the teacher"});
  descriptor.traits = {{"learned", {"auxiliary"}}};
  return rowOf<DualHead>(std::move(descriptor));
}

}  // namespace eq::loss

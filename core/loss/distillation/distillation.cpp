#include "core/loss/distillation/distillation.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/log_sigmoid.h>

#include "core/loss/checks.h"
#include "core/loss/element_loss.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

/// KL(softmax(teacher) ‖ softmax(student)) of each row, [N].
at::Tensor divergence(const at::Tensor& teacher, const at::Tensor& student) {
  const auto log = teacher.log_softmax(1);
  return (log.exp() * (log - student.log_softmax(1))).sum(1);
}

/// The same among the classes other than the target.
at::Tensor divergenceOfOthers(const at::Tensor& teacher, const at::Tensor& student,
                              const at::Tensor& target) {
  const auto own = target.unsqueeze(1);
  const auto logOfOthers = [&own](const at::Tensor& logits) {
    const auto others = logits.scatter(1, own, -std::numeric_limits<double>::infinity());
    return others.log_softmax(1).scatter(1, own, 0);
  };
  const auto log = logOfOthers(teacher);
  return (log.exp() * (log - logOfOthers(student))).sum(1);
}

at::Tensor entropyOf(const at::Tensor& logits, const at::Tensor& target) {
  return at::cross_entropy_loss(logits, target, {}, at::Reduction::None);
}

class Distillation : public ClassLoss {
 public:
  explicit Distillation(const Parameters& parameters)
      : ClassLoss("distillation", parameters),
        temperature_(parameters.number("temperature")),
        entropyWeight_(parameters.number("ce_weight")),
        weight_(parameters.number("kd_weight")),
        sum_(parameters.text("reduction") == "sum") {}

  void check(const Batch& batch) const override {
    if (batch.target.defined() || entropyWeight_ > 0) return ClassLoss::check(batch);
    checkNumbers(id(), "prediction", batch.prediction);
    checkPrediction(batch.prediction);
    checkTeacher(id(), batch);
  }

  Value evaluate(const Batch& batch, bool perSample) const override {
    if (batch.target.defined()) return ClassLoss::evaluate(batch, perSample);
    return pooled(transfer(batch), {}, sum_, perSample);
  }

  std::vector<std::string> terms() const override {
    return entropyWeight_ == 0 ? std::vector<std::string>{}
                               : std::vector<std::string>{"cross_entropy", "distillation"};
  }

 private:
  std::vector<at::Tensor> termsOfBatch(const Batch& batch, const at::Tensor& target,
                                       const at::Tensor&) const override {
    if (entropyWeight_ == 0) return {transfer(batch)};
    return {entropyOf(batch.prediction, target) * entropyWeight_, transfer(batch)};
  }

  void checkFurther(const Batch& batch) const override { checkTeacher(id(), batch); }

  at::Tensor transfer(const Batch& batch) const {
    return divergence(teacherOf(batch) / temperature_, batch.prediction / temperature_) *
           (weight_ * temperature_ * temperature_);
  }

  double temperature_, entropyWeight_, weight_;
  bool sum_;
};

class DecoupledDistillation : public ClassLoss {
 public:
  explicit DecoupledDistillation(const Parameters& parameters)
      : ClassLoss("decoupled_distillation", parameters),
        alpha_(parameters.number("alpha")),
        beta_(parameters.number("beta")),
        temperature_(parameters.number("temperature")),
        entropyWeight_(parameters.number("ce_weight")) {}

  std::vector<std::string> terms() const override {
    std::vector<std::string> names{"target_class", "other_classes"};
    if (entropyWeight_ > 0) names.emplace_back("cross_entropy");
    return names;
  }

 private:
  std::vector<at::Tensor> termsOfBatch(const Batch& batch, const at::Tensor& target,
                                       const at::Tensor&) const override {
    const auto teacher = teacherOf(batch) / temperature_;
    const auto student = batch.prediction / temperature_;
    const auto ofTarget =
        bernoulliDivergence(effectiveMargin(teacher, target), effectiveMargin(student, target));
    const auto ofOthers = divergenceOfOthers(teacher, student, target);
    const double scale = temperature_ * temperature_;
    std::vector<at::Tensor> parts{ofTarget * (alpha_ * scale), ofOthers * (beta_ * scale)};
    if (entropyWeight_ > 0) parts.push_back(entropyOf(batch.prediction, target) * entropyWeight_);
    return parts;
  }

  void checkFurther(const Batch& batch) const override { checkTeacher(id(), batch); }

  double alpha_, beta_, temperature_, entropyWeight_;
};

std::vector<InputField> teacherInputs(bool targetRequired) {
  auto fields = classInputs();
  fields[1].required = targetRequired;
  if (!targetRequired) fields[1].doc += "; may be left out with ce_weight 0";
  fields.push_back({"teacher", "[N, C]", "logits of the teacher"});
  return fields;
}

ParameterSpec temperatureSpec() {
  return ParameterSpec::number("temperature", 4, "What both models' logits are divided by")
      .above(0);
}

}  // namespace

at::Tensor teacherOf(const Batch& batch) {
  return batch.field("teacher").to(batch.prediction.scalar_type()).detach();
}

void checkTeacher(const std::string& loss, const Batch& batch) {
  checkNumbers(loss, "teacher", batch.field("teacher"));
  checkShape(loss, "teacher", batch.field("teacher"), batch.prediction.sizes(), "prediction");
}

at::Tensor bernoulliDivergence(const at::Tensor& teacher, const at::Tensor& student) {
  const auto constant = teacher.detach();
  const auto yes = at::log_sigmoid(constant), no = at::log_sigmoid(-constant);
  return yes.exp() * (yes - at::log_sigmoid(student)) + no.exp() * (no - at::log_sigmoid(-student));
}

CatalogRow<Loss> distillationRow() {
  Descriptor descriptor;
  descriptor.id = "distillation";
  descriptor.title = "Distillation with temperature";
  descriptor.summary =
      "Cross-entropy plus the divergence from the softened probabilities of a teacher.";
  descriptor.formula = "L = w_CE CE + w_KD T² KL(softmax(t/T) ‖ softmax(s/T))";
  descriptor.citation =
      "Hinton, Vinyals, Dean, Distilling the Knowledge in a Neural Network, 2015, "
      "arXiv:1503.02531";
  descriptor.parameters = classParameters(
      {temperatureSpec(), ParameterSpec::number("ce_weight", 0.1, "Factor on CE").from(0),
       ParameterSpec::number("kd_weight", 0.9, "Factor on the divergence from the teacher")
           .from(0)});
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.inputs = teacherInputs(false);
  return rowOf<Distillation>(std::move(descriptor));
}

CatalogRow<Loss> decoupledDistillationRow() {
  Descriptor descriptor;
  descriptor.id = "decoupled_distillation";
  descriptor.title = "Decoupled distillation";
  descriptor.summary =
      "Distillation with one weight for the target class's share and one for the other classes.";
  descriptor.formula = "L = T² (α TCKD + β NCKD) + w_CE CE";
  descriptor.citation =
      "Zhao et al., Decoupled Knowledge Distillation, CVPR 2022, arXiv:2203.08679";
  descriptor.parameters = classParameters(
      {ParameterSpec::number("alpha", 1, "Factor on the divergence of target class and rest")
           .from(0),
       ParameterSpec::number("beta", 8, "Factor on the divergence among the other classes").from(0),
       temperatureSpec(), ParameterSpec::number("ce_weight", 0, "Factor on CE").from(0)});
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.inputs = teacherInputs(true);
  return rowOf<DecoupledDistillation>(std::move(descriptor));
}

}  // namespace eq::loss

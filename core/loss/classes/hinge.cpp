#include "core/loss/classes/hinge.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>

#include "core/loss/checks.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class SignedMargin : public ElementLoss {
 protected:
  using ElementLoss::ElementLoss;

  /// Values of the elements by t x.
  virtual at::Tensor ofMargin(const at::Tensor& margin) const = 0;

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    return ofMargin(prediction * (target * 2 - 1));
  }

  void checkFurther(const Batch& batch) const override { checkBinaryTarget(id(), batch); }
};

class Hinge : public SignedMargin {
 public:
  explicit Hinge(const Parameters& parameters)
      : SignedMargin("hinge", parameters),
        margin_(parameters.number("margin")),
        squared_(parameters.boolean("squared")) {}

 private:
  at::Tensor ofMargin(const at::Tensor& margin) const override {
    const auto missing = (margin_ - margin).relu();
    return squared_ ? missing.square() : missing;
  }

  double margin_;
  bool squared_;
};

class SoftMargin : public SignedMargin {
 public:
  explicit SoftMargin(const Parameters& parameters) : SignedMargin("soft_margin", parameters) {}

 private:
  at::Tensor ofMargin(const at::Tensor& margin) const override { return -at::log_sigmoid(margin); }
};

Descriptor describe(const char* id, const char* title, const char* summary, const char* formula,
                    std::vector<ParameterSpec> own) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.parameters = elementParameters(std::move(own));
  descriptor.taskKinds = {TaskKind::binary, TaskKind::multilabel};
  descriptor.inputs = elementInputs("logits", "0 or 1");
  descriptor.traits = {{"slices", {"logit"}}};
  return descriptor;
}

}  // namespace

CatalogRow<Loss> hingeRow() {
  auto descriptor = describe(
      "hinge", "Hinge loss", "What a logit lacks to the margin on its side; nothing beyond it.",
      "L = [m − t x]+ or [m − t x]+²,  t = 2y − 1",
      {ParameterSpec::number("margin", 1, "m: from which logit on nothing is lost").above(0),
       ParameterSpec::boolean("squared", false, "The square instead")});
  descriptor.citation = "Cortes and Vapnik, Support-Vector Networks, Machine Learning 1995";
  return rowOf<Hinge>(descriptor);
}

CatalogRow<Loss> softMarginRow() {
  auto descriptor =
      describe("soft_margin", "Soft-margin loss", "The smooth hinge: logistic loss of one logit.",
               "L = log(1 + e^(−t x)),  t = 2y − 1", {});
  descriptor.citation = "Textbook definition";
  return rowOf<SoftMargin>(descriptor);
}

}  // namespace eq::loss

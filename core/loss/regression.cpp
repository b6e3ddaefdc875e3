#include "core/loss/regression.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/huber_loss.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/mse_loss.h>

namespace eq::loss {
namespace {

class Mse : public ElementLoss {
 public:
  explicit Mse(const Parameters& parameters)
      : ElementLoss("mse", parameters), half_(parameters.boolean("half")) {}

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    const auto squares = at::mse_loss(prediction, target, at::Reduction::None);
    return half_ ? squares * 0.5 : squares;
  }
  bool half_;
};

class L1 : public ElementLoss {
 public:
  explicit L1(const Parameters& parameters) : ElementLoss("l1", parameters) {}

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    return at::l1_loss(prediction, target, at::Reduction::None);
  }
};

class Huber : public ElementLoss {
 public:
  explicit Huber(const Parameters& parameters)
      : ElementLoss("huber", parameters), delta_(parameters.number("delta")) {}

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    return at::huber_loss(prediction, target, at::Reduction::None, delta_);
  }
  double delta_;
};

Descriptor describe(const std::string& id, const std::string& title, const std::string& summary,
                    const std::string& formula, const std::string& citation,
                    std::vector<ParameterSpec> own) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation = citation;
  descriptor.parameters = elementParameters(std::move(own));
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.inputs = elementInputs("numbers", "numbers");
  descriptor.traits = {{"slices", {"residual"}}};
  return descriptor;
}

template <typename Kind>
CatalogRow<Loss> row(Descriptor descriptor) {
  return {std::move(descriptor),
          [](const Parameters& parameters) { return std::make_unique<Kind>(parameters); }};
}

}  // namespace

CatalogRow<Loss> mseRow() {
  return row<Mse>(describe(
      "mse", "Mean squared error", "Square of the error; its minimiser is the conditional mean.",
      "L = (ŷ − y)²", "Gauss; Legendre",
      {ParameterSpec::boolean("half", false,
                              "Half of the square, so that the slope is the error")}));
}

CatalogRow<Loss> l1Row() {
  return row<L1>(describe("l1", "L1 loss",
                          "Absolute error; its minimiser is the conditional median.", "L = |ŷ − y|",
                          "Laplace", {}));
}

CatalogRow<Loss> huberRow() {
  return row<Huber>(
      describe("huber", "Huber loss", "Square for small errors, absolute for large ones.",
               "L = ½ r² where |r| ≤ δ, else δ(|r| − ½δ)",
               "Huber, Robust Estimation of a Location Parameter, 1964",
               {ParameterSpec::number("delta", 1, "Error at which the square ends").above(0)}));
}

}  // namespace eq::loss

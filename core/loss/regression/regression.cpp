#include "core/loss/regression/regression.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/huber_loss.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/smooth_l1_loss.h>

#include "core/loss/regression_support.h"
#include "core/loss/row.h"

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

class SmoothL1 : public ElementLoss {
 public:
  explicit SmoothL1(const Parameters& parameters)
      : ElementLoss("smooth_l1", parameters), beta_(parameters.number("beta")) {}

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    // With β = 0 that function's gradient is -1 at 0, and not L1's 0.
    if (beta_ == 0) return at::l1_loss(prediction, target, at::Reduction::None);
    return at::smooth_l1_loss(prediction, target, at::Reduction::None, beta_);
  }
  double beta_;
};

class LogCosh : public ElementLoss {
 public:
  explicit LogCosh(const Parameters& parameters)
      : ElementLoss("log_cosh", parameters), scale_(parameters.number("scale")) {}

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    return logCosh((prediction - target) / scale_) * (scale_ * scale_);
  }
  double scale_;
};

}  // namespace

CatalogRow<Loss> mseRow() {
  return rowOf<Mse>(regressionDescriptor(
      "mse", "Mean squared error", "Square of the error; its minimiser is the conditional mean.",
      "L = (ŷ − y)²", "Gauss; Legendre",
      {ParameterSpec::boolean("half", false,
                              "Half of the square, so that the slope is the error")}));
}

CatalogRow<Loss> l1Row() {
  return rowOf<L1>(regressionDescriptor("l1", "L1 loss",
                                        "Absolute error; its minimiser is the conditional median.",
                                        "L = |ŷ − y|", "Laplace", {}));
}

CatalogRow<Loss> huberRow() {
  return rowOf<Huber>(regressionDescriptor(
      "huber", "Huber loss", "Square for small errors, absolute for large ones.",
      "L = ½ r² where |r| ≤ δ, else δ(|r| − ½δ)",
      "Huber, Robust Estimation of a Location Parameter, 1964",
      {ParameterSpec::number("delta", 1, "Error at which the square ends").above(0)}));
}

CatalogRow<Loss> smoothL1Row() {
  return rowOf<SmoothL1>(regressionDescriptor(
      "smooth_l1", "Smooth L1 loss", "Absolute error with its corner rounded off.",
      "L = r² / 2β where |r| < β, else |r| − ½β", "Girshick, Fast R-CNN, ICCV 2015",
      {ParameterSpec::number("beta", 1, "Error at which the rounding ends; 0 = L1").from(0)}));
}

CatalogRow<Loss> logCoshRow() {
  return rowOf<LogCosh>(regressionDescriptor(
      "log_cosh", "Log-cosh loss", "Square for small errors, absolute for large ones, and smooth.",
      "L = s² log cosh(r / s)",
      "Saleh and Saleh, Statistical Properties of the log-cosh Loss Function, 2022, "
      "arXiv:2208.04564",
      {ParameterSpec::number("scale", 1, "Error s around which the square ends").above(0)}));
}

}  // namespace eq::loss

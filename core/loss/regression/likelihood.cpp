#include "core/loss/regression/likelihood.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/poisson_nll_loss.h>

#include "core/base/error.h"
#include "core/loss/first_found.h"
#include "core/loss/regression_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kLogVarianceLimit = 10;

/// ln Γ(x + ½) - ln Γ(x), also where both are so large that their difference would be rounding.
double logGammaStep(double x) {
  if (x < 100) return std::lgamma(x + 0.5) - std::lgamma(x);
  return std::log(x) / 2 - 1 / (8 * x) + 1 / (192 * x * x * x);
}

class GaussianNll : public ElementLoss {
 public:
  explicit GaussianNll(const Parameters& parameters)
      : ElementLoss("gaussian_nll", parameters),
        constant_(parameters.boolean("full") ? std::log(2 * kPi) / 2 : 0),
        beta_(parameters.number("beta")) {}

  std::vector<Readout> readouts(const TaskInfo& task) const override {
    auto readout = usualReadout(task);
    readout.role = "mean_log_variance";
    readout.channels = channels();
    return {readout};
  }
  /// The mean.
  at::Tensor decode(const Batch& batch) const override { return batch.prediction.select(-1, 0); }

 private:
  std::int64_t channels() const override { return 2; }

  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    const auto logVariance = prediction.select(-1, 1).clamp(-kLogVarianceLimit, kLogVarianceLimit);
    const auto error = prediction.select(-1, 0) - target;
    const auto value = (logVariance + error.square() * (-logVariance).exp()) / 2 + constant_;
    return beta_ == 0 ? value : value * (logVariance.detach() * beta_).exp();
  }

  double constant_, beta_;
};

class StudentTNll : public ElementLoss {
 public:
  explicit StudentTNll(const Parameters& parameters)
      : ElementLoss("student_t_nll", parameters), nu_(parameters.number("nu")) {
    const double scale = parameters.number("scale");
    unit_ = scale * std::sqrt(nu_);
    constant_ = std::log(nu_ * kPi) / 2 + std::log(scale) - logGammaStep(nu_ / 2);
  }

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    const auto distance = ((prediction - target) / unit_).square();
    return distance.log1p() * ((nu_ + 1) / 2) + constant_;
  }

  double nu_, unit_ = 1, constant_ = 0;
};

class PoissonNll : public ElementLoss {
 public:
  explicit PoissonNll(const Parameters& parameters)
      : ElementLoss("poisson_nll", parameters), full_(parameters.boolean("full")) {}

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    constexpr bool kLogRate = true;
    constexpr double kUnused = 1e-8;  // of the form that takes rates
    return at::poisson_nll_loss(prediction, target, kLogRate, full_, kUnused, at::Reduction::None);
  }

  void checkFurther(const Batch& batch) const override {
    auto wrong = batch.target < 0;
    const auto mask = batch.field("mask");
    if (mask.defined()) wrong = wrong & (mask != 0);
    if (wrong.any().item<bool>())
      fail("{}.target: counts must be at least 0, found {}", id(), firstFound(batch.target, wrong));
  }

  bool full_;
};

}  // namespace

CatalogRow<Loss> gaussianNllRow() {
  auto descriptor = regressionDescriptor(
      "gaussian_nll", "Gaussian negative log-likelihood",
      "Squared error in units of a variance that is predicted too.",
      "L = ½ (s + (ŷ − y)² e^−s) · sg(e^βs), s = log v",
      "Nix and Weigend, Estimating the mean and variance of the target probability distribution, "
      "1994; β: Seitzer et al., ICLR 2022, arXiv:2203.09168",
      {ParameterSpec::boolean("full", false, "Add the constant ½ log 2π"),
       ParameterSpec::number("beta", 0, "Exponent of the variance by which elements are weighted")
           .from(0)
           .to(1)});
  descriptor.inputs = {{"prediction", "[N, 2] or [N, D, 2]", "mean and log-variance"},
                       {"target", "[N] or [N, D]", "numbers"},
                       {"mask", "[N] or [N, D]", "0 = does not count", false}};
  descriptor.traits = {{"prediction", "mean_log_variance"}};
  return rowOf<GaussianNll>(descriptor);
}

CatalogRow<Loss> studentTNllRow() {
  return rowOf<StudentTNll>(regressionDescriptor(
      "student_t_nll", "Student-t negative log-likelihood",
      "Grows with the logarithm of the error, so that outliers hardly pull.",
      "L = ½(ν + 1) log(1 + r² / νs²) + log(s √(νπ)) + ln Γ(ν/2) − ln Γ((ν + 1)/2)",
      "Lange, Little and Taylor, Robust Statistical Modeling Using the t Distribution, 1989",
      {ParameterSpec::number("nu", 3, "Degrees of freedom ν").above(0),
       ParameterSpec::number("scale", 1, "Scale s of the error").above(0)}));
}

CatalogRow<Loss> poissonNllRow() {
  auto descriptor = regressionDescriptor(
      "poisson_nll", "Poisson negative log-likelihood", "For counts; the prediction is a log-rate.",
      "L = e^x − yx", "Standard generalised linear model",
      {ParameterSpec::boolean("full", false, "Add Stirling's log y! where y > 1")});
  descriptor.inputs = elementInputs("log-rates", "counts");
  descriptor.traits = nlohmann::json::object();
  return rowOf<PoissonNll>(descriptor);
}

}  // namespace eq::loss

#include "core/metric/regression/crps.h"

#include <cmath>
#include <numbers>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/metric/metric_support.h"

namespace eq::metric {
namespace {

/// mean|x − y| − Σ_ij |x_i − x_j| / (2m²), or by 2m(m − 1). \param error x − y, [N, m].
at::Tensor ensembleScore(const at::Tensor& error, bool fair) {
  const auto members = error.size(1);
  const auto count = static_cast<double>(members);
  // Of sorted members, Σ_{i<j} (x_j − x_i) weights the k-th by the number below less that above.
  const auto sorted = std::get<0>(error.sort(1));
  const auto balance = at::arange(members, error.options()) * 2 - (count - 1);
  const auto differences = (sorted * balance).sum(1);
  return error.abs().mean(1) - differences / (count * (fair ? count - 1 : count));
}

/// σ (z (2Φ(z) − 1) + 2φ(z) − 1/√π).
at::Tensor gaussianScore(const at::Tensor& prediction, const at::Tensor& target) {
  const auto deviation = prediction.select(1, 1);
  const auto z = (target - prediction.select(1, 0)) / deviation;
  const auto density = (z.square() / -2).exp() / std::sqrt(2 * std::numbers::pi);
  return deviation * (z * (z / std::numbers::sqrt2).erf() + density * 2 - std::numbers::inv_sqrtpi);
}

/// Twice the mean pinball loss. \param under y − prediction, [N, Q].
at::Tensor quantileScore(const at::Tensor& under, const at::Tensor& levels) {
  return at::maximum(under * levels, under * (levels - 1)).mean(1) * 2;
}

/// Σ_{k<K} (F_k − 1{b_k >= y})² (b_{k+1} − b_k).
at::Tensor binnedScore(const at::Tensor& logits, const at::Tensor& target, const at::Tensor& bins) {
  const auto last = logits.size(1) - 1;
  const auto below = logits.softmax(1).cumsum(1).narrow(1, 0, last);
  const auto lower = bins.narrow(0, 0, last);
  const auto step = (lower >= target.unsqueeze(1)).to(at::kDouble);
  return ((below - step).square() * (bins.narrow(0, 1, last) - lower)).sum(1);
}

class Crps : public Metric {
 public:
  explicit Crps(const Parameters& parameters)
      : form_(parameters.text("form")),
        levels_(parameters.numbers("tau")),
        bins_(parameters.numbers("bins")) {
    if (form_ == "quantile" && levels_.empty())
      fail("crps.tau: the form quantile needs the levels of its columns, found []");
    for (size_t i = 1; i < bins_.size(); ++i)
      if (!(bins_[i] > bins_[i - 1]))
        fail("crps.bins: must increase, found {} after {}", bins_[i], bins_[i - 1]);
  }

  void check(const Batch& batch) const override {
    const auto& prediction = batch.prediction;
    loss::checkNumbers("crps", "prediction", prediction);
    if (prediction.dim() != 2)
      fail("crps.prediction: expected [N, columns], found {}", loss::shapeText(prediction));
    loss::checkTargetNumbers("crps", batch, {prediction.size(0)});
    if (form_ == "gaussian") checkGaussian(prediction);
    if (form_ == "fair" && prediction.size(1) < 2)
      fail("crps.prediction: the form fair needs at least 2 members, found 1");
    if (form_ == "quantile") checkColumns(prediction, levels_.size(), "tau");
    if (form_ == "binned" && prediction.size(1) < 2)
      fail("crps.prediction: the form binned needs at least 2 bins, found 1");
    if (form_ == "binned" && !bins_.empty()) checkColumns(prediction, bins_.size(), "bins");
  }

  void add(const Batch& batch) override {
    const auto mask = batch.field("mask");
    const auto on = mask.defined() ? mask != 0 : batch.target == batch.target;
    const auto off = on.logical_not();
    const auto target = batch.target.to(at::kDouble).masked_fill(off, 0);
    const auto scores = scoresOf(batch.prediction.to(at::kDouble), target);
    addTo(sums_, at::stack({scores.masked_fill(off, 0).sum(), on.sum().to(at::kDouble)}));
  }

  nlohmann::json value() const override { return orNull(meanOf(sums_)); }

 private:
  at::Tensor scoresOf(const at::Tensor& prediction, const at::Tensor& target) const {
    if (form_ == "gaussian") return gaussianScore(prediction, target);
    if (form_ == "quantile")
      return quantileScore(target.unsqueeze(1) - prediction, numbers(levels_, prediction));
    if (form_ == "binned") {
      const auto bins = bins_.empty() ? at::arange(prediction.size(1), prediction.options())
                                      : numbers(bins_, prediction);
      return binnedScore(prediction, target, bins);
    }
    return ensembleScore(prediction - target.unsqueeze(1), form_ == "fair");
  }

  static at::Tensor numbers(const std::vector<double>& values, const at::Tensor& like) {
    return at::tensor(values, at::kDouble).to(like.device());
  }

  static void checkColumns(const at::Tensor& prediction, size_t count, const char* parameter) {
    if (prediction.size(1) != static_cast<std::int64_t>(count))
      fail("crps.{}: needs one entry a column of prediction, {}, found {}", parameter,
           prediction.size(1), count);
  }

  static void checkGaussian(const at::Tensor& prediction) {
    if (prediction.size(1) != 2)
      fail("crps.prediction: the form gaussian expects [N, 2] (mean, deviation), found {}",
           loss::shapeText(prediction));
    const double smallest = prediction.select(1, 1).min().item<double>();
    if (!(smallest > 0)) fail("crps.prediction: deviations must be above 0, found {}", smallest);
  }

  std::string form_;
  std::vector<double> levels_, bins_;
  at::Tensor sums_;  ///< sum and count
};

}  // namespace

CatalogRow<Metric> crpsRow() {
  auto descriptor = describe(
      "crps", "Continuous ranked probability score",
      "Squared distance of the forecast's distribution function from the step at the outcome.",
      "∫ (F(x) − 1{x >= y})² dx; of members mean|x_i − y| − Σ|x_i − x_j|/(2m²)",
      "Gneiting and Raftery, Strictly Proper Scoring Rules, Prediction, and Estimation, JASA 2007",
      "min", "target");
  descriptor.parameters = {
      ParameterSpec::choice("form", "ensemble",
                            {"ensemble", "fair", "gaussian", "quantile", "binned"},
                            "What the columns of the prediction are; fair divides the differences "
                            "of members by 2m(m − 1)"),
      ParameterSpec::numberList("tau", nlohmann::json::array(),
                                "Levels of the form quantile, one a column")
          .above(0)
          .below(1),
      ParameterSpec::numberList("bins", nlohmann::json::array(),
                                "Increasing positions of the form binned; empty: 0..K−1")};
  descriptor.inputs = {{"prediction", "[N, m], [N, 2], [N, Q] or [N, K]",
                        "members; mean and deviation; quantiles; logits of bins"},
                       {"target", "[N]", "numbers"},
                       maskField("[N]")};
  descriptor.traits["range"] = {0, nullptr};
  descriptor.traits["prediction"] = "distribution";
  return rowOf<Crps>(descriptor);
}

}  // namespace eq::metric

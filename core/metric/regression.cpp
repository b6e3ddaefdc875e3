#include "core/metric/regression.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"

namespace eq::metric {
namespace {

std::string shapeText(const at::Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes().vec(), ", "));
}

void checkNumbers(const Batch& batch, const std::string& metric) {
  if (!batch.prediction.defined()) fail("{}.prediction: is required and missing", metric);
  if (!batch.target.defined()) fail("{}.target: is required and missing", metric);
  if (batch.prediction.dim() < 1 || batch.prediction.dim() > 2)
    fail("{}.prediction: expected [N] or [N, D], found {}", metric, shapeText(batch.prediction));
  if (!batch.target.sizes().equals(batch.prediction.sizes()))
    fail("{}.target: must have the shape of prediction {}, found {}", metric,
         shapeText(batch.prediction), shapeText(batch.target));
  const auto mask = batch.field("mask");
  if (mask.defined() && !mask.sizes().equals(batch.target.sizes()))
    fail("{}.mask: must have the shape of target {}, found {}", metric, shapeText(batch.target),
         shapeText(mask));
}

/// Prediction and target as [N, D] in double, with 0 in both where the mask is 0.
struct Numbers {
  at::Tensor prediction, target, valid;
};

Numbers numbersOf(const Batch& batch) {
  const std::int64_t outputs = batch.target.dim() == 2 ? batch.target.size(1) : 1;
  const auto flat = [&](const at::Tensor& tensor) {
    return tensor.reshape({-1, outputs}).to(at::kDouble);
  };
  const auto target = flat(batch.target);
  const auto mask = batch.field("mask");
  const auto valid =
      mask.defined() ? (mask.reshape({-1, outputs}) != 0).to(at::kDouble) : at::ones_like(target);
  const auto zero = at::zeros_like(target);
  return {at::where(valid != 0, flat(batch.prediction), zero), at::where(valid != 0, target, zero),
          valid};
}

/// Means over all valid elements: of |e| or of e².
class MeanError : public Metric {
 public:
  enum class Kind { absolute, squared, rootSquared };
  MeanError(std::string id, Kind kind) : id_(std::move(id)), kind_(kind) {}

  void check(const Batch& batch) const override { checkNumbers(batch, id_); }

  void add(const Batch& batch) override {
    const Numbers numbers = numbersOf(batch);
    const auto error = numbers.prediction - numbers.target;
    const auto sum = kind_ == Kind::absolute ? error.abs().sum() : error.square().sum();
    const auto sums = at::stack({sum, numbers.valid.sum()});
    sums_ = sums_.defined() ? sums_ + sums : sums;
  }

  nlohmann::json value() const override {
    if (!sums_.defined()) return nullptr;
    const auto host = sums_.to(at::kCPU);
    const double sum = host[0].item<double>();
    const double count = host[1].item<double>();
    if (count == 0) return nullptr;
    return kind_ == Kind::rootSquared ? std::sqrt(sum / count) : sum / count;
  }

 private:
  std::string id_;
  Kind kind_;
  at::Tensor sums_;  ///< sum and count, double
};

/// Pooled means and centred sums by Chan's update, so that a large offset of the target costs no
/// digits.
class R2 : public Metric {
 public:
  void check(const Batch& batch) const override { checkNumbers(batch, "r2"); }

  void add(const Batch& batch) override {
    const Numbers numbers = numbersOf(batch);
    const auto residual = (numbers.prediction - numbers.target).square().sum(0);
    const auto count = numbers.valid.sum(0);
    const auto mean = numbers.target.sum(0) / count.clamp_min(1);
    const auto centred = ((numbers.target - mean).square() * numbers.valid).sum(0);
    if (!count_.defined()) {
      residual_ = residual, count_ = count, mean_ = mean, centred_ = centred;
      return;
    }
    const auto total = (count_ + count).clamp_min(1);
    const auto delta = mean - mean_;
    centred_ = centred_ + centred + delta.square() * count_ * count / total;
    mean_ = mean_ + delta * count / total;
    count_ = count_ + count;
    residual_ = residual_ + residual;
  }

  nlohmann::json value() const override {
    if (!count_.defined()) return nullptr;
    const auto host = at::stack({residual_, centred_, count_}).to(at::kCPU).contiguous();
    const auto* values = host.const_data_ptr<double>();
    const auto outputs = host.size(1);
    double sum = 0;
    int defined = 0;
    for (std::int64_t d = 0; d < outputs; ++d) {
      const double centred = values[outputs + d];
      if (!(centred > 0) || values[2 * outputs + d] < 2) continue;
      sum += 1 - values[d] / centred;
      ++defined;
    }
    return defined > 0 ? nlohmann::json(sum / defined) : nlohmann::json();
  }

 private:
  at::Tensor residual_, count_, mean_, centred_;  ///< [D] double
};

Descriptor describe(const std::string& id, const std::string& title, const std::string& summary,
                    const std::string& formula, const std::string& direction) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation = "Textbook definition";
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.inputs = {{"prediction", "[N] or [N, D]", "numbers"},
                       {"target", "as prediction", "numbers"},
                       {"mask", "as target", "0 = does not count", false}};
  descriptor.traits = {{"direction", direction}, {"unit", direction == "max" ? "" : "target"}};
  return descriptor;
}

CatalogRow<Metric> errorRow(const Descriptor& descriptor, MeanError::Kind kind) {
  return {descriptor, [id = descriptor.id, kind](const Parameters&) {
            return std::make_unique<MeanError>(id, kind);
          }};
}

}  // namespace

CatalogRow<Metric> maeRow() {
  return errorRow(
      describe("mae", "Mean absolute error",
               "Mean of |prediction − target| over all valid elements.", "Σ|ŷ − y| / N", "min"),
      MeanError::Kind::absolute);
}

CatalogRow<Metric> mseRow() {
  return errorRow(
      describe("mse", "Mean squared error",
               "Mean of (prediction − target)² over all valid elements.", "Σ(ŷ − y)² / N", "min"),
      MeanError::Kind::squared);
}

CatalogRow<Metric> rmseRow() {
  return errorRow(
      describe("rmse", "Root mean squared error",
               "Root of the pooled mean of the squared errors, not the mean of a batch's roots.",
               "√(Σ(ŷ − y)² / N)", "min"),
      MeanError::Kind::rootSquared);
}

CatalogRow<Metric> r2Row() {
  return {
      describe(
          "r2", "R²",
          "Share of the target's variance that is explained; the mean over the outputs that vary.",
          "1 − SS_res / SS_tot", "max"),
      [](const Parameters&) { return std::make_unique<R2>(); }};
}

}  // namespace eq::metric

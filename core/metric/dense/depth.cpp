#include "core/metric/dense/depth.h"

#include <cmath>
#include <functional>

#include <ATen/TensorOperators.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/stack.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/first_found.h"
#include "core/metric/metric_support.h"

namespace eq::metric {
namespace {

/// Values of the pixels from prediction and target, both double, 1 where the pixel does not count.
using Pixels = std::function<at::Tensor(const at::Tensor& prediction, const at::Tensor& target)>;

at::Tensor countedPixels(const Batch& batch) {
  const auto mask = batch.field("mask");
  const auto known = batch.target > 0;
  return mask.defined() ? known & (mask != 0) : known;
}

class DepthError : public Metric {
 public:
  DepthError(std::string id, Pixels pixels, bool root, bool positive)
      : id_(std::move(id)), pixels_(std::move(pixels)), root_(root), positive_(positive) {}

  void check(const Batch& batch) const override {
    loss::checkNumbers(id_, "prediction", batch.prediction);
    if (batch.prediction.dim() < 1) fail("{}.prediction: expected [N, pixels], found []", id_);
    loss::checkTargetNumbers(id_, batch, batch.prediction.sizes());
    if (!positive_) return;
    const auto wrong = countedPixels(batch) & (batch.prediction <= 0);
    if (wrong.any().item<bool>())
      fail("{}.prediction: must be above 0 where the target is, found {}", id_,
           loss::firstFound(batch.prediction, wrong));
  }

  void add(const Batch& batch) override {
    const auto counted = countedPixels(batch);
    const auto off = counted.logical_not();
    const auto values = pixels_(batch.prediction.to(at::kDouble).masked_fill(off, 1),
                                batch.target.to(at::kDouble).masked_fill(off, 1));
    addTo(sums_, at::stack({values.to(at::kDouble).masked_fill(off, 0).sum(),
                            counted.sum().to(at::kDouble)}));
  }

  at::Tensor counted(const Batch& batch) const override { return countedPixels(batch); }

  nlohmann::json value() const override {
    const double mean = meanOf(sums_);
    return orNull(root_ ? std::sqrt(mean) : mean);
  }

 private:
  std::string id_;
  Pixels pixels_;
  bool root_;
  bool positive_;    ///< predictions at or below 0 have no value
  at::Tensor sums_;  ///< sum and count
};

at::Tensor closeness(const at::Tensor& prediction, const at::Tensor& target, double limit) {
  const auto ratio = at::maximum(prediction / target, target / prediction);
  return (prediction > 0) & (ratio < limit);
}

Descriptor describeDepth(const std::string& id, const std::string& title,
                         const std::string& summary, const std::string& formula,
                         const std::string& direction, const std::string& unit) {
  auto descriptor =
      describe(id, title, summary, formula,
               "Eigen, Puhrsch and Fergus, Depth Map Prediction from a Single Image, NIPS 2014",
               direction, unit);
  descriptor.traits["range"] = {0, nullptr};
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.inputs = {{"prediction", "[N, pixels]", "depths"},
                       {"target", "as prediction", "depths; 0 and below = unknown"},
                       maskField("as target")};
  return descriptor;
}

CatalogRow<Metric> errorRow(const Descriptor& descriptor, const Pixels& pixels, bool root = false,
                            bool positive = false) {
  return {descriptor, [id = descriptor.id, pixels, root, positive](const Parameters&) {
            return std::make_unique<DepthError>(id, pixels, root, positive);
          }};
}

}  // namespace

CatalogRow<Metric> depthAbsErrorRow() {
  return errorRow(describeDepth("depth_abs_error", "Absolute depth error",
                                "Mean of |prediction − target| over the known pixels.",
                                "mean |ŷ − y|", "min", "target"),
                  [](const at::Tensor& prediction, const at::Tensor& target) {
                    return (prediction - target).abs();
                  });
}

CatalogRow<Metric> depthRelErrorRow() {
  return errorRow(describeDepth("depth_rel_error", "Relative depth error",
                                "Mean of |prediction − target| / target over the known pixels.",
                                "mean |ŷ − y| / y", "min", ""),
                  [](const at::Tensor& prediction, const at::Tensor& target) {
                    return (prediction - target).abs() / target;
                  });
}

CatalogRow<Metric> depthRmseRow() {
  return errorRow(
      describeDepth("depth_rmse", "Root mean squared depth error",
                    "Root of the mean squared error over the known pixels of all images.",
                    "√(mean (ŷ − y)²)", "min", "target"),
      [](const at::Tensor& prediction, const at::Tensor& target) {
        return (prediction - target).square();
      },
      true);
}

CatalogRow<Metric> depthRmseLogRow() {
  return errorRow(
      describeDepth("depth_rmse_log", "Root mean squared error of log depth",
                    "Root of the mean squared difference of natural logarithms over the known "
                    "pixels of all images; predictions must be above 0.",
                    "√(mean (ln ŷ − ln y)²)", "min", ""),
      [](const at::Tensor& prediction, const at::Tensor& target) {
        return (prediction.log() - target.log()).square();
      },
      true, true);
}

CatalogRow<Metric> depthDeltaRow() {
  auto descriptor =
      describeDepth("depth_delta", "Depth within a factor",
                    "Share of the known pixels whose depth is off by less than a factor of 1.25^k.",
                    "mean 1{max(ŷ/y, y/ŷ) < 1.25^k}", "max", "");
  descriptor.traits["range"] = {0, 1};
  descriptor.parameters = {
      ParameterSpec::integer("k", 1, "Exponent of the factor 1.25; customary: 1, 2, 3").from(1)};
  return {descriptor, [](const Parameters& parameters) {
            const double limit = std::pow(1.25, static_cast<double>(parameters.integer("k")));
            const auto pixels = [limit](const at::Tensor& prediction, const at::Tensor& target) {
              return closeness(prediction, target, limit);
            };
            return std::make_unique<DepthError>("depth_delta", pixels, false, false);
          }};
}

}  // namespace eq::metric

#include "core/loss/dense/depth.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/element_loss.h"
#include "core/loss/first_found.h"
#include "core/loss/map_support.h"
#include "core/loss/regression_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class BerHu : public ElementLoss {
 public:
  explicit BerHu(const Parameters& parameters)
      : ElementLoss("berhu", parameters), fraction_(parameters.number("fraction")) {}

  Value evaluate(const Batch& batch, bool) const override {
    return {ElementLoss::evaluate(batch, false).value, {}, {}};
  }

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    const auto size = (prediction - target).abs();
    const auto corner = (size.detach().max() * fraction_).clamp_min(1e-6);
    return at::where(size <= corner, size, (size * (size / corner) + corner) / 2);
  }

  double fraction_;
};

/// Depth images, with what they share: which pixels count, and checks.
class DepthLoss : public Loss {
 public:
  void check(const Batch& batch) const override {
    checkNumbers(id_, "prediction", batch.prediction);
    if (batch.prediction.dim() < 2)
      fail("{}.prediction: expected images [N, pixels], found {}", id_,
           shapeText(batch.prediction));
    checkShape(id_, "target", batch.target, batch.prediction.sizes(), "prediction");
    const auto mask = batch.field("mask");
    checkMask(id_, mask, batch.prediction.sizes(), "prediction");
    checkTarget(mask.defined() ? batch.target.masked_fill(mask == 0, 1) : batch.target);
    const auto wrong = refused(batch.prediction);
    if (!wrong.defined()) return;
    const auto used = wrong & off(batch).logical_not();
    if (used.any().item<bool>())
      fail("{}.prediction: must {} where the target is valid, found {}", id_, rule(),
           firstFound(batch.prediction, used));
  }

 protected:
  explicit DepthLoss(std::string id) : id_(std::move(id)) {}

  /// The pixels that do not count.
  virtual at::Tensor off(const Batch& batch) const { return masked(batch, batch.target > 0); }
  /// \param target with 1 in masked places.
  virtual void checkTarget(const at::Tensor& target) const { checkNumbers(id_, "target", target); }
  /// Predictions that have no value, or undefined, and what they break.
  virtual at::Tensor refused(const at::Tensor&) const { return {}; }
  virtual std::string rule() const { return {}; }

  static std::vector<Readout> aboveZero(const TaskInfo& task) {
    auto readout = usualReadout(task);
    readout.positive = true;
    return {readout};
  }

  static at::Tensor masked(const Batch& batch, const at::Tensor& valid) {
    const auto mask = batch.field("mask");
    return (mask.defined() ? valid & (mask != 0) : valid).logical_not();
  }

  /// The target as the prediction's type, 1 where it does not count.
  static at::Tensor filled(const at::Tensor& tensor, const at::Tensor& off, const Batch& batch) {
    return tensor.to(batch.prediction.scalar_type()).masked_fill(off, 1);
  }

  const std::string& id() const { return id_; }

 private:
  std::string id_;
};

class Silog : public DepthLoss {
 public:
  explicit Silog(const Parameters& parameters)
      : DepthLoss("silog"),
        lambda_(parameters.number("lambda")),
        root_(parameters.boolean("root")),
        scale_(parameters.number("scale")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto out = off(batch);
    const auto images = batch.prediction.size(0);
    const auto d =
        (filled(batch.prediction, out, batch).log() - filled(batch.target, out, batch).log())
            .reshape({images, -1});
    const auto valid = out.logical_not().reshape({images, -1}).to(d.scalar_type());
    const auto count = valid.sum(1);
    return overSamples(ofImages(d, valid, count.clamp_min(1)), count > 0, false);
  }

  std::vector<Readout> readouts(const TaskInfo& task) const override { return aboveZero(task); }

 private:
  at::Tensor ofImages(const at::Tensor& d, const at::Tensor& valid, const at::Tensor& count) const {
    const auto mean = d.sum(1) / count;
    // mean d² - λ (mean d)² as variance and rest, so that rounding never makes it negative.
    const auto variance = ((d - mean.unsqueeze(1)) * valid).square().sum(1) / count;
    const auto value = variance + mean.square() * (1 - lambda_);
    return root_ ? (value + 1e-9).sqrt() * scale_ : value;
  }

  at::Tensor refused(const at::Tensor& prediction) const override { return prediction <= 0; }
  std::string rule() const override { return "be above 0"; }

  double lambda_;
  bool root_;
  double scale_;
};

class InverseDepthL1 : public DepthLoss {
 public:
  explicit InverseDepthL1(const Parameters& parameters)
      : DepthLoss("inverse_depth_l1"), disparity_(parameters.boolean("disparity")) {}

  Value evaluate(const Batch& batch, bool perSample) const override {
    const auto out = off(batch);
    const auto prediction = filled(batch.prediction, out, batch);
    const auto disparity = disparity_ ? prediction : prediction.reciprocal();
    return pooled((disparity - filled(batch.target, out, batch).reciprocal()).abs(), out, false,
                  perSample);
  }

  std::vector<Readout> readouts(const TaskInfo& task) const override {
    return disparity_ ? DepthLoss::readouts(task) : aboveZero(task);
  }

 private:
  void checkTarget(const at::Tensor& target) const override {
    if (target.isnan().any().item<bool>()) fail("{}.target: must be a number, found nan", id());
  }
  at::Tensor refused(const at::Tensor& prediction) const override {
    return disparity_ ? at::Tensor() : prediction == 0;
  }
  std::string rule() const override { return "not be 0"; }

  bool disparity_;
};

class DepthL1 : public DepthLoss {
 public:
  explicit DepthL1(const Parameters&) : DepthLoss("depth_l1") {}

  Value evaluate(const Batch& batch, bool perSample) const override {
    const auto out = off(batch);
    const auto error = filled(batch.prediction, out, batch) - filled(batch.target, out, batch);
    return pooled(error.abs(), out, false, perSample);
  }

 private:
  at::Tensor off(const Batch& batch) const override { return masked(batch, batch.target != 0); }
};

Descriptor describe(const std::string& id, const std::string& title, const std::string& summary,
                    const std::string& formula, const std::string& citation,
                    std::vector<ParameterSpec> parameters) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation = citation;
  descriptor.parameters = std::move(parameters);
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.inputs = {{"prediction", "[N, pixels] or [N, H, W]", "depths"},
                       {"target", "as prediction", "depths; 0 = unknown"},
                       {"mask", "as prediction", "0 = does not count", false}};
  return descriptor;
}

}  // namespace

CatalogRow<Loss> berhuRow() {
  auto descriptor = regressionDescriptor(
      "berhu", "Reverse Huber loss", "Absolute for small errors, square for the largest ones.",
      "L = |r| where |r| ≤ c, else (r² + c²) / 2c, c = f max |r|",
      "Laina et al., Deeper Depth Prediction with Fully Convolutional Residual Networks, 3DV 2016, "
      "arXiv:1606.00373",
      {ParameterSpec::number("fraction", 0.2,
                             "Share f of the batch's largest error at which the square begins")
           .above(0)});
  descriptor.traits = {{"coupled", true}};
  return rowOf<BerHu>(descriptor);
}

CatalogRow<Loss> silogRow() {
  return rowOf<Silog>(describe(
      "silog", "Scale-invariant log depth loss",
      "Spread of the log-depth errors within an image; a common factor counts less, or nothing.",
      "L = mean d² − λ (mean d)², d = log ŷ − log y",
      "Eigen et al., Depth Map Prediction from a Single Image, NeurIPS 2014, arXiv:1406.2283",
      {ParameterSpec::number("lambda", 0.5, "Share of the squared mean taken off; 1 = variance")
           .from(0)
           .to(1),
       ParameterSpec::boolean("root", false, "Take scale · √(L + 1e-9) of an image"),
       ParameterSpec::number("scale", 10, "Factor on the root; read with root only")}));
}

CatalogRow<Loss> inverseDepthL1Row() {
  return rowOf<InverseDepthL1>(
      describe("inverse_depth_l1", "Inverse depth L1 loss",
               "Absolute error of 1/depth; far targets count as 0.", "L = |1/ŷ − 1/y|",
               "Kendall et al., Multi-Task Learning Using Uncertainty, CVPR 2018, arXiv:1705.07115",
               {ParameterSpec::boolean("disparity", false, "The prediction is 1/depth already")}));
}

CatalogRow<Loss> depthL1Row() {
  return rowOf<DepthL1>(describe("depth_l1", "Depth L1 loss",
                                 "Absolute error of the depth where the target has one.",
                                 "L = |ŷ − y| where y ≠ 0", "As for NYUv2 in LibMTL", {}));
}

}  // namespace eq::loss

#include "core/loss/dense/lovasz.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/class_loss.h"
#include "core/loss/first_found.h"
#include "core/loss/map_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

constexpr const char* kCitation =
    "Berman et al., The Lovász-Softmax loss, CVPR 2018, arXiv:1705.08790";

/// Growth of the Jaccard loss 1 - |both| / |either| from pixel to pixel, [..., P].
/// \param truth, valid bool, in descending order of the errors, those that do not count last.
at::Tensor increments(const at::Tensor& truth, const at::Tensor& valid) {
  // In double: neighbouring losses of large images differ by little.
  const auto hits = truth.to(at::kDouble).cumsum(-1);
  const auto size = hits.narrow(-1, hits.size(-1) - 1, 1);
  const auto others = (valid & truth.logical_not()).to(at::kDouble).cumsum(-1);
  const auto jaccard = 1 - (size - hits) / (size + others).clamp_min(1);
  const auto last = jaccard.size(-1) - 1;
  return at::cat(
      {jaccard.narrow(-1, 0, 1), jaccard.narrow(-1, 1, last) - jaccard.narrow(-1, 0, last)}, -1);
}

/// Sums over the last axis. \param errors, \param truth, \param valid of one shape; the latter
/// bool.
at::Tensor extension(const at::Tensor& errors, const at::Tensor& truth, const at::Tensor& valid) {
  const auto off = valid.logical_not();
  const auto key = errors.detach().masked_fill(off, -std::numeric_limits<double>::infinity());
  const auto order = std::get<1>(key.sort(/*stable=*/true, -1, /*descending=*/true));
  const auto growth = increments((truth & valid).gather(-1, order), valid.gather(-1, order));
  return (errors.masked_fill(off, 0).gather(-1, order) * growth.to(errors.scalar_type())).sum(-1);
}

/// Pixels of all images as those of one. \param maps [N, ..., P].
at::Tensor asOneImage(const at::Tensor& maps) {
  return maps.movedim(0, -2).flatten(-2).unsqueeze(0);
}

class Lovasz : public Loss {
 public:
  Value evaluate(const Batch& batch, bool) const override {
    const auto target = batch.target.flatten(1);
    const auto pixels = target != ignored_;
    const auto valid = perImage_ ? pixels : asOneImage(pixels);
    const auto samples = ofImages(batch.prediction, target, valid);
    if (perImage_) return overSamples(samples, valid.any(1), sum_);
    return {samples.squeeze(0) * valid.any(), {}, {}};
  }

 protected:
  Lovasz(std::string id, const Parameters& parameters)
      : id_(std::move(id)),
        perImage_(parameters.boolean("per_image")),
        ignored_(parameters.integer("ignore_index")),
        sum_(parameters.text("reduction") == "sum") {
    if (sum_ && !perImage_)
      fail("{}.reduction: sum is that of the images and needs per_image true, found false", id_);
  }

  /// Losses of the images, [N]; [1] of all pixels together. \param target [N, P].
  /// \param valid [N, P] or [1, N P].
  virtual at::Tensor ofImages(const at::Tensor& prediction, const at::Tensor& target,
                              const at::Tensor& valid) const = 0;

  at::Tensor grouped(const at::Tensor& maps) const { return perImage_ ? maps : asOneImage(maps); }

  const std::string& id() const { return id_; }
  std::int64_t ignored() const { return ignored_; }

 private:
  std::string id_;
  bool perImage_;
  std::int64_t ignored_;
  bool sum_;
};

class LovaszHinge : public Lovasz {
 public:
  explicit LovaszHinge(const Parameters& parameters) : Lovasz("lovasz_hinge", parameters) {}

  void check(const Batch& batch) const override {
    const auto& target = batch.target;
    checkNumbers(id(), "prediction", batch.prediction);
    if (batch.prediction.dim() != 2 && batch.prediction.dim() != 3)
      fail("{}.prediction: expected logits [N, pixels] or [N, H, W], found {}", id(),
           shapeText(batch.prediction));
    checkShape(id(), "target", target, batch.prediction.sizes(), "prediction");
    const auto wrong = (target != 0) & (target != 1) & (target != ignored());
    if (wrong.any().item<bool>())
      fail("{}.target: must be 0, 1 or {} = ignored, found {}", id(), ignored(),
           firstFound(target, wrong));
  }

 private:
  at::Tensor ofImages(const at::Tensor& prediction, const at::Tensor& target,
                      const at::Tensor& valid) const override {
    const auto truth = target == 1;
    const auto sign = truth.to(prediction.scalar_type()) * 2 - 1;
    const auto errors = (1 - prediction.flatten(1) * sign).relu();
    return extension(grouped(errors), grouped(truth), valid);
  }
};

class LovaszSoftmax : public Lovasz {
 public:
  explicit LovaszSoftmax(const Parameters& parameters)
      : Lovasz("lovasz_softmax", parameters),
        presentOnly_(parameters.text("classes") == "present") {}

  void check(const Batch& batch) const override {
    checkMaps(id(), batch.prediction);
    checkClassMap(id(), batch, ignored());
  }

 private:
  at::Tensor ofImages(const at::Tensor& prediction, const at::Tensor& target,
                      const at::Tensor& valid) const override {
    const auto p = prediction.flatten(2).softmax(1);
    const auto truth = oneHot(target, p.size(1));
    const auto isClass = truth.to(p.scalar_type());
    const auto errors = grouped(isClass + p * (1 - isClass * 2));
    const auto counted = valid.unsqueeze(1).expand_as(errors);
    const auto losses = extension(errors, grouped(truth), counted);
    if (!presentOnly_) return losses.mean(1);
    const auto present = (grouped(truth) & counted).any(2);
    return (losses * present).sum(1) / present.sum(1).clamp_min(1);
  }

  bool presentOnly_;
};

ParameterSpec perImageParameter(bool value) {
  return ParameterSpec::boolean("per_image", value,
                                "Each image by itself; false: all pixels of the batch together");
}

}  // namespace

CatalogRow<Loss> lovaszHingeRow() {
  Descriptor descriptor;
  descriptor.id = "lovasz_hinge";
  descriptor.title = "Lovász hinge";
  descriptor.summary = "Convex surrogate of the Jaccard loss of one region.";
  descriptor.formula = "L = Σ_i max(e_(i), 0) ΔJ_i, e = 1 − z(2g − 1), descending";
  descriptor.citation = kCitation;
  descriptor.parameters = classParameters({perImageParameter(true)});
  descriptor.taskKinds = {TaskKind::multilabel};
  descriptor.inputs = {{"prediction", "[N, pixels] or [N, H, W]", "logits"},
                       {"target", "as prediction", "0 or 1, or ignore_index"}};
  descriptor.traits = {{"slices", {"logit"}}, {"coupled_when", {{"per_image", false}}}};
  return rowOf<LovaszHinge>(descriptor);
}

CatalogRow<Loss> lovaszSoftmaxRow() {
  Descriptor descriptor;
  descriptor.id = "lovasz_softmax";
  descriptor.title = "Lovász-softmax";
  descriptor.summary = "Surrogate of the mean Jaccard loss of the classes of a map.";
  descriptor.formula = "L = mean_c Σ_i e_(i) ΔJ_i, e = |1{y = c} − p_c|, descending";
  descriptor.citation = kCitation;
  descriptor.parameters =
      classParameters({ParameterSpec::choice("classes", "present", {"present", "all"},
                                             "The classes in the target, or all of them"),
                       perImageParameter(false)});
  descriptor.inputs = {
      {"prediction", "[N, C, pixels] or [N, C, H, W]", "logits"},
      {"target", "int [N, pixels] or [N, H, W]", "classes 0..C-1, or ignore_index"}};
  descriptor.taskKinds = {TaskKind::segmentation};
  descriptor.traits = {
      {"slices", {"overlap"}}, {"prediction", "maps"}, {"coupled_when", {{"per_image", false}}}};
  return rowOf<LovaszSoftmax>(descriptor);
}

}  // namespace eq::loss

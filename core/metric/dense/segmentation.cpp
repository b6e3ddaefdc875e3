#include "core/metric/dense/segmentation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/metric/decisions.h"
#include "core/metric/metric_support.h"

namespace eq::metric {
namespace {

void checkMaps(const Batch& batch, const std::string& metric) {
  loss::checkNumbers(metric, "prediction", batch.prediction);
  if (batch.prediction.dim() < 3 || batch.prediction.size(1) < 2)
    fail("{}.prediction: expected logits [N, C, pixels] of at least 2 classes, found {}", metric,
         loss::shapeText(batch.prediction));
  auto shape = batch.prediction.sizes().vec();
  shape.erase(shape.begin() + 1);
  loss::checkShape(metric, "target", batch.target, shape, "prediction without its axis of classes");
  loss::checkIndices(metric, batch.target, batch.prediction.size(1), kIgnored);
}

/// [3, N, C] double: true positives, false positives and false negatives of each image.
at::Tensor countsOf(const Batch& batch) {
  const auto images = batch.prediction.size(0), classes = batch.prediction.size(1);
  const auto logits = batch.prediction.reshape({images, classes, -1});
  const auto isMaximum = logits == logits.amax(1, true);
  const auto predicted = isMaximum.to(at::kInt).argmax(1);
  const auto target = batch.target.reshape({images, -1}).to(at::kLong);
  const auto right = predicted == target;
  const auto wrong = (target != kIgnored) & right.logical_not();
  const auto count = [&](const at::Tensor& of, const at::Tensor& chosen) {
    return at::zeros({images, classes}, logits.options().dtype(at::kDouble))
        .scatter_add(1, of.clamp_min(0), chosen.to(at::kDouble));
  };
  return at::stack({count(target, right), count(predicted, wrong), count(target, wrong)});
}

/// From counts [3, rows, C], the mean over the classes that occur of the score `part / whole`, for
/// each row; added up over the rows with a class, beside their number.
at::Tensor meansOfRows(const at::Tensor& part, const at::Tensor& whole) {
  const auto occurs = (whole > 0).to(at::kDouble);
  const auto classes = occurs.sum(1);
  const auto means = (part / whole.clamp_min(1) * occurs).sum(1) / classes.clamp_min(1);
  return at::stack({means.sum(), (classes > 0).sum().to(at::kDouble)});
}

at::Tensor pooled(const at::Tensor& counts) {
  return counts.sum(1, true);
}

at::Tensor intersectionOverUnion(const at::Tensor& counts) {
  return meansOfRows(counts[0], counts.sum(0));
}

at::Tensor dice(const at::Tensor& counts) {
  return meansOfRows(counts[0] * 2, counts[0] * 2 + counts[1] + counts[2]);
}

at::Tensor rightPixels(const at::Tensor& counts) {
  const auto right = counts[0].sum();
  return at::stack({right, right + counts[2].sum()});
}

/// A score of counts. Pooled: the counts are added up and scored at the end. Otherwise each image
/// is scored, and the sum and number of the scores are added up.
class MapScore : public Metric {
 public:
  using Score = at::Tensor (*)(const at::Tensor& counts);
  MapScore(std::string id, Score score, bool ofImages)
      : id_(std::move(id)), score_(score), ofImages_(ofImages) {}

  void check(const Batch& batch) const override { checkMaps(batch, id_); }

  void add(const Batch& batch) override {
    const auto counts = countsOf(batch);
    addTo(total_, ofImages_ ? score_(counts) : pooled(counts));
  }

  nlohmann::json value() const override {
    if (!total_.defined()) return nullptr;
    return orNull(meanOf(ofImages_ ? total_ : score_(total_)));
  }

 private:
  std::string id_;
  Score score_;
  bool ofImages_;
  at::Tensor total_;
};

Descriptor describeMaps(const std::string& id, const std::string& title, const std::string& summary,
                        const std::string& formula) {
  auto descriptor = describe(id, title, summary, formula, "Textbook definition", "max");
  descriptor.traits["range"] = {0, 1};
  descriptor.taskKinds = {TaskKind::segmentation};
  descriptor.inputs = {{"prediction", "[N, C, pixels] or [N, C, H, W]", "logits"},
                       {"target", "int [N, pixels] or [N, H, W]", "classes, -100 = ignored"}};
  return descriptor;
}

CatalogRow<Metric> pooledRow(const Descriptor& descriptor, MapScore::Score score) {
  return {descriptor, [id = descriptor.id, score](const Parameters&) {
            return std::make_unique<MapScore>(id, score, false);
          }};
}

}  // namespace

CatalogRow<Metric> miouRow() {
  return pooledRow(describeMaps("miou", "Mean intersection over union",
                                "Overlap of predicted and true pixels of a class over all batches, "
                                "averaged over the classes that occur in either.",
                                "mean_c TP_c / (TP_c + FP_c + FN_c)"),
                   intersectionOverUnion);
}

CatalogRow<Metric> pixelAccuracyRow() {
  return pooledRow(describeMaps("pixel_accuracy", "Pixel accuracy",
                                "Share of right pixels among those that count.", "Σ_c TP_c / N"),
                   rightPixels);
}

CatalogRow<Metric> diceScoreRow() {
  auto descriptor =
      describeMaps("dice_score", "Dice score",
                   "Harmonic mean of precision and recall of a class's pixels, averaged over the "
                   "classes that occur.",
                   "mean_c 2 TP_c / (2 TP_c + FP_c + FN_c)");
  descriptor.parameters = {ParameterSpec::choice(
      "group", "pooled", {"pooled", "image"},
      "Counts of all images together; or each image scored, then the mean of the images")};
  return {descriptor, [](const Parameters& parameters) {
            return std::make_unique<MapScore>("dice_score", dice,
                                              parameters.text("group") == "image");
          }};
}

CatalogRow<Metric> imageDiceScoreRow() {
  return {
      describeMaps("image_dice_score", "Dice score of images",
                   "Dice score of each image by itself, then their mean: what dice_score with "
                   "group image is, to stand beside that of all pixels.",
                   "mean_i mean_c 2 TP_ic / (2 TP_ic + FP_ic + FN_ic)"),
      [](const Parameters&) { return std::make_unique<MapScore>("image_dice_score", dice, true); }};
}

}  // namespace eq::metric

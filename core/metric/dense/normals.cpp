#include "core/metric/dense/normals.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/map_support.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"

namespace eq::metric {
namespace {

constexpr const char* kId = "normal_angle";
constexpr double kSmallestNorm = 1e-6;
constexpr double kDegrees = 180 / std::numbers::pi;

struct Angles {
  at::Tensor degrees, valid;  ///< flat over the pixels
};

at::Tensor countedNormals(const Batch& batch) {
  const auto known = (batch.target != 0).any(1);
  const auto mask = batch.field("mask");
  return mask.defined() ? known & (mask != 0) : known;
}

/// In the shape of the prediction as it was given, or without its axis of vectors.
at::Tensor countedNumbers(const Batch& given) {
  const auto maps = loss::vectorMaps(given);
  const auto counted = countedNormals(maps);
  if (maps.prediction.dim() == given.prediction.dim()) return counted;
  return counted.unsqueeze(1).expand_as(maps.prediction).flatten(1);
}

Angles anglesOf(const Batch& given) {
  const auto batch = loss::vectorMaps(given);
  const auto valid = countedNormals(batch);
  const auto off = valid.logical_not().unsqueeze(1);
  const auto vectors = batch.prediction.to(at::kDouble).masked_fill(off, 0);
  const auto target = batch.target.to(at::kDouble).masked_fill(off, 0);
  const auto length = vectors.norm(2, 1, true).clamp_min(kSmallestNorm);
  const auto cosine = (vectors / length * target).sum(1).clamp(-1, 1);
  return {(cosine.acos() * kDegrees).reshape({-1}), valid.reshape({-1})};
}

void checkNormals(const Batch& given) {
  const auto batch = loss::vectorMaps(given);
  loss::checkNumbers(kId, "prediction", batch.prediction);
  if (batch.prediction.dim() < 2 || batch.prediction.size(1) != 3)
    fail("{}.prediction: expected vectors [N, 3] or [N, 3, pixels], found {}", kId,
         loss::shapeText(batch.prediction));
  loss::checkShape(kId, "target", batch.target, batch.prediction.sizes(), "prediction");
  auto pixels = batch.prediction.sizes().vec();
  pixels.erase(pixels.begin() + 1);
  const auto mask = batch.field("mask");
  loss::checkMask(kId, mask, pixels, "prediction without its axis of 3");
  loss::checkNumbers(
      kId, "target",
      mask.defined() ? batch.target.masked_fill((mask == 0).unsqueeze(1), 0) : batch.target);
}

/// The mean angle, or the share below a threshold.
class MeanAngle : public Metric {
 public:
  MeanAngle(bool within, double threshold) : within_(within), threshold_(threshold) {}

  void check(const Batch& batch) const override { checkNormals(batch); }

  void add(const Batch& batch) override {
    const auto [degrees, valid] = anglesOf(batch);
    const auto values = within_ ? (degrees < threshold_).to(at::kDouble) : degrees;
    addTo(sums_, at::stack({values.masked_fill(valid.logical_not(), 0).sum(),
                            valid.sum().to(at::kDouble)}));
  }

  at::Tensor counted(const Batch& batch) const override { return countedNumbers(batch); }

  nlohmann::json value() const override { return orNull(meanOf(sums_)); }

 private:
  bool within_;
  double threshold_;
  at::Tensor sums_;  ///< sum and count
};

class MedianAngle : public Metric {
 public:
  void check(const Batch& batch) const override { checkNormals(batch); }

  void add(const Batch& batch) override {
    const auto [degrees, valid] = anglesOf(batch);
    kept_.add({valid, degrees});
  }

  at::Tensor counted(const Batch& batch) const override { return countedNumbers(batch); }

  nlohmann::json value() const override {
    const auto rows = kept_.validHost();
    if (rows.count() == 0) return nullptr;
    std::vector<double> angles(rows.row(0), rows.row(0) + rows.count());
    const auto middle = angles.begin() + static_cast<std::ptrdiff_t>(angles.size() / 2);
    std::nth_element(angles.begin(), middle, angles.end());
    if (angles.size() % 2 == 1) return *middle;
    return (*middle + *std::max_element(angles.begin(), middle)) / 2;
  }

 private:
  KeptRows kept_;
};

}  // namespace

CatalogRow<Metric> normalAngleRow() {
  auto descriptor = describe(
      kId, "Surface normal angle",
      "Angle between predicted and true normal: its mean, its median, or the share of pixels below "
      "a threshold.",
      "θ = acos⟨v / ‖v‖, n⟩",
      "Eigen and Fergus, Predicting Depth, Surface Normals and Semantic Labels, ICCV 2015", "min",
      "°");
  descriptor.parameters = {
      ParameterSpec::choice("statistic", "mean", {"mean", "median", "within"},
                            "within: the share below the threshold, where higher is better"),
      ParameterSpec::number("threshold", 11.25, "Angle for within; customary: 11.25, 22.5, 30")
          .above(0)
          .to(180)
          .in("°")};
  descriptor.traits["range"] = {0, 180};
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.inputs = {{"prediction", "[N, 3] or [N, 3, pixels]", "vectors of any length above 0"},
                       {"target", "as prediction", "unit vectors; 0 in all three = unknown"},
                       maskField("[N] or [N, pixels]")};
  return {descriptor, [](const Parameters& parameters) -> std::unique_ptr<Metric> {
            const auto statistic = parameters.text("statistic");
            if (statistic == "median") return std::make_unique<MedianAngle>();
            return std::make_unique<MeanAngle>(statistic == "within",
                                               parameters.number("threshold"));
          }};
}

}  // namespace eq::metric

#include "core/loss/dense/normals.h"

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/element_loss.h"
#include "core/loss/map_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

constexpr const char* kId = "normal_cosine";
constexpr double kSmallestNorm = 1e-6;
constexpr double kLargestCosine = 1 - 1e-6;  // beyond it the slope of the angle has no bound

class NormalCosine : public Loss {
 public:
  explicit NormalCosine(const Parameters& parameters)
      : angular_(parameters.text("form") == "angular") {}

  void check(const Batch& given) const override {
    const auto batch = vectorMaps(given);
    checkNumbers(kId, "prediction", batch.prediction);
    if (batch.prediction.dim() < 2 || batch.prediction.size(1) != 3)
      fail("{}.prediction: expected vectors [N, 3] or [N, 3, pixels], found {}", kId,
           shapeText(batch.prediction));
    checkShape(kId, "target", batch.target, batch.prediction.sizes(), "prediction");
    const auto mask = batch.field("mask");
    checkMask(kId, mask, pixelShape(batch.prediction), "prediction without its axis of 3");
    checkNumbers(
        kId, "target",
        mask.defined() ? batch.target.masked_fill((mask == 0).unsqueeze(1), 0) : batch.target);
  }

  Value evaluate(const Batch& given, bool perSample) const override {
    const auto batch = vectorMaps(given);
    auto off = (batch.target != 0).any(1).logical_not();
    const auto mask = batch.field("mask");
    if (mask.defined()) off = off | (mask == 0);
    const auto outside = off.unsqueeze(1);
    const auto vectors = batch.prediction.masked_fill(outside, 0);
    const auto target = batch.target.to(vectors.scalar_type()).masked_fill(outside, 0);
    const auto length = vectors.norm(2, 1, true).clamp_min(kSmallestNorm);
    const auto cosine = (vectors / length * target).sum(1);
    const auto values =
        angular_ ? cosine.clamp(-kLargestCosine, kLargestCosine).acos() : 1 - cosine;
    return pooled(values, off, false, perSample);
  }

  std::vector<Readout> readouts(const TaskInfo& task) const override {
    const auto& size = task.imageShape;
    if (task.width != 3 && (size.size() != 2 || task.width != 3 * size[0] * size[1]))
      fail("{}: needs vectors of 3 numbers, one or one a pixel; the task {} has {} numbers", kId,
           task.name, task.width);
    return Loss::readouts(task);
  }

 private:
  bool angular_;
};

}  // namespace

CatalogRow<Loss> normalCosineRow() {
  Descriptor descriptor;
  descriptor.id = kId;
  descriptor.title = "Surface normal loss";
  descriptor.summary = "One minus the cosine between predicted and true normal, or their angle.";
  descriptor.formula = "L = 1 − ⟨v / ‖v‖, n⟩";
  descriptor.citation =
      "Eigen and Fergus, Predicting Depth, Surface Normals and Semantic Labels, ICCV 2015; Liu et "
      "al., MTAN, CVPR 2019";
  descriptor.parameters = {ParameterSpec::choice("form", "cosine", {"cosine", "angular"},
                                                 "angular: the angle, radians")};
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.inputs = {{"prediction", "[N, 3] or [N, 3, pixels]", "vectors of any length above 0"},
                       {"target", "as prediction", "unit vectors; 0 in all three = unknown"},
                       {"mask", "[N] or [N, pixels]", "0 = does not count", false}};
  return rowOf<NormalCosine>(descriptor);
}

}  // namespace eq::loss

#include "core/loss/embedding/angular_margin.h"

#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"
#include "core/loss/class_loss.h"
#include "core/loss/first_found.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kBeyondOne = 1e-6;  // what rounding may add to a cosine

class AngularMargin : public ClassLoss {
 public:
  std::vector<Readout> readouts(const TaskInfo& task) const override {
    return {cosineReadout(task)};
  }
  at::Tensor decode(const Batch& batch) const override { return batch.prediction * scale_; }

 protected:
  AngularMargin(const char* id, const Parameters& parameters)
      : ClassLoss(id, parameters), scale_(parameters.number("scale")) {}

  /// What stands for the cosine of the own class, [N].
  virtual at::Tensor withMargin(const at::Tensor& cosine) const = 0;

  void checkCosines(const Batch& batch) const {
    const auto wrong = batch.prediction.abs() > 1 + kBeyondOne;
    if (wrong.any().item<bool>())
      fail("{}.prediction: cosines go from -1 to 1, found {}", id(),
           firstFound(batch.prediction, wrong));
  }

 private:
  at::Tensor samples(const at::Tensor& cosines, const at::Tensor& target) const override {
    const auto own = withMargin(ownLogit(cosines, target)).unsqueeze(1);
    const auto logits = cosines.scatter(1, target.unsqueeze(1), own) * scale_;
    return -at::log_sigmoid(effectiveMargin(logits, target));
  }

  double scale_;
};

class CosFace : public AngularMargin {
 public:
  explicit CosFace(const Parameters& parameters)
      : AngularMargin("cosface", parameters), margin_(parameters.number("margin")) {}

 private:
  at::Tensor withMargin(const at::Tensor& cosine) const override { return cosine - margin_; }

  double margin_;
};

class ArcFace : public AngularMargin {
 public:
  explicit ArcFace(const Parameters& parameters)
      : AngularMargin("arcface", parameters), margin_(parameters.number("margin")) {}

 private:
  at::Tensor withMargin(const at::Tensor& cosine) const override {
    const auto sine = rootOf((1 - cosine.square()).clamp_min(0));
    const auto turned = cosine * std::cos(margin_) - sine * std::sin(margin_);
    const auto pastHalfTurn = cosine < -std::cos(margin_);
    return at::where(pastHalfTurn, cosine - margin_ * std::sin(margin_), turned);
  }

  void checkFurther(const Batch& batch) const override { checkCosines(batch); }

  double margin_;
};

class SphereFace : public AngularMargin {
 public:
  explicit SphereFace(const Parameters& parameters)
      : AngularMargin("sphereface", parameters), margin_(parameters.integer("margin")) {}

 private:
  at::Tensor withMargin(const at::Tensor& cosine) const override {
    // Unlike a clamp's, the slope is whole at the ends.
    const auto inside = cosine.masked_fill(cosine > 1, 1).masked_fill(cosine < -1, -1);
    const auto turns = (inside.detach().acos() * (static_cast<double>(margin_) / kPi))
                           .floor()
                           .clamp_max(static_cast<double>(margin_ - 1));
    return (1 - turns.remainder(2) * 2) * ofMultiple(inside) - turns * 2;
  }

  /// cos(mθ) of x = cos θ: the Chebyshev polynomial of degree m, smooth at the ends.
  at::Tensor ofMultiple(const at::Tensor& x) const {
    auto before = at::ones_like(x), current = x;
    for (std::int64_t degree = 1; degree < margin_; ++degree)
      before = std::exchange(current, x * current * 2 - before);
    return current;
  }

  void checkFurther(const Batch& batch) const override { checkCosines(batch); }

  std::int64_t margin_;
};

Descriptor describe(const char* id, const char* title, const char* summary, const char* ofOwn,
                    double scale, ParameterSpec margin) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = std::string("L = CE(s x'), x'_y = ") + ofOwn + ", x'_k = x_k";
  descriptor.parameters =
      classParameters({ParameterSpec::number("scale", scale, "s: factor on all cosines").above(0),
                       std::move(margin)});
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.inputs = classInputs();
  descriptor.inputs[0].doc = "cosines of the embedding with each class";
  descriptor.traits = {{"prediction", "cosines"}, {"slices", {"similarity"}}};
  return descriptor;
}

}  // namespace

CatalogRow<Loss> cosfaceRow() {
  auto descriptor = describe(
      "cosface", "CosFace", "The cosine of the own class must lead by a margin.", "x_y − m", 64,
      ParameterSpec::number("margin", 0.35, "m: taken off the cosine of the own class").from(0));
  descriptor.citation =
      "Wang et al., CosFace: Large Margin Cosine Loss for Deep Face Recognition, CVPR 2018";
  return rowOf<CosFace>(descriptor);
}

CatalogRow<Loss> arcfaceRow() {
  auto descriptor =
      describe("arcface", "ArcFace", "The angle to the own class must be smaller by a margin.",
               "cos(θ + m), past a half turn x_y − m sin m", 64,
               ParameterSpec::number("margin", 0.5, "m: added to the angle to the own class")
                   .from(0)
                   .to(kPi / 2)
                   .in("rad"));
  descriptor.citation =
      "Deng et al., ArcFace: Additive Angular Margin Loss for Deep Face Recognition, CVPR 2019, "
      "arXiv:1801.07698";
  return rowOf<ArcFace>(descriptor);
}

CatalogRow<Loss> spherefaceRow() {
  auto descriptor = describe(
      "sphereface", "SphereFace", "The angle to the own class must be smaller by a factor.",
      "(−1)^k cos(mθ) − 2k, θ in [kπ/m, (k+1)π/m]", 1,
      ParameterSpec::integer("margin", 4, "m: factor on the angle to the own class").from(1).to(8));
  descriptor.citation =
      "Liu et al., SphereFace: Deep Hypersphere Embedding for Face Recognition, CVPR 2017, "
      "arXiv:1704.08063";
  return rowOf<SphereFace>(descriptor);
}

}  // namespace eq::loss

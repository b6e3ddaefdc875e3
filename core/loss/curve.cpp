#include "core/loss/curve.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {
namespace {

at::Tensor indices(std::int64_t count, std::int64_t value) {
  return at::full({count}, value, at::kLong);
}

/// Logits [N, C] with `own` at the target and `others` elsewhere.
at::Tensor logits(const CurveRequest& request, const at::Tensor& own, const at::Tensor& others) {
  std::vector<at::Tensor> columns(static_cast<size_t>(request.classes), others);
  columns.at(static_cast<size_t>(request.target)) = own;
  return at::stack(columns, 1);
}

Batch classBatch(const CurveRequest& request, const at::Tensor& own, const at::Tensor& others) {
  return {logits(request, own, others), indices(own.size(0), request.target), {}};
}

Batch marginBatch(const CurveRequest& request, const at::Tensor& x) {
  return classBatch(request, x + std::log(static_cast<double>(request.classes - 1)), x * 0);
}

Batch rawBatch(const CurveRequest& request, const at::Tensor& x) {
  return classBatch(request, x, x * 0 + request.level);
}

Batch centredBatch(const CurveRequest& request, const at::Tensor& x) {
  const auto classes = static_cast<double>(request.classes);
  return classBatch(request, x * ((classes - 1) / classes), x / -classes);
}

/// One element a sample, [N, 1]: both losses of elements and those of rows of labels take it.
Batch elementBatch(const at::Tensor& x, double target) {
  return {x.unsqueeze(1), at::full({x.size(0), 1}, target, at::kDouble), {}};
}

/// Items 1 and 2 of one list, the first relevant, with scores x and 0; or as many pairs of scores.
Batch gapBatch(const std::string& id, const at::Tensor& x) {
  const auto ones = at::ones_like(x).detach();
  const auto& inputs = catalog().descriptor(id).inputs;
  const bool pairs = std::any_of(inputs.begin(), inputs.end(),
                                 [](const InputField& field) { return field.name == "pair"; });
  if (pairs) return {x, ones, {{"pair", ones * 0}}};
  return {at::cat({x, x * 0}), at::cat({ones, ones * 0}), {{"bid", at::cat({ones, ones})}}};
}

/// Two pixels of two classes, one of each, both right with probability x.
Batch overlapBatch(const CurveRequest& request, const at::Tensor& x) {
  const auto activation = request.params.value("activation", "softmax");
  const auto inside = x.clamp(1e-6, 1 - 1e-6);
  const auto logit = (inside / (1 - inside)).log();
  const auto samples = x.size(0);
  const auto truth = at::tensor({1, 0}, at::kLong).expand({samples, 2});
  if (activation == "softmax") {
    const auto foreground = at::stack({logit, -logit}, 1);
    return {at::stack({foreground * 0, foreground}, 1), truth, {}};
  }
  const auto prediction =
      activation == "none" ? at::stack({x, 1 - x}, 1) : at::stack({logit, -logit}, 1);
  return {prediction.unsqueeze(1), truth.unsqueeze(1).to(at::kDouble), {}};
}

Batch batchOf(const CurveRequest& request, const at::Tensor& x) {
  if (request.axis == "gap") return gapBatch(request.id, x);
  if (request.axis == "overlap") return overlapBatch(request, x);
  if (request.axis == "margin") return marginBatch(request, x);
  if (request.axis == "raw") return rawBatch(request, x);
  if (request.axis == "centred") return centredBatch(request, x);
  if (request.axis == "similarity") return classBatch(request, x, x * 0);
  if (request.axis == "logit") return elementBatch(x, request.target > 0 ? 1 : 0);
  return elementBatch(x, 0);
}

void checkRequest(const CurveRequest& request) {
  const auto& axis = curveAxis(request.axis);
  if (!drawableOn(request.id, request.axis))
    fail("{}: cannot be drawn over \"{}\"; see list losses {} for its axes", request.id, axis.title,
         request.id);
  if (request.points < 2) fail("points: must be at least 2, found {}", request.points);
  if (!(request.lower < request.upper))
    fail("range: must begin below its end, found {} to {}", request.lower, request.upper);
  if (request.classes < 2) fail("classes: must be at least 2, found {}", request.classes);
  if (request.target < 0 || request.target >= request.classes)
    fail("target: classes go from 0 to {}, found {}", request.classes - 1, request.target);
}

std::vector<double> toVector(const at::Tensor& tensor) {
  const auto numbers = tensor.detach().to(at::kDouble).contiguous();
  const auto* first = numbers.const_data_ptr<double>();
  return {first, first + numbers.numel()};
}

std::unique_ptr<Loss> make(const std::string& id, const nlohmann::json& params) {
  return catalog().create(id, params, id);
}

/// Points of a curve whose values have to be computed one by one.
constexpr std::int64_t kSinglePoints = 200;

/// A loss that is coupled over the batch: every point is a batch of its own.
Curve sampleOneByOne(const Loss& loss, const CurveRequest& request) {
  Curve curve;
  const auto all = at::linspace(request.lower, request.upper, kSinglePoints, at::kDouble);
  for (std::int64_t i = 0; i < kSinglePoints; ++i) {
    const auto x = all.narrow(0, i, 1).clone().requires_grad_(true);
    const auto value = loss.evaluate(batchOf(request, x)).value;
    if (value.requires_grad()) value.backward();
    curve.x.push_back(x.item<double>());
    curve.value.push_back(value.item<double>());
    curve.slope.push_back(x.grad().defined() ? x.grad().item<double>() : 0);
  }
  return curve;
}

/// The values of the samples; each depends on its own prediction only.
at::Tensor samplesOf(const Loss& loss, const std::string& id, const Batch& batch) {
  const auto values = loss.evaluate(batch, true).perSample;
  if (!values.defined())
    fail("{}: is coupled over the batch and has no value of its own for a sample", id);
  return values;
}

}  // namespace

const std::vector<CurveAxis>& curveAxes() {
  static const std::vector<CurveAxis> axes{
      {"margin", "Effective margin M", "M = z_y − log Σ exp of the other logits, p_y = σ(M)", -8,
       8},
      {"raw", "Logit of the true class", "z_y = x, the others at the level", -8, 8},
      {"centred", "Centred logit", "z_y = x (C−1)/C, the others −x/C: they sum to 0", -8, 8},
      {"logit", "Logit", "x, p = σ(x), of one label", -8, 8},
      {"residual", "Residual ŷ − y", "ŷ = x, y = 0", -4, 4},
      {"similarity", "Cosine to the own class", "cosine x to the true class, 0 to the others", -1,
       1},
      {"gap", "Score gap", "scores x and 0 of two items, the first of them relevant", -6, 6},
      {"overlap", "Overlap", "two pixels, one of each class, both right with probability x", 0.001,
       0.999}};
  return axes;
}

const CurveAxis& curveAxis(const std::string& id) {
  const auto& axes = curveAxes();
  const auto found =
      std::find_if(axes.begin(), axes.end(), [&](const CurveAxis& axis) { return axis.id == id; });
  if (found == axes.end()) fail("axis: there is no axis \"{}\"", id);
  return *found;
}

bool drawableOn(const std::string& id, const std::string& axis) {
  const auto& traits = catalog().descriptor(id).traits;
  const auto slices = traits.find("slices");
  return slices != traits.end() && std::find(slices->begin(), slices->end(), axis) != slices->end();
}

Curve sampleCurve(const CurveRequest& request) {
  checkRequest(request);
  const auto loss = make(request.id, request.params);
  const auto x = at::linspace(request.lower, request.upper, request.points, at::kDouble);
  x.set_requires_grad(true);
  const auto batch = batchOf(request, x);
  if (request.axis == "gap" && batch.prediction.size(0) != request.points) {
    loss->check(batchOf(request, x.detach().narrow(0, 0, 1)));
    return sampleOneByOne(*loss, request);
  }
  loss->check(batch);
  const auto values = loss->evaluate(batch, true).perSample;
  if (!values.defined()) return sampleOneByOne(*loss, request);
  values.sum().backward();
  return {toVector(x), toVector(values), toVector(x.grad().defined() ? x.grad() : x * 0)};
}

std::vector<SimplexPoint> sampleSimplex(const std::string& id, const nlohmann::json& params,
                                        std::int64_t target, int resolution) {
  if (resolution < 3) fail("resolution: must be at least 3, found {}", resolution);
  if (target < 0 || target > 2) fail("target: classes go from 0 to 2, found {}", target);
  const auto loss = make(id, params);
  std::vector<double> coordinates;
  for (int i = 1; i < resolution; ++i)
    for (int j = 1; i + j < resolution; ++j)
      for (const int k : {i, j, resolution - i - j})
        coordinates.push_back(static_cast<double>(k) / resolution);
  const auto p = at::tensor(coordinates, at::kDouble).reshape({-1, 3});
  Batch batch{p.log().set_requires_grad(true), indices(p.size(0), target), {}};
  loss->check(batch);
  const auto values = samplesOf(*loss, id, batch);
  values.sum().backward();
  const auto slope = batch.prediction.grad();
  const auto descent = -(p * (slope - (p * slope).sum(1, true)));
  const auto value = toVector(values), flow = toVector(descent);
  std::vector<SimplexPoint> points(value.size());
  for (size_t i = 0; i < points.size(); ++i) {
    points[i].value = value[i];
    for (size_t k = 0; k < 3; ++k) {
      points[i].p[k] = coordinates[3 * i + k];
      points[i].descent[k] = flow[3 * i + k];
    }
  }
  return points;
}

}  // namespace eq::loss

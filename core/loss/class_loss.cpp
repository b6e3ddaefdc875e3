#include "core/loss/class_loss.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/map_support.h"

namespace eq::loss {
namespace {

bool isOfMaps(const Batch& batch) {
  return batch.task && batch.task->kind == TaskKind::segmentation;
}

/// Each pixel as a sample: logits [N·pixels, C], classes [N·pixels].
Batch pixelsOf(const Batch& batch) {
  Batch pixels;
  pixels.prediction = batch.prediction.transpose(1, 2).flatten(0, 1);
  pixels.target = batch.target.flatten();
  pixels.step = batch.step;
  return pixels;
}

}  // namespace

ClassLoss::ClassLoss(std::string id, const Parameters& values)
    : id_(std::move(id)),
      ignored_(values.integer("ignore_index")),
      sum_(values.text("reduction") == "sum") {}

void ClassLoss::check(const Batch& batch) const {
  if (isOfMaps(batch)) {
    checkMaps(id_, batch.prediction);
    checkClassMap(id_, batch, ignored_);
    return check(pixelsOf(batch));
  }
  checkNumbers(id_, "prediction", batch.prediction);
  const auto classes = checkPrediction(batch.prediction);
  checkPresent(id_, "target", batch.target);
  const auto samples = batch.prediction.size(0);
  if (takesProbabilities() && batch.target.dim() == 2) {
    checkShape(id_, "target", batch.target, batch.prediction.sizes(), "prediction");
    checkMask(id_, batch.field("mask"), {samples}, "the samples");
    checkProbabilities(id_, probabilitiesOf(batch));
  } else {
    checkShape(id_, "target", batch.target, {samples}, "the samples");
    checkIndices(id_, batch.target, classes, ignored_);
  }
  checkFurther(batch);
}

std::int64_t ClassLoss::checkPrediction(const at::Tensor& prediction) const {
  if (prediction.dim() != 2 || prediction.size(1) < 2)
    fail("{}.prediction: expected logits [N, C] with C of at least 2, found {}", id_,
         shapeText(prediction));
  return prediction.size(1);
}

Value ClassLoss::evaluate(const Batch& batch, bool) const {
  return isOfMaps(batch) ? ofPixels(batch) : ofSamples(batch);
}

Value ClassLoss::ofPixels(const Batch& batch) const {
  auto found = ofSamples(pixelsOf(batch));
  const auto images = batch.target.sizes();
  const auto valid = found.valid.view(images);
  found.perSample = found.perSample.view(images).sum(1) / valid.sum(1).clamp_min(1);
  found.valid = valid.any(1);
  return found;
}

Value ClassLoss::ofSamples(const Batch& batch) const {
  at::Tensor valid, target;
  std::vector<at::Tensor> parts;
  if (batch.target.dim() == 2) {
    const auto mask = batch.field("mask");
    if (mask.defined()) valid = mask != 0;
    parts = {samplesOfProbabilities(batch.prediction, probabilitiesOf(batch))};
  } else {
    valid = batch.target != ignored_;
    target = batch.target.masked_fill(valid.logical_not(), 0);
    parts = termsOfBatch(batch, target, valid);
  }
  const auto count = divisor(batch, target, valid);
  const auto reduced = [&](const at::Tensor& values) {
    return count.defined() ? values.sum() / count : values.sum();
  };
  Value found;
  found.valid = valid;
  for (auto& part : parts) {
    if (valid.defined()) part = at::where(valid, part, at::zeros_like(part));
    found.perSample = found.perSample.defined() ? found.perSample + part : part;
    if (parts.size() > 1) found.terms.push_back(reduced(part));
  }
  found.value = reduced(found.perSample);
  return found;
}

at::Tensor ClassLoss::divisor(const Batch& batch, const at::Tensor& target,
                              const at::Tensor& valid) const {
  if (sum_) return {};
  const auto& logits = batch.prediction;
  if (!valid.defined())
    return at::full({}, std::max<std::int64_t>(logits.size(0), 1),
                    logits.options().requires_grad(false));
  const auto weights = target.defined() ? denominators(logits, target) : at::Tensor();
  if (!weights.defined()) return valid.sum().clamp_min(1);
  const auto total = (weights * valid).sum();
  return at::where(total > 0, total, at::ones_like(total));
}

at::Tensor ClassLoss::samples(const at::Tensor&, const at::Tensor&) const {
  throw Error(id_ + ": needs the batch", ErrorKind::failure);
}

at::Tensor ClassLoss::samplesOfBatch(const Batch& batch, const at::Tensor& target,
                                     const at::Tensor&) const {
  return samples(batch.prediction, target);
}

std::vector<at::Tensor> ClassLoss::termsOfBatch(const Batch& batch, const at::Tensor& target,
                                                const at::Tensor& valid) const {
  return {samplesOfBatch(batch, target, valid)};
}

at::Tensor ClassLoss::samplesOfProbabilities(const at::Tensor&, const at::Tensor&) const {
  throw Error(id_ + ": takes class indices only", ErrorKind::failure);
}

at::Tensor ClassLoss::denominators(const at::Tensor&, const at::Tensor&) const {
  return {};
}

at::Tensor ClassLoss::logitsByLoss(const Batch& batch, std::int64_t classes) const {
  const auto samples = batch.prediction.size(0);
  const auto options = batch.prediction.options().dtype(at::kLong).requires_grad(false);
  const auto valid = at::ones({samples}, options.dtype(at::kBool));
  std::vector<at::Tensor> columns;
  for (std::int64_t c = 0; c < classes; ++c)
    columns.push_back(-samplesOfBatch(batch, at::full({samples}, c, options), valid));
  return at::stack(columns, 1);
}

std::vector<ParameterSpec> classParameters(std::vector<ParameterSpec> own) {
  own.push_back(
      ParameterSpec::integer("ignore_index", -100, "Target of samples that do not count"));
  own.push_back(
      ParameterSpec::choice("reduction", "mean", {"mean", "sum"}, "Over the valid samples"));
  return own;
}

std::vector<InputField> classInputs(bool probabilities) {
  std::vector<InputField> fields{{"prediction", "[N, C]", "logits"},
                                 {"target", "int [N]", "classes 0..C-1, or ignore_index"}};
  if (probabilities) {
    fields[1].shape = "int [N], or [N, C]";
    fields[1].doc = "classes 0..C-1 or ignore_index; or rows of probabilities";
    fields.push_back({"mask", "[N]", "with probabilities: 0 = does not count", false});
  }
  return fields;
}

Readout cosineReadout(const TaskInfo& task) {
  Readout readout;
  readout.layer = Readout::Layer::cosines;
  readout.outputs = task.width;
  return readout;
}

at::Tensor probabilitiesOf(const Batch& batch) {
  const auto rows = batch.target.to(batch.prediction.scalar_type());
  const auto mask = batch.field("mask");
  if (!mask.defined()) return rows;
  return rows.masked_fill((mask == 0).unsqueeze(1), 1.0 / static_cast<double>(rows.size(1)));
}

at::Tensor ownLogit(const at::Tensor& logits, const at::Tensor& target) {
  return logits.gather(1, target.unsqueeze(1)).squeeze(1);
}

at::Tensor effectiveMargin(const at::Tensor& logits, const at::Tensor& target) {
  const auto others =
      logits.scatter(1, target.unsqueeze(1), -std::numeric_limits<double>::infinity());
  return ownLogit(logits, target) - others.logsumexp(1);
}

at::Tensor rootOf(const at::Tensor& x) {
  const auto positive = x > 0;
  return at::where(positive, at::where(positive, x, at::ones_like(x)).sqrt(), at::zeros_like(x));
}

at::Tensor strongestOther(const at::Tensor& logits, const at::Tensor& target) {
  return logits.detach()
      .scatter(1, target.unsqueeze(1), -std::numeric_limits<double>::infinity())
      .argmax(1);
}

at::Tensor listTensor(const std::vector<double>& values, const at::Tensor& like) {
  return at::tensor(values, at::kDouble).to(like.device(), like.scalar_type());
}

}  // namespace eq::loss

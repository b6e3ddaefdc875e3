#include "core/loss/map_support.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include "core/base/error.h"
#include "core/loss/checks.h"

namespace eq::loss {

void checkMaps(const std::string& loss, const at::Tensor& prediction) {
  checkNumbers(loss, "prediction", prediction);
  if (prediction.dim() != 3 && prediction.dim() != 4)
    fail("{}.prediction: expected maps [N, C, pixels] or [N, C, H, W], found {}", loss,
         shapeText(prediction));
}

void checkClassMap(const std::string& loss, const Batch& batch, std::int64_t ignored) {
  const auto classes = batch.prediction.size(1);
  if (classes < 2) fail("{}.prediction: expected at least 2 classes, found {}", loss, classes);
  checkShape(loss, "target", batch.target, pixelShape(batch.prediction), "the pixels");
  checkIndices(loss, batch.target, classes, ignored);
}

std::vector<std::int64_t> pixelShape(const at::Tensor& maps) {
  auto shape = maps.sizes().vec();
  shape.erase(shape.begin() + 1);
  return shape;
}

Batch vectorMaps(Batch batch) {
  if (!batch.task || batch.task->imageShape.size() != 2 || batch.prediction.dim() != 2)
    return batch;
  const auto pixels = batch.task->imageShape[0] * batch.task->imageShape[1];
  if (batch.prediction.size(1) != 3 * pixels) return batch;
  const auto maps = [&](const at::Tensor& flat) { return flat.reshape({-1, 3, pixels}); };
  batch.prediction = maps(batch.prediction);
  batch.target = maps(batch.target);
  if (const auto mask = batch.field("mask"); mask.defined() && mask.size(1) == 3 * pixels)
    batch.fields["mask"] = maps(mask).amin(1);
  return batch;
}

at::Tensor oneHot(const at::Tensor& target, std::int64_t classes) {
  const auto all = at::arange(classes, target.options().dtype(at::kLong));
  return target.unsqueeze(1) == all.view({1, classes, 1});
}

Value overSamples(const at::Tensor& values, const at::Tensor& counted, bool sum) {
  const auto kept = values.masked_fill(counted.logical_not(), 0);
  const auto total = kept.sum();
  return {sum ? total : total / counted.sum().clamp_min(1), kept, counted};
}

}  // namespace eq::loss

#include "core/train/second_view.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/randint.h>

#include "core/model/model.h"

namespace eq::train {
namespace {

/// Moves each image along one axis; what comes in repeats the border.
at::Tensor moved(const at::Tensor& images, std::int64_t axis, std::int64_t most,
                 at::Generator& generator) {
  const auto whole = images.options().dtype(at::kLong);
  const auto by = at::randint(-most, most + 1, {images.size(0), 1}, generator, whole);
  const auto length = images.size(axis);
  const auto source = (at::arange(length, whole) + by).clamp(0, length - 1);
  std::vector<std::int64_t> shape(4, 1);
  shape[0] = images.size(0);
  shape[static_cast<size_t>(axis)] = length;
  return images.gather(axis, source.view(shape).expand_as(images));
}

}  // namespace

at::Tensor secondView(const at::Tensor& inputs, const data::Augmentation& augmentation,
                      std::uint64_t seed) {
  auto generator = model::generatorOn(inputs.device(), seed);
  auto view = inputs;
  if (augmentation.shift > 0 && inputs.dim() == 4)
    for (const std::int64_t axis : {2, 3}) view = moved(view, axis, augmentation.shift, generator);
  if (augmentation.noise > 0)
    view = view + at::empty_like(view).normal_(0, augmentation.noise, generator);
  if (augmentation.drop > 0)
    view = view.masked_fill(at::empty_like(view).uniform_(0, 1, generator) < augmentation.drop, 0);
  return view;
}

}  // namespace eq::train

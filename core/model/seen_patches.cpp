#include "core/model/seen_patches.h"

#include <ATen/ops/empty.h>

namespace eq::model {

at::Tensor seenPatches(const at::Tensor& padded, std::int64_t kernel, std::int64_t stride) {
  const auto views =
      padded.unfold(2, kernel, stride).unfold(3, kernel, stride).permute({1, 4, 5, 0, 2, 3});
  auto patches = at::empty(views.sizes(), padded.options());
  patches.copy_(views);
  return patches.flatten(3).flatten(0, 2);
}

at::Tensor shapeOnly(const at::Tensor& like, at::IntArrayRef shape) {
  return at::empty({1}, like.options()).expand(shape);
}

}  // namespace eq::model

#include "core/model/pretrained/max_pool.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/max_pool2d_with_indices.h>
#include <ATen/ops/max_pool2d_with_indices_backward.h>

namespace eq::model {

// A trace keeps input and the places of the maxima.
at::Tensor MaxPool::forward(const at::Tensor& input, const ParameterBuffer&, const Pass&,
                            Trace* trace) const {
  const auto [maxima, places] =
      at::max_pool2d_with_indices(input, {side_, side_}, {stride_, stride_}, {padding_, padding_});
  if (trace) trace->kept = {input.detach(), places};
  return maxima;
}

at::Tensor MaxPool::back(const Trace& trace, const at::Tensor& outputs, const Descent&,
                         bool further) const {
  if (!further) return {};
  const auto& input = trace.kept[0];
  auto shape = input.sizes().vec();
  shape.insert(shape.begin(), outputs.size(0));
  auto below = at::empty(shape, input.options());
  for (std::int64_t k = 0; k < outputs.size(0); ++k)
    below[k].copy_(at::max_pool2d_with_indices_backward(outputs[k], input, {side_, side_},
                                                        {stride_, stride_}, {padding_, padding_},
                                                        {1, 1}, false, trace.kept[1]));
  return below;
}

}  // namespace eq::model

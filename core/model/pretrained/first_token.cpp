#include "core/model/pretrained/first_token.h"

#include <ATen/ops/zeros.h>

namespace eq::model {

at::Tensor FirstToken::forward(const at::Tensor& input, const ParameterBuffer&, const Pass&,
                               Trace* trace) const {
  if (trace) trace->kept = {input.detach()};
  return input.select(1, 0);
}

at::Tensor FirstToken::back(const Trace& trace, const at::Tensor& outputs, const Descent&,
                            bool further) const {
  if (!further) return {};
  auto shape = trace.kept[0].sizes().vec();
  shape.insert(shape.begin(), outputs.size(0));
  auto below = at::zeros(shape, outputs.options());
  below.select(2, 0).copy_(outputs);
  return below;
}

}  // namespace eq::model

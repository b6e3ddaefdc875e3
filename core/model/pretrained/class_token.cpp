#include "core/model/pretrained/class_token.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

namespace eq::model {

at::Tensor ClassToken::forward(const at::Tensor& input, const ParameterBuffer& parameters,
                               const Pass&, Trace*) const {
  const auto& token = parameters.tensor(token_);
  return at::cat({token.unsqueeze(0).expand({input.size(0), 1, token.size(1)}), input}, 1);
}

at::Tensor ClassToken::back(const Trace&, const at::Tensor& outputs, const Descent& descent,
                            bool further) const {
  descent.sink.formed(token_, outputs.select(2, 0).sum(1));
  return further ? outputs.narrow(2, 1, outputs.size(2) - 1).contiguous() : at::Tensor();
}

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

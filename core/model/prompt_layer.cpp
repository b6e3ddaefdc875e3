#include "core/model/prompt_layer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

namespace eq::model {

at::Tensor PromptLayer::forward(const at::Tensor& input, const ParameterBuffer& parameters,
                                const Pass&, Trace*) const {
  const auto& table = parameters.tensor(table_);
  return at::cat({table.expand({input.size(0), -1, -1}), input}, 1);
}

at::Tensor PromptLayer::back(const Trace&, const at::Tensor& outputs, const Descent& descent,
                             bool further) const {
  const auto prompts = descent.parameters.tensor(table_).size(0);
  descent.sink.formed(table_, outputs.narrow(2, 0, prompts).sum(1));
  if (!further) return {};
  return outputs.narrow(2, prompts, outputs.size(2) - prompts).contiguous();
}

}  // namespace eq::model

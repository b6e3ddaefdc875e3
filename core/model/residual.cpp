#include "core/model/residual.h"

#include <ATen/TensorOperators.h>

namespace eq::model {

at::Tensor Residual::forward(const at::Tensor& input, const ParameterBuffer& parameters,
                             const Pass& pass, Trace* trace) const {
  if (trace) trace->inner.resize(2);
  const auto tape = [&](size_t which) { return trace ? &trace->inner[which] : nullptr; };
  const auto across = shortcut_.forward(input, parameters, pass, tape(1));
  return across + branch_.forward(input, parameters, pass, tape(0));
}

at::Tensor Residual::back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                          bool further) const {
  const auto below = branch_.back(trace.inner[0], outputs, descent, further);
  const auto across = shortcut_.back(trace.inner[1], outputs, descent, further);
  return further ? below + across : at::Tensor();
}

std::vector<size_t> Residual::parameters() const {
  auto all = branch_.parameters();
  for (const auto index : shortcut_.parameters()) all.push_back(index);
  return all;
}

}  // namespace eq::model

#include "core/model/attention.h"

#include <ATen/TensorOperators.h>

namespace eq::model {

Attention::Attention(Projections projections, std::int64_t heads, const AttentionForm& form)
    : projections_(std::move(projections)), heads_(heads), form_(form) {}

/// [..., T, width] -> [..., heads, T, h], the dimension before T taken together with the heads.
at::Tensor Attention::apart(const at::Tensor& tokens) const {
  return tokens.unflatten(-1, {heads_, tokens.size(-1) / heads_})
      .transpose(-3, -2)
      .flatten(-4, -3)
      .contiguous();
}

at::Tensor Attention::joined(const at::Tensor& heads, at::IntArrayRef shape) const {
  return heads.unflatten(-3, {heads.size(-3) / heads_, heads_}).transpose(-3, -2).reshape(shape);
}

at::Tensor Attention::forward(const at::Tensor& input, const ParameterBuffer& parameters,
                              const Pass& pass, Trace* trace) const {
  if (trace) trace->inner.resize(1);
  auto* tape = trace ? &trace->inner[0] : nullptr;
  const auto projected = [&](const Layer& layer, const at::Tensor& tokens) {
    return forwardTraced(layer, tokens, parameters, pass, tape);
  };
  const auto queries = apart(projected(*projections_.queries, input));
  const auto keys = apart(projected(*projections_.keys, input));
  const auto values = apart(projected(*projections_.values, input));
  if (pass.multiplyAdds)
    *pass.multiplyAdds += queries.size(0) * form_.multiplyAdds(queries.size(1), queries.size(2));
  if (trace) trace->elements = 4 * input.numel();
  const auto mixtures = form_.value(queries, keys, values, trace ? &trace->kept : nullptr);
  return projected(*projections_.output, joined(mixtures, input.sizes()));
}

at::Tensor Attention::back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                           bool further) const {
  const auto& tape = trace.inner[0];
  const auto mixtures = projections_.output->back(tape[3], outputs, descent, true);
  const auto found = form_.product(trace.kept, apart(mixtures));
  const Layer* layers[] = {projections_.queries.get(), projections_.keys.get(),
                           projections_.values.get()};
  at::Tensor below;
  for (size_t i = 0; i < found.size(); ++i) {
    const auto part = layers[i]->back(tape[i], joined(found[i], outputs.sizes()), descent, further);
    if (further) below = below.defined() ? below.add_(part) : part;
  }
  return below;
}

std::vector<size_t> Attention::parameters() const {
  std::vector<size_t> all;
  for (const auto* layer : {projections_.queries.get(), projections_.keys.get(),
                            projections_.values.get(), projections_.output.get()})
    for (const auto index : layer->parameters()) all.push_back(index);
  return all;
}

}  // namespace eq::model

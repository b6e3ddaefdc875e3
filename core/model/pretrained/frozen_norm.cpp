#include "core/model/pretrained/frozen_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addcmul.h>

namespace eq::model {
namespace {

constexpr double kLeastBatchVariance = 1e-5;  // added to it, as in PyTorch

/// [channels] for each place of maps with so many dimensions in all.
at::Tensor onMaps(const at::Tensor& channels, std::int64_t dimensions) {
  std::vector<std::int64_t> shape(static_cast<size_t>(dimensions) - 1, 1);
  shape[0] = channels.size(0);
  return channels.view(shape);
}

}  // namespace

at::Tensor FrozenNorm::inverse() const {
  return (variance_ + kLeastBatchVariance).rsqrt();
}

at::Tensor FrozenNorm::forward(const at::Tensor& input, const ParameterBuffer& parameters,
                               const Pass&, Trace* trace) const {
  if (trace) trace->kept = {input.detach()};
  const auto scale = parameters.tensor(weight_) * inverse();
  const auto shift = parameters.tensor(bias_) - mean_ * scale;
  return at::addcmul(onMaps(shift, input.dim()), input, onMaps(scale, input.dim()));
}

at::Tensor FrozenNorm::back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                            bool further) const {
  const auto& input = trace.kept[0];
  const auto factor = inverse();
  const auto normed = (input - onMaps(mean_, input.dim())) * onMaps(factor, input.dim());
  descent.sink.formed(weight_, (outputs * normed).flatten(3).sum({1, 3}));
  descent.sink.formed(bias_, outputs.flatten(3).sum({1, 3}));
  if (!further) return {};
  const auto scale = descent.parameters.tensor(weight_).detach() * factor;
  return outputs * onMaps(scale, input.dim());
}

}  // namespace eq::model

#include "core/model/norm_gradients.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/threshold_backward.h>

#include "core/model/norm_kernel.h"

namespace eq::model {
namespace {

/// A number a group, for each of its channels. \param groups [..., groups]
at::Tensor eachChannel(const at::Tensor& groups, std::int64_t channels) {
  return groups.repeat_interleave(channels / groups.size(-1), -1).unsqueeze(-1);
}

/// With x̂ = (x - mean)/deviation and g = scale D: dx = (g - mean(g) - x̂ mean(g x̂))/deviation, means
/// over a group.
NormGradients byOperations(const Normed& normed, const at::Tensor& given, bool further) {
  const auto outputs =
      normed.output.defined() ? at::threshold_backward(given, normed.output, 0) : given;
  const auto channels = normed.input.size(1), groups = normed.mean.size(1);
  const auto inverse = eachChannel(normed.inverse, channels);
  const auto unit = (normed.input - eachChannel(normed.mean, channels)) * inverse;
  const auto shifts = outputs.sum(-1), scales = (outputs * unit).sum(-1);
  NormGradients found{scales.sum(1), shifts.sum(1), {}};
  if (!further) return found;
  const auto count = static_cast<double>(channels / groups * normed.input.size(2));
  const auto means = [&](const at::Tensor& sums) {
    const auto weighted = (sums * normed.scale).unflatten(-1, {groups, channels / groups});
    return eachChannel(weighted.sum(-1).div_(count), channels);
  };
  found.inputs = (outputs * normed.scale.unsqueeze(-1))
                     .sub_(means(shifts))
                     .sub_(means(scales) * unit)
                     .mul_(inverse);
  return found;
}

}  // namespace

NormGradients normGradients(const Normed& normed, const at::Tensor& outputs, bool further,
                            bool kernel) {
  return kernel && hasNormKernel(outputs) ? normKernel(normed, outputs, further)
                                          : byOperations(normed, outputs, further);
}

}  // namespace eq::model

#include "core/model/task_parts/unit_layer.h"

#include <cmath>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>

#include "core/model/initial_values.h"
#include "core/model/mixture.h"

namespace eq::model {

UnitLayer::UnitLayer(ParameterBuffer& parameters, const std::string& name, const Size& size,
                     std::optional<std::uint64_t> seed, const Block& block) {
  const double bound = 1 / std::sqrt(static_cast<double>(size.inputs));
  const auto add = [&](const std::string& part, const std::vector<std::int64_t>& shape) {
    return parameters.add(part,
                          seed ? uniformByName(*seed, part, shape, bound)
                               : at::zeros(shape, at::TensorOptions().dtype(at::kFloat)),
                          block);
  };
  std::vector<std::int64_t> shape{size.outputs, size.inputs};
  if (size.maps) shape.insert(shape.end(), 2, 1);
  weight_ = add(name + ".weight", shape);
  bias_ = add(name + ".bias", {size.outputs});
}

at::Tensor UnitLayer::forward(const at::Tensor& input, const ParameterBuffer& parameters,
                              const Pass& pass) const {
  const auto& weight = parameters.tensor(weight_);
  const auto& bias = parameters.tensor(bias_);
  if (pass.multiplyAdds) *pass.multiplyAdds += input.numel() * weight.size(0);
  return input.dim() == 4 ? at::conv2d(input, weight, bias) : at::linear(input, weight, bias);
}

at::Tensor meanOfUnits(const Pass& pass, const at::Tensor& values) {
  return examplesOf(pass, values.detach()).transpose(0, 1).flatten(1).mean(1);
}

}  // namespace eq::model

#include "core/model/task_parts/unit_layer.h"

#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>

#include "core/base/random.h"

namespace eq::model {

at::Generator initialValuesOf(std::uint64_t seed, const std::string& name) {
  return at::make_generator<at::CPUGeneratorImpl>(deriveSeed(seed, name));
}

size_t addUniform(ParameterBuffer& parameters, const std::string& name,
                  const std::vector<std::int64_t>& shape, double bound, at::Generator& generator,
                  const Block& block) {
  const auto numbers = at::TensorOptions().dtype(at::kFloat);
  return parameters.add(name, at::empty(shape, numbers).uniform_(-bound, bound, generator), block);
}

UnitLayer::UnitLayer(ParameterBuffer& parameters, const std::string& name, std::int64_t inputs,
                     std::int64_t outputs, bool maps, at::Generator* generator,
                     const Block& block) {
  const double bound = 1 / std::sqrt(static_cast<double>(inputs));
  const auto add = [&](const char* part, const std::vector<std::int64_t>& shape) {
    if (generator) return addUniform(parameters, name + part, shape, bound, *generator, block);
    return parameters.add(name + part, at::zeros(shape, at::TensorOptions().dtype(at::kFloat)),
                          block);
  };
  std::vector<std::int64_t> shape{outputs, inputs};
  if (maps) shape.insert(shape.end(), 2, 1);
  weight_ = add(".weight", shape);
  bias_ = add(".bias", {outputs});
}

at::Tensor UnitLayer::forward(const at::Tensor& input, const ParameterBuffer& parameters,
                              const Pass& pass) const {
  const auto& weight = parameters.tensor(weight_);
  const auto& bias = parameters.tensor(bias_);
  if (pass.multiplyAdds) *pass.multiplyAdds += input.numel() * weight.size(0);
  return input.dim() == 4 ? at::conv2d(input, weight, bias) : at::linear(input, weight, bias);
}

}  // namespace eq::model

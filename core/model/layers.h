#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "core/model/layer.h"

namespace eq::model {

/// Makes layers with PyTorch's initial values: uniform in ±1/√fan_in for weights and biases.
class LayerFactory {
 public:
  LayerFactory(ParameterBuffer& parameters, std::uint64_t seed);

  /// \param name prefix of the parameters' names, "trunk.0".
  std::unique_ptr<Layer> linear(const std::string& name, std::int64_t inputs, std::int64_t outputs,
                                std::int64_t owner);
  /// Convolution, ReLU and max pooling over squares of this side.
  std::unique_ptr<Layer> convolutionStage(const std::string& name, std::int64_t inputs,
                                          std::int64_t outputs, std::int64_t kernel,
                                          std::int64_t padding, std::int64_t pool,
                                          std::int64_t owner);
  /// \param kind "relu", "tanh" or "gelu".
  std::unique_ptr<Layer> activation(const std::string& kind);
  std::unique_ptr<Layer> flatten();
  /// \param generator draws the masks; shared, owned by the model, state saved with it.
  std::unique_ptr<Layer> dropout(double probability, std::shared_ptr<at::Generator> generator);

 private:
  at::Tensor initial(std::vector<std::int64_t> shape, std::int64_t fanIn);

  ParameterBuffer& parameters_;
  at::Generator generator_;
};

}  // namespace eq::model

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "core/model/parameters.h"

namespace eq::model {

/// What a layer with parameters saw in a forward pass: enough to form its weight gradient, or inner
/// products of weight gradients, from the gradient of its output.
struct LayerTrace {
  enum class Kind { linear, convolution };
  Kind kind = Kind::linear;
  at::Tensor input;
  at::Tensor output;
  size_t weight = 0;  ///< index in the parameter buffer
  size_t bias = 0;
  std::int64_t padding = 0;  ///< of a convolution
};
using Tape = std::vector<LayerTrace>;

/// How a forward pass is meant.
struct Pass {
  bool training = false;  ///< dropout is active
  Tape* tape = nullptr;   ///< where layers with parameters leave their traces; null: nowhere
  bool views = false;     ///< the second half of the rows are second views of the first half
};

/// One step of a sequence. Stateless but for its place in the parameter buffer.
class Layer {
 public:
  virtual ~Layer() = default;
  virtual at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters,
                             const Pass& pass) const = 0;
};

/// Layers one after the other.
class Sequence {
 public:
  void add(std::unique_ptr<Layer> layer) { layers_.push_back(std::move(layer)); }
  at::Tensor forward(at::Tensor input, const ParameterBuffer& parameters, const Pass& pass) const;

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
};

/// Makes layers with PyTorch's initial values: uniform in ±1/√fan_in for weights and biases.
class LayerFactory {
 public:
  LayerFactory(ParameterBuffer& parameters, std::uint64_t seed);

  /// \param name prefix of the parameters' names, "trunk.0".
  std::unique_ptr<Layer> linear(const std::string& name, std::int64_t inputs, std::int64_t outputs,
                                std::int64_t owner);
  std::unique_ptr<Layer> convolution(const std::string& name, std::int64_t inputs,
                                     std::int64_t outputs, std::int64_t kernel,
                                     std::int64_t padding, std::int64_t owner);
  /// \param kind "relu", "tanh" or "gelu".
  std::unique_ptr<Layer> activation(const std::string& kind);
  std::unique_ptr<Layer> maxPool(std::int64_t size);
  std::unique_ptr<Layer> flatten();
  /// \param generator draws the masks; shared, owned by the model, state saved with it.
  std::unique_ptr<Layer> dropout(double probability, std::shared_ptr<at::Generator> generator);

 private:
  at::Tensor initial(std::vector<std::int64_t> shape, std::int64_t fanIn);

  ParameterBuffer& parameters_;
  at::Generator generator_;
};

}  // namespace eq::model

#include "core/model/layers.h"

#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tanh.h>

#include "core/base/error.h"

namespace eq::model {
namespace {

class Linear : public Layer {
 public:
  Linear(size_t weight, size_t bias) : weight_(weight), bias_(bias) {}
  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters,
                     const Pass& pass) const override {
    auto output = at::linear(input, parameters.tensor(weight_), parameters.tensor(bias_));
    if (pass.tape) pass.tape->push_back({LayerTrace::Kind::linear, input, output, weight_, bias_});
    return output;
  }

 private:
  size_t weight_, bias_;
};

class Convolution : public Layer {
 public:
  Convolution(size_t weight, size_t bias, std::int64_t padding)
      : weight_(weight), bias_(bias), padding_(padding) {}
  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters,
                     const Pass& pass) const override {
    auto output = at::conv2d(input, parameters.tensor(weight_), parameters.tensor(bias_), {1, 1},
                             {padding_, padding_});
    if (pass.tape)
      pass.tape->push_back(
          {LayerTrace::Kind::convolution, input, output, weight_, bias_, padding_});
    return output;
  }

 private:
  size_t weight_, bias_;
  std::int64_t padding_;
};

/// A layer without parameters.
class Function : public Layer {
 public:
  using Map = at::Tensor (*)(const at::Tensor&);
  explicit Function(Map map) : map_(map) {}
  at::Tensor forward(const at::Tensor& input, const ParameterBuffer&, const Pass&) const override {
    return map_(input);
  }

 private:
  Map map_;
};

class MaxPool : public Layer {
 public:
  explicit MaxPool(std::int64_t size) : size_(size) {}
  at::Tensor forward(const at::Tensor& input, const ParameterBuffer&, const Pass&) const override {
    return at::max_pool2d(input, {size_, size_});
  }

 private:
  std::int64_t size_;
};

class Dropout : public Layer {
 public:
  Dropout(double probability, std::shared_ptr<at::Generator> generator)
      : probability_(probability), generator_(std::move(generator)) {}
  at::Tensor forward(const at::Tensor& input, const ParameterBuffer&,
                     const Pass& pass) const override {
    if (!pass.training) return input;
    const auto mask = at::empty_like(input).bernoulli_(1 - probability_, *generator_);
    return input * mask / (1 - probability_);
  }

 private:
  double probability_;
  std::shared_ptr<at::Generator> generator_;
};

at::Tensor gelu(const at::Tensor& input) {
  return at::gelu(input);
}
at::Tensor relu(const at::Tensor& input) {
  return at::relu(input);
}
at::Tensor tanh(const at::Tensor& input) {
  return at::tanh(input);
}
at::Tensor flat(const at::Tensor& input) {
  return input.flatten(1);
}

}  // namespace

at::Tensor Sequence::forward(at::Tensor input, const ParameterBuffer& parameters,
                             const Pass& pass) const {
  for (const auto& layer : layers_) input = layer->forward(input, parameters, pass);
  return input;
}

LayerFactory::LayerFactory(ParameterBuffer& parameters, std::uint64_t seed)
    : parameters_(parameters), generator_(at::make_generator<at::CPUGeneratorImpl>(seed)) {}

at::Tensor LayerFactory::initial(std::vector<std::int64_t> shape, std::int64_t fanIn) {
  const double bound = 1 / std::sqrt(static_cast<double>(fanIn));
  return at::empty(shape, at::TensorOptions().dtype(at::kFloat))
      .uniform_(-bound, bound, generator_);
}

std::unique_ptr<Layer> LayerFactory::linear(const std::string& name, std::int64_t inputs,
                                            std::int64_t outputs, std::int64_t owner) {
  const auto weight = parameters_.add(name + ".weight", initial({outputs, inputs}, inputs), owner);
  const auto bias = parameters_.add(name + ".bias", initial({outputs}, inputs), owner);
  return std::make_unique<Linear>(weight, bias);
}

std::unique_ptr<Layer> LayerFactory::convolution(const std::string& name, std::int64_t inputs,
                                                 std::int64_t outputs, std::int64_t kernel,
                                                 std::int64_t padding, std::int64_t owner) {
  const auto fanIn = inputs * kernel * kernel;
  const auto weight =
      parameters_.add(name + ".weight", initial({outputs, inputs, kernel, kernel}, fanIn), owner);
  const auto bias = parameters_.add(name + ".bias", initial({outputs}, fanIn), owner);
  return std::make_unique<Convolution>(weight, bias, padding);
}

std::unique_ptr<Layer> LayerFactory::activation(const std::string& kind) {
  if (kind == "gelu") return std::make_unique<Function>(gelu);
  if (kind == "tanh") return std::make_unique<Function>(tanh);
  return std::make_unique<Function>(relu);
}

std::unique_ptr<Layer> LayerFactory::maxPool(std::int64_t size) {
  return std::make_unique<MaxPool>(size);
}

std::unique_ptr<Layer> LayerFactory::flatten() {
  return std::make_unique<Function>(flat);
}

std::unique_ptr<Layer> LayerFactory::dropout(double probability,
                                             std::shared_ptr<at::Generator> generator) {
  return std::make_unique<Dropout>(probability, std::move(generator));
}

}  // namespace eq::model

#include "core/model/layers.h"

#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tanh_backward.h>
#include <ATen/ops/threshold_backward.h>

#include "core/model/convolution_stage.h"
#include "core/model/initial_values.h"

namespace eq::model {
namespace {

/// The same with the first two dimensions, tasks and rows, as one.
at::Tensor together(const at::Tensor& stacked) {
  return stacked.flatten(0, 1);
}

class Linear : public Layer {
 public:
  Linear(size_t weight, size_t bias) : weight_(weight), bias_(bias) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override {
    if (trace) trace->kept = {input.detach()};
    const auto& weight = parameters.tensor(weight_);
    if (pass.multiplyAdds) *pass.multiplyAdds += input.numel() * weight.size(0);
    return at::linear(input, weight, parameters.tensor(bias_));
  }

  /// Each token of an example is a row of its own.
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override {
    const auto& input = trace.kept[0];
    const auto rows = outputs.flatten(1, -2);
    descent.sink.linear(weight_, bias_, input.flatten(0, -2), rows);
    if (!further) return {};
    const auto weight = descent.parameters.tensor(weight_).detach();
    auto shape = input.sizes().vec();
    shape.insert(shape.begin(), outputs.size(0));
    return together(rows).mm(weight).view(shape);
  }

  std::vector<size_t> parameters() const override { return {weight_, bias_}; }

 private:
  size_t weight_, bias_;
};

/// A function of each number, known by its product with a gradient.
class Activation : public Layer {
 public:
  struct Function {
    at::Tensor (*value)(const at::Tensor& input);
    /// \param seen the input, or the output where `ofOutput`.
    at::Tensor (*product)(const at::Tensor& outputs, const at::Tensor& seen);
    bool ofOutput;
  };
  explicit Activation(Function function) : function_(function) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer&, const Pass&,
                     Trace* trace) const override {
    auto output = function_.value(input);
    if (trace) trace->kept = {(function_.ofOutput ? output : input).detach()};
    return output;
  }

  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent&,
                  bool further) const override {
    return further ? function_.product(outputs, trace.kept[0]) : at::Tensor();
  }

 private:
  Function function_;
};

constexpr Activation::Function kRelu{[](const at::Tensor& input) { return at::relu(input); },
                                     [](const at::Tensor& outputs, const at::Tensor& seen) {
                                       return at::threshold_backward(outputs, seen, 0);
                                     },
                                     true};
constexpr Activation::Function kTanh{[](const at::Tensor& input) { return at::tanh(input); },
                                     [](const at::Tensor& outputs, const at::Tensor& seen) {
                                       return at::tanh_backward(outputs, seen);
                                     },
                                     true};
constexpr Activation::Function kGelu{[](const at::Tensor& input) { return at::gelu(input); },
                                     [](const at::Tensor& outputs, const at::Tensor& seen) {
                                       // The slope once for all tasks; the product of some
                                       // libraries takes equal shapes alone.
                                       return outputs *
                                              at::gelu_backward(at::ones_like(seen), seen);
                                     },
                                     false};

class Flatten : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const ParameterBuffer&, const Pass&,
                     Trace* trace) const override {
    if (trace) trace->kept = {input.detach()};
    return input.flatten(1);
  }

  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent&,
                  bool further) const override {
    if (!further) return {};
    auto shape = trace.kept[0].sizes().vec();
    shape.insert(shape.begin(), outputs.size(0));
    return outputs.view(shape);
  }
};

class Dropout : public Layer {
 public:
  Dropout(double probability, std::shared_ptr<at::Generator> generator)
      : probability_(probability), generator_(std::move(generator)) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer&, const Pass& pass,
                     Trace* trace) const override {
    if (!pass.training) return input;
    const auto mask = at::empty_like(input).bernoulli_(1 - probability_, *generator_);
    if (trace) trace->kept = {mask.detach()};
    return input * mask / (1 - probability_);
  }

  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent&,
                  bool further) const override {
    if (!further || trace.kept.empty()) return outputs;
    return (outputs * trace.kept[0]).div_(1 - probability_);
  }

 private:
  double probability_;
  std::shared_ptr<at::Generator> generator_;
};

}  // namespace

LayerFactory::LayerFactory(ParameterBuffer& parameters, std::uint64_t seed)
    : parameters_(parameters), generator_(at::make_generator<at::CPUGeneratorImpl>(seed)) {}

size_t LayerFactory::drawn(const std::string& name, std::vector<std::int64_t> shape,
                           std::int64_t fanIn, const Block& block) {
  std::int64_t others = 0;
  for (const auto& info : parameters_.infos()) others += info.count;
  requireRoom(name, shape, others);
  const double bound = 1 / std::sqrt(static_cast<double>(fanIn));
  auto initial =
      at::empty(shape, at::TensorOptions().dtype(at::kFloat)).uniform_(-bound, bound, generator_);
  return parameters_.add(name, initial, block);
}

std::unique_ptr<Layer> LayerFactory::linear(const std::string& name, std::int64_t inputs,
                                            std::int64_t outputs, const Block& block) {
  const auto weight = drawn(name + ".weight", {outputs, inputs}, inputs, block);
  const auto bias = drawn(name + ".bias", {outputs}, inputs, block);
  return std::make_unique<Linear>(weight, bias);
}

std::unique_ptr<Layer> LayerFactory::convolutionStage(const std::string& name, std::int64_t inputs,
                                                      std::int64_t outputs, std::int64_t kernel,
                                                      std::int64_t padding, std::int64_t pool,
                                                      const Block& block) {
  const auto fanIn = inputs * kernel * kernel;
  const auto weight = drawn(name + ".weight", {outputs, inputs, kernel, kernel}, fanIn, block);
  const auto bias = drawn(name + ".bias", {outputs}, fanIn, block);
  return std::make_unique<ConvolutionStage>(weight, bias, padding, pool);
}

std::unique_ptr<Layer> LayerFactory::activation(const std::string& kind) {
  if (kind == "gelu") return std::make_unique<Activation>(kGelu);
  if (kind == "tanh") return std::make_unique<Activation>(kTanh);
  return std::make_unique<Activation>(kRelu);
}

std::unique_ptr<Layer> LayerFactory::flatten() {
  return std::make_unique<Flatten>();
}

std::unique_ptr<Layer> LayerFactory::dropout(double probability,
                                             std::shared_ptr<at::Generator> generator) {
  return std::make_unique<Dropout>(probability, std::move(generator));
}

}  // namespace eq::model

#include "core/train/front/hyper_network.h"

#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

namespace eq::train {

HyperNetwork::HyperNetwork(const model::Model& target, const Size& size, std::uint64_t seed,
                           at::ScalarType type) {
  model::LayerFactory factory(parameters_, seed);
  for (std::int64_t i = 0; i < size.layers; ++i)
    layers_.push_back(factory.linear(fmt::format("hyper.{}", i), i == 0 ? size.tasks : size.hidden,
                                     size.hidden, {.name = "hyper"}));
  const auto& infos = target.parameters().infos();
  for (size_t i = 0; i < infos.size(); ++i) {
    auto block = infos[i].block;
    if (!block.trainable) continue;
    block.name = "hyper." + block.name;
    maps_.push_back({i, infos[i].shape,
                     factory.linear("hyper." + infos[i].name, size.hidden, infos[i].count, block)});
  }
  parameters_.allocate(type);
  const at::NoGradGuard noGradients;
  for (const auto& map : maps_) {
    const auto bias = map.layer->parameters()[1];
    parameters_.tensor(bias).copy_(target.parameters().tensor(map.target).reshape({-1}));
  }
}

at::Tensor HyperNetwork::hidden(const metric::Point& preference) const {
  auto x = at::tensor(preference, at::kDouble)
               .to(parameters_.values().options().requires_grad(false))
               .unsqueeze(0);
  for (size_t i = 0; i < layers_.size(); ++i) {
    x = layers_[i]->forward(x, parameters_, {}, nullptr);
    if (i + 1 < layers_.size()) x = at::relu(x);
  }
  return x;
}

at::Tensor HyperNetwork::made(const Map& map, const at::Tensor& hidden) const {
  return map.layer->forward(hidden, parameters_, {}, nullptr).view(map.shape);
}

void HyperNetwork::generateInto(model::Model& target, const metric::Point& preference) const {
  const at::NoGradGuard noGradients;
  const auto read = hidden(preference);
  for (const auto& map : maps_) target.parameters().tensor(map.target).copy_(made(map, read));
}

gradient::Gradients HyperNetwork::pulled(const gradient::Gradients& gradients,
                                         const metric::Point& preference) const {
  const at::AutoGradMode graph(true);
  const auto read = hidden(preference);
  torch::autograd::variable_list outputs, slopes, inputs;
  for (const auto& map : maps_) {
    const auto& slope = gradients[map.target];
    if (!slope.defined()) continue;
    outputs.push_back(made(map, read));
    slopes.push_back(slope.reshape(map.shape));
  }
  gradient::Gradients found(parameters_.infos().size());
  if (outputs.empty()) return found;
  for (size_t i = 0; i < found.size(); ++i) inputs.push_back(parameters_.tensor(i));
  return torch::autograd::grad(outputs, inputs, slopes, /*retain_graph=*/false,
                               /*create_graph=*/false, /*allow_unused=*/true);
}

}  // namespace eq::train

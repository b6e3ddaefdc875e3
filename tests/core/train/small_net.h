#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/train/snapshot.h"

/// The network of `schemeExperiment` once more, in float64 and by autograd alone: what schemes make
/// of it is computed anew, step by step.
namespace eq::test {

/// By name, without "model.".
using Values = std::map<std::string, at::Tensor>;

inline Values valuesOf(const train::Snapshot& snapshot) {
  Values values;
  for (const auto& [name, tensor] : snapshot.tensors)
    if (name.starts_with("model."))
      values[name.substr(6)] = tensor.to(at::kDouble).detach().clone().requires_grad_();
  return values;
}

inline at::Tensor valueAt(const Values& values, const std::string& prefix, const std::string& end) {
  for (const auto& [name, tensor] : values)
    if (name.starts_with(prefix) && name.ends_with(end)) return tensor;
  return {};
}

/// What the head of a task puts out, [N, width].
inline at::Tensor outputOf(const Values& values, const std::string& task,
                           const at::Tensor& inputs) {
  const auto layer = [&](const std::string& prefix, const at::Tensor& x) {
    return at::addmm(valueAt(values, prefix, "bias"), x, valueAt(values, prefix, "weight").t());
  };
  return layer("head." + task + ".", at::relu(layer("trunk.0.", inputs.to(at::kDouble))));
}

using LossOfValues = std::function<at::Tensor(const Values&)>;

/// ∇L, by name; 0 where nothing flows. \param graph whether it can be differentiated again.
inline Values gradientOf(const LossOfValues& loss, const Values& values, bool graph = false) {
  torch::autograd::variable_list inputs;
  for (const auto& entry : values) inputs.push_back(entry.second);
  const auto found =
      torch::autograd::grad({loss(values)}, inputs, {}, graph, graph, /*allow_unused=*/true);
  Values gradients;
  size_t i = 0;
  for (const auto& [name, value] : values) {
    gradients[name] = found[i].defined() ? found[i] : at::zeros_like(value);
    ++i;
  }
  return gradients;
}

/// a + factor b, without a graph.
inline Values plus(const Values& a, const Values& b, double factor) {
  Values sum;
  for (const auto& [name, value] : a)
    sum[name] = (value + b.at(name) * factor).detach().clone().requires_grad_();
  return sum;
}

/// The parts whose names begin so, in one row.
inline at::Tensor row(const Values& values, const std::string& prefix) {
  std::vector<at::Tensor> parts;
  for (const auto& [name, value] : values)
    if (name.starts_with(prefix)) parts.push_back(value.detach().reshape({-1}));
  return at::cat(parts);
}

/// Those parts times a factor, the others 0.
inline Values only(const Values& values, const std::string& prefix, double factor = 1) {
  Values found;
  for (const auto& [name, value] : values)
    found[name] = value.detach() * (name.starts_with(prefix) ? factor : 0);
  return found;
}

/// The largest difference, relative to the largest value.
inline double distance(const Values& a, const Values& b) {
  double most = 0, scale = 1e-12;
  for (const auto& [name, value] : a) {
    most = std::max(most, (value - b.at(name)).abs().max().item<double>());
    scale = std::max(scale, value.abs().max().item<double>());
  }
  return most / scale;
}

}  // namespace eq::test

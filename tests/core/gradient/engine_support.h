#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>
#include <nlohmann/json.hpp>

#include "core/gradient/engine.h"
#include "core/model/catalog.h"
#include "core/model/model.h"

/// What tests of gradients measure with: models, losses, and J by autograd a task at a time.
namespace eq::gradient::test {

using eq::model::kTrunk;
using eq::model::Model;
using nlohmann::json;

inline at::Tensor random(std::vector<std::int64_t> shape, std::uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::randn(shape, generator, at::TensorOptions().dtype(at::kDouble));
}

inline std::vector<eq::TaskInfo> tasksOf(size_t count) {
  const eq::TaskInfo kinds[] = {{"numbers", eq::TaskKind::regression, 2, {}, {}, {}},
                                {"classes", eq::TaskKind::classification, 3, {}, {}, {}},
                                {"yes", eq::TaskKind::binary, 1, {}, {}, {}}};
  std::vector<eq::TaskInfo> tasks;
  for (size_t k = 0; k < count; ++k) {
    tasks.push_back(kinds[k % 3]);
    tasks.back().name += std::to_string(k);
  }
  return tasks;
}

inline std::unique_ptr<Model> make(const char* id, const json& params,
                                   std::vector<std::int64_t> shape, size_t tasks,
                                   at::ScalarType type = at::kDouble) {
  eq::model::Setting setting;
  setting.inputShape = std::move(shape);
  setting.tasks = tasksOf(tasks);
  for (std::int64_t j = 0; j < setting.inputShape[0]; ++j)
    setting.inputNames.push_back("x" + std::to_string(j));
  setting.seed = 5;
  setting.type = type;
  auto inputs = setting.inputShape;
  inputs.insert(inputs.begin(), 16);
  setting.trainingInputs = random(inputs, 9);
  return eq::model::catalog().create(id, params, "model", setting);
}

/// Losses that differ by task and are of very different sizes; of a head that reads several places
/// their mean.
inline at::Tensor lossOf(size_t task, const eq::model::HeadOutput& output) {
  const auto& prediction = output.prediction;
  const auto shift = static_cast<double>(task) + 0.5;
  auto sum = (prediction - shift).square().mean() * std::pow(10.0, static_cast<double>(task) - 1) +
             prediction.sin().mean();
  for (const auto& one : output.earlier) sum = sum + lossOf(task, one);
  return sum / static_cast<double>(output.earlier.size() + 1);
}

/// Losses without a cancellation that single precision would feel.
inline at::Tensor smoothLossOf(size_t task, const eq::model::HeadOutput& output) {
  const auto shift = 2 + static_cast<double>(task);
  return (output.prediction - shift).square().mean() + output.prediction.mean() * (task % 3);
}

inline std::vector<at::Tensor> parametersOf(const Model& model, std::int64_t owner) {
  std::vector<at::Tensor> tensors;
  for (const auto index : model.parameters().indices(owner))
    tensors.push_back(model.parameters().tensor(index));
  return tensors;
}

/// What `backward()` leaves in the tensors, one flat row; cleared afterwards.
inline at::Tensor takeGradients(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> parts;
  for (auto tensor : tensors) {
    auto& gradient = tensor.mutable_grad();
    parts.push_back(gradient.defined() ? gradient.reshape({-1}) : at::zeros_like(tensor).flatten());
    gradient.reset();
  }
  return at::cat(parts);
}

inline std::vector<at::Tensor> columnsOf(const Model& model) {
  std::vector<at::Tensor> tensors;
  for (const auto index : model.parameters().columnIndices())
    tensors.push_back(model.parameters().tensor(index));
  return tensors;
}

inline eq::model::HeadOutput headOf(const Model& model, size_t task,
                                    const std::vector<at::Tensor>& representations) {
  return model.head(task, model.readBy(task, representations), {true, nullptr});
}

/// J row by row, each from a forward pass of its own.
inline at::Tensor bruteJacobian(Model& model, const at::Tensor& inputs,
                                const std::vector<char>& active) {
  const auto state = model.randomState();
  std::vector<at::Tensor> rows;
  for (size_t k = 0; k < active.size(); ++k) {
    model.restoreRandomState(state);
    if (active[k]) lossOf(k, headOf(model, k, model.represent(inputs, {true, nullptr}))).backward();
    rows.push_back(takeGradients(columnsOf(model)));
    takeGradients(parametersOf(model, static_cast<std::int64_t>(k)));
  }
  model.restoreRandomState(state);
  return at::stack(rows);
}

inline double relativeError(const at::Tensor& found, const at::Tensor& expected) {
  const auto scale = expected.abs().max().item<double>();
  return (found - expected).abs().max().item<double>() / (scale > 0 ? scale : 1);
}

/// Error of each entry by √(G_ii G_jj), so that tasks of small gradients count as much.
inline double gramianError(const at::Tensor& found, const at::Tensor& expected) {
  const auto norms = expected.diagonal().sqrt();
  const auto scale = norms.unsqueeze(1) * norms.unsqueeze(0);
  return ((found - expected) / scale.masked_fill(scale == 0, 1)).abs().max().item<double>();
}

/// An option of the engine, and how it then holds many tasks.
struct Option {
  EngineOptions options;
  Way way;
};
/// All forms, and a limit of memory that forces each task apart.
inline std::vector<Option> everyOption() {
  std::vector<Option> options;
  for (const bool kernels : {true, false})
    for (const auto form : {Form::cheaper, Form::ghost, Form::formed})
      options.push_back({{4096, form, kernels}, Way::stacked});
  options.push_back({{1e-9, Form::cheaper, true}, Way::pairs});
  return options;
}

}  // namespace eq::gradient::test

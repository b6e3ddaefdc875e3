#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/stack.h>
#include <nlohmann/json.hpp>

#include <QString>

#include "core/base/error.h"
#include "core/model/catalog.h"
#include "core/model/model.h"
#include "core/model/observations.h"

/// What tests compute models by hand with: tasks a, b, c ... of one number each.
namespace eq::model::test {

using nlohmann::json;
using Shape = std::vector<std::int64_t>;
using Values = std::map<std::string, at::Tensor>;

inline at::Tensor normal(const Shape& shape, std::uint64_t seed = 7) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed),
                   at::TensorOptions().dtype(at::kFloat));
}

/// Columns are called "x0", "x1" ...; there are 40 training inputs.
inline Setting settingOf(size_t tasks = 3, const Shape& shape = {4},
                         const json& structure = json::object()) {
  Setting setting;
  setting.inputShape = shape;
  for (size_t k = 0; k < tasks; ++k)
    setting.tasks.push_back(
        {std::string(1, static_cast<char>('a' + k)), TaskKind::regression, 1, {}, {}, {}});
  if (shape.size() == 1)
    for (std::int64_t j = 0; j < shape[0]; ++j)
      setting.inputNames.push_back("x" + std::to_string(j));
  auto batch = shape;
  batch.insert(batch.begin(), 40);
  setting.trainingInputs = normal(batch, 17);
  setting.seed = 3;
  setting.structure = structure;
  return setting;
}

inline std::unique_ptr<Model> modelFor(const char* id, const json& params,
                                       const Setting& setting = settingOf()) {
  return catalog().create(id, params, "model", setting);
}

inline QString refusalTo(const char* id, const json& params, const Setting& setting = settingOf()) {
  try {
    modelFor(id, params, setting);
  } catch (const Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

/// By name, sharing memory with the model.
inline Values parametersIn(const Model& model) {
  Values values;
  for (size_t i = 0; i < model.parameters().infos().size(); ++i)
    values[model.parameters().infos()[i].name] = model.parameters().tensor(i);
  return values;
}

/// The same without their graph.
inline Values valuesIn(const Model& model) {
  auto values = parametersIn(model);
  for (auto& [name, tensor] : values) tensor = tensor.detach();
  return values;
}

/// Whatever they began with, so that nothing is hidden behind zeros.
inline void drawAll(const Model& model, std::uint64_t seed = 11) {
  const at::NoGradGuard noGradients;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  model.parameters().values().uniform_(-0.8, 0.8, generator);
}

/// Where all is zero at first, random numbers of this size.
inline void wakeZeros(const Model& model, double size = 0.4) {
  const at::NoGradGuard noGradients;
  for (size_t i = 0; i < model.parameters().infos().size(); ++i) {
    const auto& values = model.parameters().tensor(i);
    if (values.abs().max().item<double>() == 0)
      values.copy_(normal(values.sizes().vec(), 11 + i) * size);
  }
}

/// A full layer of this name.
inline at::Tensor layerOf(const Values& values, const std::string& name, const at::Tensor& h) {
  return at::linear(h, values.at(name + ".weight"), values.at(name + ".bias"));
}

inline at::Tensor predictionOf(const Model& model, size_t task, const at::Tensor& inputs,
                               const Pass& pass = {}) {
  return model.head(task, model.readBy(task, model.represent(inputs, pass)), pass).prediction;
}

/// What a pass over all tasks records, "gate.a" or "gate.a.1".
inline Values observedIn(const Model& model, const at::Tensor& inputs) {
  Observations seen;
  Pass pass;
  pass.seen = &seen;
  const auto found = model.represent(inputs, pass);
  for (size_t k = 0; k < model.taskCount(); ++k) model.head(k, model.readBy(k, found), pass);
  Values values;
  for (const auto& one : seen.all()) {
    auto name = one.name;
    if (one.task >= 0) name += "." + model.taskNames()[static_cast<size_t>(one.task)];
    if (!one.place.empty()) name += "." + one.place;
    values[name] = one.values;
  }
  return values;
}

inline double largest(const at::Tensor& difference) {
  return difference.abs().max().item<double>();
}

/// To what single precision makes of sums.
inline bool isNear(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes().equals(b.sizes()) && largest(a - b) < 2e-6 * (1 + largest(b));
}

}  // namespace eq::model::test

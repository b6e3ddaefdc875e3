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
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <nlohmann/json.hpp>

#include <QString>

#include "core/base/error.h"
#include "core/model/catalog.h"
#include "core/model/model.h"
#include "core/model/observations.h"

/// What tests compute models by hand with.
namespace eq::model::test {

using nlohmann::json;
using Shape = std::vector<std::int64_t>;
using Values = std::map<std::string, at::Tensor>;

/// For up to three numbers, "a", "b" and "c"; columns are called "x0", "x1" ...
inline std::unique_ptr<Model> modelFor(const char* id, const json& params, size_t tasks = 3,
                                       Shape shape = {4}) {
  Setting setting;
  setting.inputShape = std::move(shape);
  const char* names[] = {"a", "b", "c"};
  for (size_t k = 0; k < tasks; ++k)
    setting.tasks.push_back({names[k], TaskKind::regression, 1, {}, {}, {}});
  if (setting.inputShape.size() == 1)
    for (std::int64_t j = 0; j < setting.inputShape[0]; ++j)
      setting.inputNames.push_back("x" + std::to_string(j));
  setting.seed = 3;
  return catalog().create(id, params, "model", setting);
}

inline Values valuesIn(const Model& model) {
  Values values;
  for (size_t i = 0; i < model.parameters().infos().size(); ++i)
    values[model.parameters().infos()[i].name] = model.parameters().tensor(i).detach();
  return values;
}

/// Whatever they began with, so that nothing is hidden behind zeros.
inline void drawAll(const Model& model, std::uint64_t seed = 11) {
  const at::NoGradGuard noGradients;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  model.parameters().values().uniform_(-0.8, 0.8, generator);
}

inline at::Tensor layerOf(const Values& values, const std::string& name, const at::Tensor& h) {
  return at::linear(h, values.at(name + ".weight"), values.at(name + ".bias"));
}

inline at::Tensor predictionOfTask(const Model& model, size_t task, const at::Tensor& x,
                                   const Pass& pass = {}) {
  return model.head(task, model.readBy(task, model.represent(x, pass)), pass).prediction.detach();
}

inline at::Tensor batchOf(Shape shape) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(7), {});
}
inline at::Tensor batchOf(std::int64_t examples) {
  return batchOf(Shape{examples, 4});
}

/// To what single precision makes of sums.
inline bool isNear(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes().equals(b.sizes()) &&
         (a - b).abs().max().item<double>() < 2e-6 * (1 + b.abs().max().item<double>());
}

/// What a pass over all tasks records, "gate.a" or "gate.a.1".
inline Values observedIn(const Model& model, const at::Tensor& x) {
  Observations seen;
  Pass pass;
  pass.seen = &seen;
  const auto found = model.represent(x, pass);
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

inline QString refusalTo(const char* id, const json& params, size_t tasks = 3, Shape shape = {4}) {
  try {
    modelFor(id, params, tasks, std::move(shape));
  } catch (const Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

}  // namespace eq::model::test

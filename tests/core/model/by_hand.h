#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <QString>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/model/catalog.h"
#include "core/model/model.h"

/// What tests of architectures compute by hand with: tasks a, b, c of one number each.
namespace eq::model::by_hand {

using nlohmann::json;
using Values = std::map<std::string, at::Tensor>;

inline at::Tensor normalBatch(std::vector<std::int64_t> shape, std::uint64_t seed = 7) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed), {});
}

inline Setting settingOf(std::vector<std::int64_t> shape, size_t tasks = 3) {
  Setting setting;
  setting.inputShape = shape;
  for (size_t k = 0; k < tasks; ++k)
    setting.tasks.push_back(
        {std::string(1, static_cast<char>('a' + k)), eq::TaskKind::regression, 1, {}, {}, {}});
  setting.seed = 3;
  shape = setting.inputShape;
  shape.insert(shape.begin(), 40);
  setting.trainingInputs = normalBatch(shape, 17);
  return setting;
}

/// Of four numbers, or of inputs in this shape.
inline std::unique_ptr<Model> modelFor(const char* id, const json& params,
                                       const std::vector<std::int64_t>& shape = {4},
                                       size_t tasks = 3) {
  return catalog().create(id, params, "model", settingOf(shape, tasks));
}

/// Where all is zero at first, random numbers of this size.
inline void wakeZeros(const Model& model, double size = 0.4) {
  const at::NoGradGuard noGradients;
  for (size_t i = 0; i < model.parameters().infos().size(); ++i) {
    const auto& values = model.parameters().tensor(i);
    if (values.abs().max().item<double>() == 0)
      values.copy_(normalBatch(values.sizes().vec(), 11 + i) * size);
  }
}

inline Values valuesIn(const Model& model) {
  Values values;
  for (size_t i = 0; i < model.parameters().infos().size(); ++i)
    values[model.parameters().infos()[i].name] = model.parameters().tensor(i).detach();
  return values;
}

inline at::Tensor layerOf(const Values& values, const std::string& name, const at::Tensor& h) {
  return at::linear(h, values.at(name + ".weight"), values.at(name + ".bias"));
}

inline at::Tensor predictionOf(const Model& model, size_t task, const at::Tensor& x,
                               const Pass& pass = {}) {
  return model.head(task, model.readBy(task, model.represent(x, pass)), pass).prediction.detach();
}

inline bool isNear(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes().equals(b.sizes()) && (a - b).abs().max().item<double>() < 1e-6;
}

inline QString refusalTo(const char* id, const json& params,
                         const std::vector<std::int64_t>& shape = {4}) {
  try {
    modelFor(id, params, shape);
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

}  // namespace eq::model::by_hand

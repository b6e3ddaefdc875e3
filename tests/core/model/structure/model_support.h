#pragma once

#include <cmath>
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

/// Small models of regressions a, b and c, and their parameters by name.
namespace eq::model::test {

using nlohmann::json;

inline Setting settingOf(std::int64_t tasks = 3, const json& structure = json::object()) {
  Setting setting;
  setting.inputShape = {4};
  for (std::int64_t k = 0; k < tasks; ++k)
    setting.tasks.push_back(
        {std::string(1, static_cast<char>('a' + k)), TaskKind::regression, 1, {}, {}, {}});
  setting.seed = 3;
  setting.structure = structure;
  return setting;
}

inline std::unique_ptr<Model> modelOf(const char* id, const json& params,
                                      const Setting& setting = settingOf()) {
  return catalog().create(id, params, "model", setting);
}

inline QString refusalOf(const char* id, const json& params, const Setting& setting = settingOf()) {
  try {
    modelOf(id, params, setting);
  } catch (const Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

/// Sharing memory with the model.
inline std::map<std::string, at::Tensor> valuesOf(const Model& model) {
  std::map<std::string, at::Tensor> values;
  for (size_t i = 0; i < model.parameters().infos().size(); ++i)
    values[model.parameters().infos()[i].name] = model.parameters().tensor(i);
  return values;
}

inline at::Tensor normal(at::IntArrayRef shape, std::uint64_t seed) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed),
                   at::TensorOptions().dtype(at::kFloat));
}

inline at::Tensor predicted(const Model& model, size_t task, const at::Tensor& inputs,
                            const Pass& pass = {}) {
  return model.head(task, model.readBy(task, model.represent(inputs, pass)), pass).prediction;
}

/// A full layer of this name.
inline at::Tensor layer(const std::map<std::string, at::Tensor>& values, const std::string& name,
                        const at::Tensor& h) {
  return at::linear(h, values.at(name + ".weight"), values.at(name + ".bias"));
}

inline double largest(const at::Tensor& difference) {
  return difference.abs().max().item<double>();
}

}  // namespace eq::model::test

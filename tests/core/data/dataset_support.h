#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "core/data/catalog.h"
#include "core/data/problem.h"

inline eq::data::Problem loadData(const std::string& id, const nlohmann::json& parameters = {},
                                  std::uint64_t seed = 1,
                                  const std::filesystem::path& folder = {}) {
  const auto given = parameters.is_null() ? nlohmann::json::object() : parameters;
  return eq::data::catalog().create(id, given, "data", {folder})->load(seed);
}

inline bool sameBits(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() == b.defined() && (!a.defined() || a.equal(b));
}

inline bool sameBits(const eq::data::Split& a, const eq::data::Split& b) {
  bool same = sameBits(a.inputs, b.inputs) && a.targets.size() == b.targets.size();
  for (size_t i = 0; same && i < a.targets.size(); ++i)
    same = sameBits(a.targets[i], b.targets[i]) && sameBits(a.masks[i], b.masks[i]);
  return same;
}

inline bool sameBits(const eq::data::Problem& a, const eq::data::Problem& b) {
  return sameBits(a.train, b.train) && sameBits(a.validation, b.validation) &&
         sameBits(a.test, b.test);
}

inline std::vector<double> numbersOf(const at::Tensor& tensor) {
  const auto flat = tensor.to(at::kDouble).contiguous().reshape({-1});
  const double* values = flat.const_data_ptr<double>();
  return {values, values + flat.numel()};
}

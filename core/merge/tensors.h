#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <Eigen/Core>
#include <nlohmann/json.hpp>

namespace eq::merge {

/// One tensor of a model, row-major.
struct Tensor {
  std::vector<std::int64_t> shape;
  bool isInteger = false;
  Eigen::VectorXd numbers;             ///< of a float tensor
  std::vector<std::int64_t> integers;  ///< of an integer tensor
};

/// Tensors by name, bytewise ascending.
using Model = std::map<std::string, Tensor>;

std::int64_t countOf(const std::vector<std::int64_t>& shape);
std::string shapeText(const std::vector<std::int64_t>& shape);

/// {"shape": [..], "data": [row-major], "dtype": "float64" | "int64"}.
/// \throws Error `experts[1].trunk.0.bias: 3 numbers in "data", where the shape [2] has 2`.
Tensor readTensor(const nlohmann::json& value, const std::string& place);

/// {NAME: tensor}. \throws Error that names the tensor.
Model readModel(const nlohmann::json& value, const std::string& place);

nlohmann::json toJson(const Tensor& tensor);

}  // namespace eq::merge

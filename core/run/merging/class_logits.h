#pragma once

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

namespace eq::run {

/// Predictions of classes as calculations read them: logits [N, C]; of a binary task [N, 2].
at::Tensor classLogits(const at::Tensor& predictions);
/// Rows of numbers.
nlohmann::json matrixAsJson(const at::Tensor& matrix);
/// In float64, on the CPU.
at::Tensor matrixFrom(const nlohmann::json& rows);

}  // namespace eq::run

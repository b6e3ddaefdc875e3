#include "core/run/merging/class_logits.h"

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

namespace eq::run {

at::Tensor classLogits(const at::Tensor& predictions) {
  return predictions.dim() == 1 ? at::stack({at::zeros_like(predictions), predictions}, 1)
                                : predictions;
}

nlohmann::json matrixAsJson(const at::Tensor& matrix) {
  auto rows = nlohmann::json::array();
  const auto numbers = matrix.to(at::kCPU, at::kDouble).contiguous();
  const auto* first = numbers.const_data_ptr<double>();
  const auto width = numbers.size(1);
  for (std::int64_t n = 0; n < numbers.size(0); ++n)
    rows.push_back(std::vector<double>(first + n * width, first + (n + 1) * width));
  return rows;
}

at::Tensor matrixFrom(const nlohmann::json& rows) {
  std::vector<at::Tensor> all;
  for (const auto& row : rows)
    all.push_back(at::tensor(row.get<std::vector<double>>(), at::kDouble));
  return at::stack(all);
}

}  // namespace eq::run

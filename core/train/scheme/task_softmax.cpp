#include "core/train/scheme/task_softmax.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include "core/train/passes.h"
#include "core/train/run_parts.h"
#include "core/train/task_rows.h"

namespace eq::train {

Eigen::VectorXd softmaxOf(const Eigen::VectorXd& logits, const std::vector<char>& active) {
  Eigen::VectorXd w = Eigen::VectorXd::Zero(logits.size());
  for (Eigen::Index k = 0; k < w.size(); ++k)
    if (active[static_cast<size_t>(k)]) w[k] = std::exp(logits[k] - logits.maxCoeff());
  return w.sum() > 0 ? Eigen::VectorXd(w / w.sum()) : w;
}

Eigen::MatrixXd jacobianOfSoftmax(const Eigen::VectorXd& weights) {
  return Eigen::MatrixXd(weights.asDiagonal()) - weights * weights.transpose();
}

at::Tensor rowsOfTasks(const RunParts& parts, const BatchPass& batch,
                       const std::vector<char>& active) {
  std::vector<at::Tensor> rows;
  for (size_t k = 0; k < active.size(); ++k)
    rows.push_back(active[k] ? flat(*parts.model, gradientsOfTask(parts, batch, k))
                             : at::zeros_like(parts.model->parameters().values()));
  return at::stack(rows);
}

at::Tensor rowOf(const Eigen::VectorXd& weights, const at::Tensor& rows) {
  return at::tensor(at::ArrayRef<double>(weights.data(), static_cast<size_t>(weights.size())),
                    at::kDouble)
      .to(rows.options())
      .unsqueeze(0);
}

}  // namespace eq::train

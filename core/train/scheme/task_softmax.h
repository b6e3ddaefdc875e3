#pragma once

#include <vector>

#include <ATen/core/Tensor.h>
#include <Eigen/Core>

namespace eq::train {

struct BatchPass;
struct RunParts;

/// Softmax over the tasks that take part, 0 for the others.
Eigen::VectorXd softmaxOf(const Eigen::VectorXd& logits, const std::vector<char>& active);
/// ∂w/∂a at w = softmax(a), symmetric.
Eigen::MatrixXd jacobianOfSoftmax(const Eigen::VectorXd& weights);

/// [K, parameters] each task's gradient in all parameters, 0 for those that take no part.
at::Tensor rowsOfTasks(const RunParts& parts, const BatchPass& batch,
                       const std::vector<char>& active);
/// [1, K] in the type of the rows.
at::Tensor rowOf(const Eigen::VectorXd& weights, const at::Tensor& rows);

}  // namespace eq::train

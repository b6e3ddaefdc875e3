#pragma once

#include <ATen/core/Tensor.h>

#include "core/balance/two_slots.h"
#include "core/gradient/engine.h"
#include "core/model/model.h"

namespace eq::train {

struct BatchPass;
struct RunParts;
struct TrunkPart;

/// The tasks' gradients, apart from each other.
struct TaskRows {
  at::Tensor shared;             ///< [K, P] J; 0 for tasks that take no part
  gradient::Gradients own = {};  ///< by parameter: those of what one task owns; empty: the pass of
                                 ///< the batch has them, and makes the update
};

/// Of a pass whose purpose is `exact`, which ends.
TaskRows takeRows(const RunParts& parts, BatchPass& pass);

/// J Jᵀ in double on the device, and of some parts.
at::Tensor gramianOf(const at::Tensor& rows);
std::vector<at::Tensor> gramiansOfParts(const model::Model& network,
                                        const std::vector<TrunkPart>& parts,
                                        const at::Tensor& rows);
/// On the host, of each part that the gradient method works on; of the whole where there are none.
std::vector<Eigen::MatrixXd> gramiansOf(const RunParts& parts, const at::Tensor& rows);

/// [K] ‖g_k‖² in the last layer that all tasks share, in double. \pre there is one.
at::Tensor lastSquaresOf(const RunParts& parts, const at::Tensor& rows);

/// The columns of J: the first so many elements of the model's buffer.
std::int64_t sharedColumns(const RunParts& parts);

/// All of them in one row of the model's buffer; 0 where nothing flows.
at::Tensor flat(const model::Model& network, const gradient::Gradients& gradients);

/// d = Jᵀ w, part by part where the weights are, [P].
at::Tensor combined(const RunParts& parts, const at::Tensor& rows, const balance::Weights& weights);

/// The update: the direction of the shared parameters, and each task's own gradients times its
/// factor.
gradient::Gradients updateOf(const RunParts& parts, const TaskRows& rows,
                             const at::Tensor& direction, const Eigen::VectorXd& heads);

}  // namespace eq::train

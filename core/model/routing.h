#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "core/base/parameter.h"
#include "core/model/layer.h"

namespace eq::model {

// What models share that send examples to few of several experts.

/// 1 where an entry is among the `count` largest of its row, else 0; of equal ones the first are.
/// \param logits [N, E].
at::Tensor largestOf(const at::Tensor& logits, std::int64_t count);

/// Softmax over the `count` largest logits of a row, 0 elsewhere. Of a single one it is the
/// softmax over all, or its logit would have no gradient.
at::Tensor sparseGate(const at::Tensor& logits, std::int64_t count);

/// Adds λ E Σ_e F_e P_e to the penalty `balance`: F the share of examples that are sent to an
/// expert, P its mean probability (Fedus et al., Switch Transformers, 2022). \param logits [N, E]
/// of the examples themselves, without second views.
void penaliseImbalance(const Pass& pass, double factor, const at::Tensor& logits,
                       std::int64_t count);

/// Records a gate as `gate.STAGE` or `gate.TASK.STAGE`, and its part in `utilisation`.
/// \param task -1: of all tasks. \param stage from 1. \param gate [N, E].
void observeExperts(const Pass& pass, std::int64_t task, std::int64_t stage,
                    const at::Tensor& gate);

/// Of such models; the first is checked by `topKFrom`.
ParameterSpec topKSpec();
ParameterSpec balanceSpec();
/// \throws Error where it is above the number of experts.
std::int64_t topKFrom(const Parameters& parameters);

}  // namespace eq::model

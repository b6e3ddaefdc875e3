#pragma once

#include <ATen/core/Tensor.h>

#include "core/train/scheme_tables.h"

namespace eq::train {

/// How many finer classes each class has.
inline constexpr std::int64_t kFinerClasses = 5;

/// Softmax over the finer classes of each example's own class, those of the others nearly 0.
/// \param logits [N, classes times kFinerClasses]. \param classes int64 [N], those below 0 as 0.
at::Tensor finerLabels(const at::Tensor& logits, const at::Tensor& classes);
/// Mean over the valid examples of −Σ t (1 − p)² log p. \param valid [N] 0 or 1.
at::Tensor finerLoss(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid);
/// Σ_c ȳ_c log ȳ_c, ȳ the mean of the labels of the valid examples.
at::Tensor negativeEntropy(const at::Tensor& labels, const at::Tensor& valid);

SchemeRow maxlRow();

}  // namespace eq::train

#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

// Losses that draw a student's logits [N, C] to those of a teacher, which are constants to them.

/// ce_weight · CE + kd_weight · T² KL(softmax(t/T) ‖ softmax(s/T)). An ignored sample leaves both
/// terms. Hinton et al. 2015.
CatalogRow<Loss> distillationRow();
/// T² (α TCKD + β NCKD) + ce_weight · CE: the divergence of (target class, rest) and the divergence
/// among the other classes, with two weights. Zhao et al. 2022.
CatalogRow<Loss> decoupledDistillationRow();

/// The field `teacher` as constants of the prediction's type.
at::Tensor teacherOf(const Batch& batch);
/// It must be there, of the prediction's shape and finite.
void checkTeacher(const std::string& loss, const Batch& batch);
/// KL(Bernoulli σ(teacher) ‖ Bernoulli σ(student)) of each element, from logits; exact in both
/// tails. The teacher is a constant.
at::Tensor bernoulliDivergence(const at::Tensor& teacher, const at::Tensor& student);

}  // namespace eq::loss

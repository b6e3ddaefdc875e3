#pragma once

#include <vector>

#include "core/merge/question.h"
#include "core/run/lab/lab_answers.h"

namespace eq::run {

/// Of all merged tensors, then a tensor each, in the flat order.
std::vector<LabGeometry> labGeometry(const merge::Question& question);

/// \param lambda of the masks, 0 or above. \throws Error for another one.
LabMasks labMasks(const merge::Question& question, double lambda);

}  // namespace eq::run

#pragma once

#include "core/data/problem.h"
#include "core/train/experiment.h"

namespace eq::train {

/// Looks at the further fields that a person named in `data.targets`; one that neither the loss of
/// its task nor a metric reads is remarked in the problem.
/// \throws Error `data.targets[0].fields.wieght: ...` for one that no loss and no metric knows.
void checkBroughtFields(const Experiment& experiment, data::Problem& problem);

}  // namespace eq::train

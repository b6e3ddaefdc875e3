#pragma once

#include "core/train/front_tables.h"

namespace eq::train {

/// One model with switchable widths of trunk and heads. A step: the whole model on the tasks'
/// losses, then as many narrower ones, the smallest always among them, on the losses at their
/// widths and `distil` times the mean square of (representation − the whole one's, held). The model
/// of a preference p has the heads of the widths nearest to p_k/max p, and the widest trunk within
/// a budget. Aich, Schulter, Roy-Chowdhury, Chandraker and Suh, Efficient Controllable Multi-Task
/// Architectures, ICCV 2023.
FrontRow controllableWidthRow();

}  // namespace eq::train

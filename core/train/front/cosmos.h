#pragma once

#include "core/train/front_tables.h"

namespace eq::train {

/// COSMOS: one network that reads the preference with its input, α appended to flat inputs, a
/// constant channel a task on images. A step draws α ~ Dirichlet(concentration) and lowers
/// Σ α_k L_k − λ cos(α, L), whose slopes in the losses are the weights. Ruchte and Grabocka,
/// Scalable Pareto Front Approximation for Deep Multi-Objective Learning, ICDM 2021.
FrontRow cosmosRow();

}  // namespace eq::train

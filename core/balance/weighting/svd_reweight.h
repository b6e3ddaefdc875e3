#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// How much of each task lies in the directions that the tasks share: w_k = ‖U_rᵀ θ_k‖ with the r
/// leading left singular vectors U_r of [θ_1 .. θ_K], θ_k being the gradients at the first step.
/// From their Gramian alone; afterwards nothing is read. A task that comes later is measured when
/// it comes. Default: r = 1. Wu, Zhang, Ré, ICLR 2020 (there θ_k = X_kᵀ y_k of linear tasks).
CatalogRow<Balancer, const Setting&> svdReweightRow();

}  // namespace eq::balance

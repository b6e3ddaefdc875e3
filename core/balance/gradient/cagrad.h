#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// The update that helps the worst task most among those within c ‖g₀‖ of the mean gradient g₀:
/// d = g₀ + c ‖g₀‖ Jᵀw / ‖Jᵀw‖ with w = argmin over the simplex of wᵀG1/K + c ‖g₀‖ ‖Jᵀw‖, solved
/// exactly. c = 0 is the mean; a large c leads to MGDA's direction. `rescale` divides by 1, 1 + c²
/// (as the released codes) or 1 + c. Where Jᵀw vanishes the worst task cannot gain: then d is the
/// mean's projection onto {d: Jd >= 0}, made longer up to the ball's side, or 0 where only d = 0
/// harms no task. Default c = 0.5. Liu et al., Conflict-Averse Gradient Descent, NeurIPS 2021.
CatalogRow<Balancer, const Setting&> cagradRow();

}  // namespace eq::balance

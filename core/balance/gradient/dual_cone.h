#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Projections onto the cone of the directions that harm no task, {d: J d >= 0}, by a quadratic
/// program: exact (ridge = 0, our choice), or with G/tr G + r I as the reference, for every G
/// (there only above a least tr G). Default: p = 1/K.

/// The sum of the projections of each p_k g_k: w = Σ_k argmin{vᵀGv: v >= p_k e_k}.
/// Quinton and Rey, Jacobian Descent for Multi-Objective Optimization, 2024.
CatalogRow<Balancer, const Setting&> upGradRow();

/// The projection of the mean Jᵀp: w = argmin{vᵀGv: v >= p}.
/// Lopez-Paz and Ranzato, Gradient Episodic Memory, NeurIPS 2017.
CatalogRow<Balancer, const Setting&> dualProjRow();

}  // namespace eq::balance

#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// The shortest vector in the convex hull of the gradients: w = argmin over the simplex of wᵀGw,
/// solved exactly. Rows may first be divided by gn_k = ‖g_k‖ (l2), L_k (loss) or L_k ‖g_k‖
/// (loss+); `apply_to` says whether w then weighs the raw or the divided rows. A task with gn_k = 0
/// gets weight 0; two equal rows get 1/2 each. Désidéri 2012; Sener and Koltun, NeurIPS 2018.
CatalogRow<Balancer, const Setting&> mgdaRow();

/// The same on the gradients in the trunk's output: an upper bound that costs one pass through the
/// trunk.
CatalogRow<Balancer, const Setting&> mgdaUbRow();

}  // namespace eq::balance

#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// The mixture of the auxiliary gradients that is nearest to the gradient of the primary task: w =
/// argmin ‖g_primary - Σ w_j g_j‖ over w >= 0 with Σ w = K - 1, solved exactly (the code: Langevin
/// steps on the models). The primary weighs 1; without it in a step the others do too. Shi et al.,
/// Auxiliary Task Reweighting for Minimum-data Learning, NeurIPS 2020.
CatalogRow<Balancer, const Setting&> armlRow();

}  // namespace eq::balance

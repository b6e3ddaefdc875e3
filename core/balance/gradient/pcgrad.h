#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Gradient surgery: every gradient gives up, one after the other, its components against the
/// others (g ← g - (g·g_j/‖g_j‖²) g_j where g·g_j < 0, always against the original g_j); the update
/// is the sum. The order of the j is random, or fixed. Yu et al., NeurIPS 2020.
CatalogRow<Balancer, const Setting&> pcgradRow();

}  // namespace eq::balance

#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// The update has the same projection on every task's unit gradient: w = G⁺δ / 1ᵀG⁺δ with
/// δ_k = ‖g_k‖. Weights may be negative; where 1ᵀG⁺δ vanishes there is no such update and all
/// weights are 0. Liu et al., Towards Impartial Multi-task Learning, ICLR 2021.
CatalogRow<Balancer, const Setting&> imtlGRow();

}  // namespace eq::balance

#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Penalty-based boundary intersection: the way along the preference plus θ times the distance from
/// its ray. With f = L - z and u = p/‖p‖: w = u + θ (f - (f·u) u)/‖f - (f·u) u‖, the second part 0
/// on the ray. Weights can be negative: a task ahead of the ray is pushed back. Default: θ = 5, p =
/// 1/K, z = 0. Zhang and Li, MOEA/D, 2007.
CatalogRow<Balancer, const Setting&> pbiRow();

}  // namespace eq::balance

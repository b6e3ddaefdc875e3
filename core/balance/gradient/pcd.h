#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Priority-constrained descent: as near to the primary gradient as every other task still gains.
/// Rows are brought to unit length on average, g̃_i = s_i g_i with s_i = (v_i/(1-β^t) + ε)^-½ and
/// v_i the moving average of ‖g_i‖²; d̃ = argmin ‖d - g̃_1‖ subject to g̃_j·d >= τ_j ‖g̃_j‖², and d is
/// as long as g_1. Where no direction serves all (two opposite others) d = g_1; where g_1 or d̃
/// vanishes, or the primary is not in the step, 0. t counts the steps of a task. Default: β =
/// 0.999, ε = 1e-8, τ = 0.02. TMLR 2026.
CatalogRow<Balancer, const Setting&> pcdRow();

}  // namespace eq::balance

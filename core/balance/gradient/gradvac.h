#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Gradient vaccine: as PCGrad, but a gradient is turned towards another until their cosine is what
/// it has been on average, φ̂, wherever it is below: g_i += g_j ‖g_i‖ (φ̂ √(1-φ²) - φ √(1-φ̂²)) /
/// (‖g_j‖ (√(1-φ̂²) + ε)) with ε = 1e-8. φ̂ of every ordered pair starts at 0 and moves at every
/// visit (in one reference only where something is corrected), φ̂ ← (1-β) φ̂ + β φ, but not where
/// projections have left nothing of g_i. Default β = 0.01 (the paper; codes: 0.5). Wang et al.,
/// ICLR 2021.
CatalogRow<Balancer, const Setting&> gradVacRow();

}  // namespace eq::balance

#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Weighs by how validation losses converge. α_k is the slope of V_k(t)/V_k(0) over its last N
/// values; RCS = softmax_k(K α_k/Σ|α_j|) favours the slow, ACS = softmax_k(-n α_k/Σ_i|α_k(i)|) over
/// the last n slopes those that do not diverge, and DF = min(r softmax(-τ r α_max/Σ|α_max|)_r, 1)
/// over all r records says how far the first is trusted: w = DF RCS + (1 - DF) ACS. For steps
/// 0..warmup w = 1/K. `form` released: as the authors' code has it (slope of the largest ratio, DF
/// not held at 1, one more softmax, a least weight). Gong et al., CoBa, EMNLP 2024.
CatalogRow<Balancer, const Setting&> cobaRow();

}  // namespace eq::balance

#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// The rates at which tasks of unlike sizes n are sampled, as weights: p_k ∝ min(n_k, cap)^{1/T}. T
/// = 1 is proportional, large T uniform. In the mean over steps that is the same as to sample.
/// Default: T = 1, no cap. Arivazhagan et al. 2019; cap: Raffel et al., JMLR 2020.
CatalogRow<Balancer, const Setting&> temperatureSamplingRow();

}  // namespace eq::balance

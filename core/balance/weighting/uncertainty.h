#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Learns s_k = log σ_k², the noise of each task; the weight falls as the noise grows. Forms:
/// half (e^-s L + s)/2, full e^-s L + s/2, kendall: half for regression and full for
/// classification, positive (e^-s L + log(1 + e^s))/2. w_k = e^-s/2, or e^-s for full; s stays in
/// [-10, 10]. Defaults: half, from s = 0, Adam, lr 0.001.
/// Kendall, Gal, Cipolla, CVPR 2018; positive: Liebel and Körner 2018.
CatalogRow<Balancer, const Setting&> uncertaintyRow();

}  // namespace eq::balance

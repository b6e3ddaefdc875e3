#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// GradDrop: P = ½(1 + Σ_k g_k/Σ_k|g_k|) a coordinate; with probability P its positive entries are
/// summed, else its negative ones. `leak` is the share of a task that is never dropped. Chen et
/// al., NeurIPS 2020, on the parameters.
CatalogRow<Balancer, const Setting&> graddropRow();

}  // namespace eq::balance

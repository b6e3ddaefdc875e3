#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Auxiliary tasks by the cosine of their gradient with that of the primary task: w = 1 where it is
/// above 0, else 0 (hard), or max(0, cos) (soft). The primary weighs 1. Du et al., Adapting
/// Auxiliary Losses Using Gradient Similarity, 2018.
CatalogRow<Balancer, const Setting&> gcsRow();

}  // namespace eq::balance

#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// A coordinate at a time: without the `trim` largest and smallest entries, the mean of the rest.
/// Where tasks are absent no more are trimmed than leave one. Yin et al., ICML 2018.
CatalogRow<Balancer, const Setting&> trimmedMeanRow();

}  // namespace eq::balance

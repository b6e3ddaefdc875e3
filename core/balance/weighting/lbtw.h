#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Loss-balanced task weighting: w = (L/L(0))^α between two bounds, L(0) being the loss at the
/// first step of each epoch. A loss of 0 after one of 0 counts as unchanged; one below 0 is
/// refused. Default: α = 0.5, bounds 0.5 and 1.5 (those of the MMoEEx code, which uses a weight one
/// step later). Liu, Liang, Gitter, AAAI 2019.
CatalogRow<Balancer, const Setting&> lbtwRow();

}  // namespace eq::balance

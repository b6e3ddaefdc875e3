#pragma once

#include <vector>

#include "core/balance/catalog.h"

namespace eq::balance {

// The rows of each family, from core/balance/<family>/table.cpp.

std::vector<CatalogRow<Balancer, const Setting&>> weightingRows();
std::vector<CatalogRow<Balancer, const Setting&>> gradientRows();
/// Of core/balance/rows, which read J itself; one list a slot.
std::vector<CatalogRow<Balancer, const Setting&>> rowWeightingRows();
std::vector<CatalogRow<Balancer, const Setting&>> rowGradientRows();

}  // namespace eq::balance

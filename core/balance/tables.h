#pragma once

#include <vector>

#include "core/balance/catalog.h"

namespace eq::balance {

// The rows of each family, from core/balance/<family>/table.cpp.

std::vector<CatalogRow<Balancer, const Setting&>> weightingRows();
std::vector<CatalogRow<Balancer, const Setting&>> gradientRows();

}  // namespace eq::balance

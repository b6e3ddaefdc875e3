#include "core/balance/rows/db_mtl.h"
#include "core/balance/rows/excess_mtl.h"
#include "core/balance/rows/graddrop.h"
#include "core/balance/rows/moco.h"
#include "core/balance/rows/trimmed_mean.h"
#include "core/balance/tables.h"

namespace eq::balance {

std::vector<CatalogRow<Balancer, const Setting&>> rowWeightingRows() {
  return {excessMtlRow()};
}

std::vector<CatalogRow<Balancer, const Setting&>> rowGradientRows() {
  return {graddropRow(), dbMtlRow(), mocoRow(), trimmedMeanRow()};
}

}  // namespace eq::balance

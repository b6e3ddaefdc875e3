#include "core/balance/tables.h"

#include "core/balance/weighting/dwa.h"
#include "core/balance/weighting/equal.h"
#include "core/balance/weighting/gradnorm.h"
#include "core/balance/weighting/imtl_l.h"
#include "core/balance/weighting/random_weights.h"
#include "core/balance/weighting/static_weights.h"
#include "core/balance/weighting/uncertainty.h"

namespace eq::balance {

std::vector<CatalogRow<Balancer, const Setting&>> weightingRows() {
  return {
      equalRow(), staticRow(), randomRow(), uncertaintyRow(), dwaRow(), gradNormRow(), imtlLRow(),
  };
}

}  // namespace eq::balance

#include "core/balance/tables.h"

#include "core/balance/gradient/aligned_mtl.h"
#include "core/balance/gradient/cagrad.h"
#include "core/balance/gradient/epo.h"
#include "core/balance/gradient/imtl_g.h"
#include "core/balance/gradient/mgda.h"
#include "core/balance/gradient/nash_mtl.h"
#include "core/balance/gradient/pcgrad.h"

namespace eq::balance {

std::vector<CatalogRow<Balancer, const Setting&>> gradientRows() {
  return {
      mgdaRow(),  mgdaUbRow(),     pcgradRow(),       cagradRow(), nashMtlRow(),
      imtlGRow(), alignedMtlRow(), alignedMtlUbRow(), epoRow(),
  };
}

}  // namespace eq::balance

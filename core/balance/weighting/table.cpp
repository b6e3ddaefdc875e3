#include "core/balance/tables.h"

#include "core/balance/weighting/coba.h"
#include "core/balance/weighting/dtp.h"
#include "core/balance/weighting/dwa.h"
#include "core/balance/weighting/equal.h"
#include "core/balance/weighting/famo.h"
#include "core/balance/weighting/gls.h"
#include "core/balance/weighting/go4align.h"
#include "core/balance/weighting/gradnorm.h"
#include "core/balance/weighting/igb_v1.h"
#include "core/balance/weighting/igb_v2.h"
#include "core/balance/weighting/imtl_l.h"
#include "core/balance/weighting/lbtw.h"
#include "core/balance/weighting/log_weights.h"
#include "core/balance/weighting/pbi.h"
#include "core/balance/weighting/random_weights.h"
#include "core/balance/weighting/static_weights.h"
#include "core/balance/weighting/stch.h"
#include "core/balance/weighting/svd_reweight.h"
#include "core/balance/weighting/tchebycheff.h"
#include "core/balance/weighting/temperature_sampling.h"
#include "core/balance/weighting/uncertainty.h"
#include "core/balance/weighting/uw_so.h"

namespace eq::balance {

std::vector<CatalogRow<Balancer, const Setting&>> weightingRows() {
  return {
      equalRow(),
      staticRow(),
      logRow(),
      randomRow(),
      uncertaintyRow(),
      dwaRow(),
      gradNormRow(),
      imtlLRow(),
      glsRow(),
      igbV1Row(),
      igbV2Row(),
      stchRow(),
      tchebycheffRow(),
      pbiRow(),
      lbtwRow(),
      uwSoRow(),
      go4AlignRow(),
      svdReweightRow(),
      temperatureSamplingRow(),
      famoRow(),
      cobaRow(),
      dtpRow(),
  };
}

}  // namespace eq::balance

#include "core/balance/tables.h"

#include "core/balance/gradient/aligned_mtl.h"
#include "core/balance/gradient/arml.h"
#include "core/balance/gradient/cagrad.h"
#include "core/balance/gradient/config.h"
#include "core/balance/gradient/cr_mogm.h"
#include "core/balance/gradient/dual_cone.h"
#include "core/balance/gradient/epo.h"
#include "core/balance/gradient/fairgrad.h"
#include "core/balance/gradient/gcs.h"
#include "core/balance/gradient/gradvac.h"
#include "core/balance/gradient/imtl_g.h"
#include "core/balance/gradient/krum.h"
#include "core/balance/gradient/mgda.h"
#include "core/balance/gradient/modo.h"
#include "core/balance/gradient/nash_mtl.h"
#include "core/balance/gradient/ol_aux.h"
#include "core/balance/gradient/pcd.h"
#include "core/balance/gradient/pcgrad.h"
#include "core/balance/gradient/sdmgrad.h"

namespace eq::balance {

std::vector<CatalogRow<Balancer, const Setting&>> gradientRows() {
  return {
      mgdaRow(),     mgdaUbRow(), pcgradRow(),     gradVacRow(),      cagradRow(), nashMtlRow(),
      fairGradRow(), imtlGRow(),  alignedMtlRow(), alignedMtlUbRow(), upGradRow(), dualProjRow(),
      configRow(),   pcdRow(),    krumRow(),       crMogmRow(),       gcsRow(),    olAuxRow(),
      armlRow(),     epoRow(),    modoRow(),       sdmgradRow(),
  };
}

}  // namespace eq::balance

#include "core/metric/tables.h"

#include "core/metric/regression/correlation.h"
#include "core/metric/regression/crps.h"
#include "core/metric/regression/regression.h"

namespace eq::metric {

std::vector<CatalogRow<Metric>> regressionRows() {
  return {
      maeRow(), mseRow(), rmseRow(), r2Row(), spearmanRow(), cccRow(), crpsRow(),
  };
}

}  // namespace eq::metric

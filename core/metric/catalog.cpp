#include "core/metric/catalog.h"

#include "core/metric/nonfinite.h"
#include "core/metric/tables.h"

namespace eq::metric {

const Catalog<Metric>& catalog() {
  static const Catalog<Metric> table(
      "metric", joined<Metric>({withoutNonfinite(classesRows()), withoutNonfinite(denseRows()),
                                withoutNonfinite(regressionRows()), withoutNonfinite(rankingRows()),
                                runsRows()}));
  return table;
}

}  // namespace eq::metric

#include "core/metric/pareto/calculation.h"

namespace eq::metric {

const Catalog<ParetoCalculation>& paretoCalculations() {
  static const Catalog<ParetoCalculation> table(
      "calculation of pareto", {latticeRow(), raysRow(), pamalRow(), cosmosRow(), ibclRow(),
                                attributionRow(), coresetRow(), forgettingLossRow()});
  return table;
}

}  // namespace eq::metric

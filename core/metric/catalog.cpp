#include "core/metric/catalog.h"

#include "core/metric/accuracy.h"
#include "core/metric/calibration.h"
#include "core/metric/class_counts.h"
#include "core/metric/regression.h"

namespace eq::metric {

const Catalog<Metric>& catalog() {
  static const Catalog<Metric> table("metric", {
                                                   accuracyRow(),
                                                   precisionRow(),
                                                   recallRow(),
                                                   f1Row(),
                                                   eceRow(),
                                                   mceRow(),
                                                   classwiseEceRow(),
                                                   maeRow(),
                                                   mseRow(),
                                                   rmseRow(),
                                                   r2Row(),
                                               });
  return table;
}

}  // namespace eq::metric

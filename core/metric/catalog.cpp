#include "core/metric/catalog.h"

#include "core/metric/accuracy.h"

namespace eq::metric {

const Catalog<Metric>& catalog() {
  static const Catalog<Metric> table("metric", {
                                                   accuracyRow(),
                                               });
  return table;
}

}  // namespace eq::metric

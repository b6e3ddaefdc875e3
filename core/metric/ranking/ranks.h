#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// How steady results are: over views of a query, over seeds, over the steps of a run; of given
// numbers, not of a task's predictions.
CatalogRow<Metric> meanRankVarianceRow();
CatalogRow<Metric> seedStdRow();
CatalogRow<Metric> monotonicityRow();

}  // namespace eq::metric

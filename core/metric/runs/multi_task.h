#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// How methods compare over several metrics at once; of given numbers, not of a task's predictions.
CatalogRow<Metric> deltaMRow();
CatalogRow<Metric> meanRankRow();

}  // namespace eq::metric

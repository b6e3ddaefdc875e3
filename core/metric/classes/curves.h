#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// Areas under curves over all thresholds; the scores of all batches are kept and sorted at the end.
CatalogRow<Metric> aurocRow();
CatalogRow<Metric> auprcRow();

}  // namespace eq::metric

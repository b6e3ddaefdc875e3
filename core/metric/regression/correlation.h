#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// Agreement of numbers [N] or [N, D], the mean over the outputs that are defined.
CatalogRow<Metric> spearmanRow();
CatalogRow<Metric> cccRow();

}  // namespace eq::metric

#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

/// Whether an embedding's neighbours share its label; "Recall@k" in metric learning.
CatalogRow<Metric> hitRateAtKRow();

}  // namespace eq::metric

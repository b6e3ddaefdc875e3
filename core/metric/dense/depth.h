#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// Errors of depth images, pooled over the pixels whose target is above 0 and not masked.
CatalogRow<Metric> depthAbsErrorRow();
CatalogRow<Metric> depthRelErrorRow();
CatalogRow<Metric> depthRmseRow();
CatalogRow<Metric> depthRmseLogRow();
CatalogRow<Metric> depthDeltaRow();

}  // namespace eq::metric

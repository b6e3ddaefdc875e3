#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// Errors of numbers: prediction and target [N] or [N, D], optional mask of the same shape.
CatalogRow<Metric> maeRow();
CatalogRow<Metric> mseRow();
CatalogRow<Metric> rmseRow();
CatalogRow<Metric> r2Row();

}  // namespace eq::metric

#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// Expected calibration errors with bins of equal width, closed above: (lo, hi].
CatalogRow<Metric> eceRow();
CatalogRow<Metric> mceRow();
CatalogRow<Metric> classwiseEceRow();

// The same with groups of equally many examples; the confidences of all batches are kept.
CatalogRow<Metric> adaptiveEceRow();
CatalogRow<Metric> aceRow();

}  // namespace eq::metric

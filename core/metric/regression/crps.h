#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

/// Continuous ranked probability score of a forecast as members, a Gaussian, quantiles or bins.
CatalogRow<Metric> crpsRow();

}  // namespace eq::metric

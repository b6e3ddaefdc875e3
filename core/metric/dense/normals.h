#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

/// Angle between predicted and true surface normals, degrees.
CatalogRow<Metric> normalAngleRow();

}  // namespace eq::metric

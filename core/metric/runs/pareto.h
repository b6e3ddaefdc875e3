#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// Quality of a set of points whose objectives are minimised; of given numbers, not of a task's
// predictions.
CatalogRow<Metric> hypervolumeRow();
CatalogRow<Metric> igdRow();
CatalogRow<Metric> gdRow();
CatalogRow<Metric> igdPlusRow();
CatalogRow<Metric> spreadRow();

}  // namespace eq::metric

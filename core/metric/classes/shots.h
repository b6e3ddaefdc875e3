#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// Accuracy of the classes that have many, medium many and few training examples.

CatalogRow<Metric> manyShotAccuracyRow();
CatalogRow<Metric> mediumShotAccuracyRow();
CatalogRow<Metric> fewShotAccuracyRow();

}  // namespace eq::metric

#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

/// Mean distance of the predicted class from the true one along ordered classes.
CatalogRow<Metric> rankMaeRow();
/// Ranked probability score: the CRPS of a distribution over ordered classes.
CatalogRow<Metric> rpsRow();

}  // namespace eq::metric

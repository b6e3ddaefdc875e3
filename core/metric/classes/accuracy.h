#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// Shares of right decisions. Logits [N, C] with class indices [N]: the largest logit, ties to the
// lower class. Logits [N] or [N, L] with 0/1 of the same shape: positive where the logit is above
// 0; with labels every element counts.
CatalogRow<Metric> accuracyRow();
CatalogRow<Metric> balancedAccuracyRow();
CatalogRow<Metric> topKAccuracyRow();

}  // namespace eq::metric

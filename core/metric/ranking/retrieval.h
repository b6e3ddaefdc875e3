#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// How well lists are ordered: scores [N] against relevances [N] of items in queries, the mean over
// queries.
CatalogRow<Metric> mrrRow();
CatalogRow<Metric> ndcgRow();
CatalogRow<Metric> recallAtKRow();

}  // namespace eq::metric

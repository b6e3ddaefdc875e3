#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// Scores of predicted probabilities, pooled over the valid entries.
CatalogRow<Metric> brierRow();
CatalogRow<Metric> nllRow();
CatalogRow<Metric> perplexityRow();

}  // namespace eq::metric

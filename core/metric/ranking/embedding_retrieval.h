#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// What embeddings find by cosine.

/// Mean of 1 / the rank of the nearest embedding of the own label.
CatalogRow<Metric> embeddingMrrRow();
/// Mean of 1 / the rank of the own text, over all languages.
CatalogRow<Metric> textMrrRow();
/// How much that rank differs between the languages.
CatalogRow<Metric> textRankVarianceRow();

}  // namespace eq::metric

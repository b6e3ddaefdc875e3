#pragma once

#include "core/data/catalog.h"

namespace eq::data {

/// Handwritten digits whose embeddings find those of their own digit, and each image its captions:
/// fixed vectors, the field `texts` [N, languages, width] of every task.
CatalogRow<Dataset, const Setting&> digitRetrievalRow();

/// Handwritten digits with strong second views, for losses that read no label; the labels are there
/// to judge what was learnt.
CatalogRow<Dataset, const Setting&> twoViewsRow();

}  // namespace eq::data

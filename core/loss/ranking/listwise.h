#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

// Losses of a query's whole list, averaged over the queries.

/// Cross-entropy of softmax(scores) against softmax(relevance / T). Cao et al., ICML 2007.
CatalogRow<Loss> listnetRow();
/// Negative log-likelihood of the order by relevance (ties: lower index first) under the
/// Plackett-Luce model of the scores. Xia et al., ICML 2008.
CatalogRow<Loss> listmleRow();

}  // namespace eq::loss

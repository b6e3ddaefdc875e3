#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// log(1 + e^-σ(s_i - s_j)) over the pairs of a query with i more relevant than j. Burges et al.,
/// ICML 2005.
CatalogRow<Loss> ranknetRow();
/// [-t (s - pair) + margin]+ of pairs of scores, by element.
CatalogRow<Loss> marginRankingRow();
/// RankNet's terms times the change |ΔNDCG| that swapping the two would make, detached. Burges,
/// From RankNet to LambdaRank to LambdaMART, 2010.
CatalogRow<Loss> lambdarankRow();

}  // namespace eq::loss

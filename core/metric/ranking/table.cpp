#include "core/metric/tables.h"

#include "core/metric/ranking/embedding_retrieval.h"
#include "core/metric/ranking/hit_rate_at_k.h"
#include "core/metric/ranking/linear_probe.h"
#include "core/metric/ranking/ranks.h"
#include "core/metric/ranking/retrieval.h"

namespace eq::metric {

std::vector<CatalogRow<Metric>> rankingRows() {
  return {
      mrrRow(),
      ndcgRow(),
      recallAtKRow(),
      hitRateAtKRow(),
      meanRankVarianceRow(),
      seedStdRow(),
      monotonicityRow(),
      embeddingMrrRow(),
      textMrrRow(),
      textRankVarianceRow(),
      linearProbeRow(),
  };
}

}  // namespace eq::metric

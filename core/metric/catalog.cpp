#include "core/metric/catalog.h"

#include "core/metric/accuracy.h"
#include "core/metric/calibration.h"
#include "core/metric/class_counts.h"
#include "core/metric/continual.h"
#include "core/metric/correlation.h"
#include "core/metric/crps.h"
#include "core/metric/curves.h"
#include "core/metric/depth.h"
#include "core/metric/hit_rate_at_k.h"
#include "core/metric/multi_task.h"
#include "core/metric/normals.h"
#include "core/metric/pareto.h"
#include "core/metric/probability.h"
#include "core/metric/ranks.h"
#include "core/metric/regression.h"
#include "core/metric/retrieval.h"
#include "core/metric/segmentation.h"

namespace eq::metric {
namespace {

std::vector<CatalogRow<Metric>> rows() {
  return {
      // Classes
      accuracyRow(),
      balancedAccuracyRow(),
      topKAccuracyRow(),
      precisionRow(),
      recallRow(),
      f1Row(),
      aurocRow(),
      auprcRow(),
      // Images
      miouRow(),
      pixelAccuracyRow(),
      diceScoreRow(),
      // Numbers
      maeRow(),
      mseRow(),
      rmseRow(),
      r2Row(),
      depthAbsErrorRow(),
      depthRelErrorRow(),
      depthRmseRow(),
      depthRmseLogRow(),
      depthDeltaRow(),
      normalAngleRow(),
      // Probabilities
      eceRow(),
      mceRow(),
      classwiseEceRow(),
      adaptiveEceRow(),
      aceRow(),
      brierRow(),
      nllRow(),
      perplexityRow(),
      // Lists and embeddings
      mrrRow(),
      ndcgRow(),
      recallAtKRow(),
      hitRateAtKRow(),
      // Agreement and distributions
      spearmanRow(),
      cccRow(),
      crpsRow(),
      // Given numbers
      deltaMRow(),
      meanRankRow(),
      hypervolumeRow(),
      igdRow(),
      gdRow(),
      igdPlusRow(),
      spreadRow(),
      continualAccuracyRow(),
      backwardTransferRow(),
      forgettingRow(),
      forwardTransferRow(),
      meanRankVarianceRow(),
      seedStdRow(),
      monotonicityRow(),
  };
}

}  // namespace

const Catalog<Metric>& catalog() {
  static const Catalog<Metric> table("metric", rows());
  return table;
}

}  // namespace eq::metric

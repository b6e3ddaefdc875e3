#include "core/metric/tables.h"

#include "core/metric/classes/accuracy.h"
#include "core/metric/classes/calibration.h"
#include "core/metric/classes/class_counts.h"
#include "core/metric/classes/curves.h"
#include "core/metric/classes/ordered.h"
#include "core/metric/classes/probability.h"
#include "core/metric/classes/robust_accuracy.h"
#include "core/metric/classes/shots.h"

namespace eq::metric {

std::vector<CatalogRow<Metric>> classesRows() {
  return {
      accuracyRow(),
      balancedAccuracyRow(),
      topKAccuracyRow(),
      precisionRow(),
      recallRow(),
      f1Row(),
      aurocRow(),
      auprcRow(),
      eceRow(),
      mceRow(),
      classwiseEceRow(),
      adaptiveEceRow(),
      aceRow(),
      brierRow(),
      nllRow(),
      perplexityRow(),
      rankMaeRow(),
      rpsRow(),
      manyShotAccuracyRow(),
      mediumShotAccuracyRow(),
      fewShotAccuracyRow(),
      robustAccuracyRow(),
  };
}

}  // namespace eq::metric

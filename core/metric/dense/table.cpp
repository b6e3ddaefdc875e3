#include "core/metric/tables.h"

#include "core/metric/dense/depth.h"
#include "core/metric/dense/normals.h"
#include "core/metric/dense/segmentation.h"

namespace eq::metric {

std::vector<CatalogRow<Metric>> denseRows() {
  return {
      miouRow(),          pixelAccuracyRow(), diceScoreRow(), imageDiceScoreRow(),
      depthAbsErrorRow(), depthRelErrorRow(), depthRmseRow(), depthRmseLogRow(),
      depthDeltaRow(),    normalAngleRow(),
  };
}

}  // namespace eq::metric

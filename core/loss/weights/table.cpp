#include "core/loss/tables.h"

#include "core/loss/weights/class_aware.h"
#include "core/loss/weights/dynamic_reweight.h"
#include "core/loss/weights/sample_weights.h"
#include "core/loss/weights/sum.h"

namespace eq::loss {

std::vector<CatalogRow<Loss>> weightsRows() {
  return {
      dynamicReweightRow(), importanceWeightedRow(),  propensityWeightedRow(), inverseVarianceRow(),
      doubleWeightedRow(),  instructionWeightedRow(), classAwareRow(),         sumRow(),
  };
}

}  // namespace eq::loss

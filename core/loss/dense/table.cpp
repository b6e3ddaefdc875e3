#include "core/loss/tables.h"

#include "core/loss/dense/depth.h"
#include "core/loss/dense/lovasz.h"
#include "core/loss/dense/normals.h"
#include "core/loss/dense/overlap.h"

namespace eq::loss {

std::vector<CatalogRow<Loss>> denseRows() {
  return {
      diceRow(),  tverskyRow(),        lovaszHingeRow(), lovaszSoftmaxRow(), berhuRow(),
      silogRow(), inverseDepthL1Row(), depthL1Row(),     normalCosineRow(),
  };
}

}  // namespace eq::loss

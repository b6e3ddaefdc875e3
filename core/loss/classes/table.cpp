#include "core/loss/tables.h"

#include "core/loss/classes/adversarial.h"
#include "core/loss/classes/asymmetric.h"
#include "core/loss/classes/binary.h"
#include "core/loss/classes/class_balanced.h"
#include "core/loss/classes/cross_entropy.h"
#include "core/loss/classes/direct_coverage.h"
#include "core/loss/classes/focal.h"
#include "core/loss/classes/hinge.h"
#include "core/loss/classes/ldam.h"
#include "core/loss/classes/logit_adjusted.h"
#include "core/loss/classes/multi_margin.h"
#include "core/loss/classes/one_vs_rest.h"
#include "core/loss/classes/poly1.h"
#include "core/loss/classes/robust.h"
#include "core/loss/classes/squentropy.h"

namespace eq::loss {

std::vector<CatalogRow<Loss>> classesRows() {
  return {
      crossEntropyRow(),  binaryCrossEntropyRow(),
      squentropyRow(),    rescaledSquareRow(),
      focalRow(),         binaryFocalRow(),
      classBalancedRow(), logitAdjustedRow(),
      ldamRow(),          poly1Row(),
      gceRow(),           symmetricCrossEntropyRow(),
      asymmetricRow(),    hingeRow(),
      softMarginRow(),    multiMarginRow(),
      crammerSingerRow(), multilabelMarginRow(),
      oneVsRestRow(),     sovrRow(),
      martRow(),          gairatRow(),
      mailRow(),          directCoverageRow(),
  };
}

}  // namespace eq::loss

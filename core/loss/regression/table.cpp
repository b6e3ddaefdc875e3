#include "core/loss/tables.h"

#include "core/loss/regression/ccc.h"
#include "core/loss/regression/likelihood.h"
#include "core/loss/regression/quantile.h"
#include "core/loss/regression/r_learner.h"
#include "core/loss/regression/regression.h"
#include "core/loss/regression/sentence_regression.h"
#include "core/loss/regression/wing.h"

namespace eq::loss {

std::vector<CatalogRow<Loss>> regressionRows() {
  return {
      mseRow(),        l1Row(),       huberRow(),          smoothL1Row(),
      logCoshRow(),    quantileRow(), gaussianNllRow(),    studentTNllRow(),
      poissonNllRow(), cccRow(),      translatedReluRow(), smoothK2Row(),
      wingRow(),       rLearnerRow(),
  };
}

}  // namespace eq::loss

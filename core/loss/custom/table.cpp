#include "core/loss/tables.h"

#include "core/loss/custom/expression_loss.h"
#include "core/loss/custom/given.h"
#include "core/loss/custom/torchscript_loss.h"

namespace eq::loss {

std::vector<CatalogRow<Loss>> customRows() {
  return {
      expressionRow(),
      torchscriptRow(),
      givenRow(),
  };
}

}  // namespace eq::loss

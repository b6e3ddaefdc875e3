#include "core/loss/tables.h"

#include "core/loss/ordinal/cumulative_link.h"
#include "core/loss/ordinal/number_token.h"
#include "core/loss/ordinal/ordinal_thresholds.h"
#include "core/loss/ordinal/presto.h"
#include "core/loss/ordinal/sord.h"

namespace eq::loss {

std::vector<CatalogRow<Loss>> ordinalRows() {
  return {
      orCnnRow(),  coralRow(),         cornRow(),       sordRow(),   cumulativeLinkRow(),
      prestoRow(), prestoPenaltyRow(), squaredEmdRow(), ntlWasRow(), ntlMseRow(),
  };
}

}  // namespace eq::loss

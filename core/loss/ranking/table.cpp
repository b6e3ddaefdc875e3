#include "core/loss/tables.h"

#include "core/loss/ranking/ctr_welfare.h"
#include "core/loss/ranking/listwise.h"
#include "core/loss/ranking/ranknet.h"

namespace eq::loss {

std::vector<CatalogRow<Loss>> rankingRows() {
  return {
      ranknetRow(), marginRankingRow(), lambdarankRow(),
      listnetRow(), listmleRow(),       ctrWelfareRow(),
  };
}

}  // namespace eq::loss

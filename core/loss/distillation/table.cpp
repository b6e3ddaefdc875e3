#include "core/loss/tables.h"

#include "core/loss/distillation/binary_kl.h"
#include "core/loss/distillation/dcd.h"
#include "core/loss/distillation/distillation.h"

namespace eq::loss {

std::vector<CatalogRow<Loss>> distillationRows() {
  return {
      distillationRow(), decoupledDistillationRow(), binaryKlRow(), dhkdRow(), dcdRow(),
  };
}

}  // namespace eq::loss

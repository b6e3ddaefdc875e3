#include "core/loss/tables.h"

#include "core/loss/transport/binned_wasserstein.h"
#include "core/loss/transport/sinkhorn.h"
#include "core/loss/transport/wasserstein.h"

namespace eq::loss {

std::vector<CatalogRow<Loss>> transportRows() {
  return {
      wassersteinRow(),
      binnedWassersteinRow(),
      sinkhornRow(),
  };
}

}  // namespace eq::loss

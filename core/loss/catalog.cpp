#include "core/loss/catalog.h"

#include "core/loss/tables.h"

namespace eq::loss {

const Catalog<Loss>& catalog() {
  static const Catalog<Loss> table(
      "loss", joined<Loss>({classesRows(), ordinalRows(), transportRows(), distillationRows(),
                            regressionRows(), denseRows(), embeddingRows(), rankingRows(),
                            weightsRows(), customRows()}));
  return table;
}

}  // namespace eq::loss

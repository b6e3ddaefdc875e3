#include "core/loss/catalog.h"

#include "core/loss/tables.h"

namespace eq::loss {
namespace {

std::vector<CatalogRow<Loss>> inFamily(const char* family, std::vector<CatalogRow<Loss>> rows) {
  for (auto& row : rows) row.descriptor.traits["family"] = family;
  return rows;
}

}  // namespace

const Catalog<Loss>& catalog() {
  static const Catalog<Loss> table(
      "loss",
      joined<Loss>({inFamily("classes", classesRows()), inFamily("ordinal", ordinalRows()),
                    inFamily("transport", transportRows()),
                    inFamily("distillation", distillationRows()),
                    inFamily("regression", regressionRows()), inFamily("dense", denseRows()),
                    inFamily("embedding", embeddingRows()), inFamily("ranking", rankingRows()),
                    inFamily("weights", weightsRows()), inFamily("custom", customRows())}));
  return table;
}

}  // namespace eq::loss

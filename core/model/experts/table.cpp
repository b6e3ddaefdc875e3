#include "core/model/tables.h"

#include "core/model/experts/adatt.h"
#include "core/model/experts/cgc.h"
#include "core/model/experts/dselect_k.h"
#include "core/model/experts/mmoe.h"
#include "core/model/experts/mmoeex.h"
#include "core/model/experts/ple.h"

namespace eq::model {

std::vector<CatalogRow<Model, const Setting&>> expertRows() {
  return {mmoeRow(), mmoeexRow(), dselectKRow(), cgcRow(), pleRow(), adattRow()};
}

}  // namespace eq::model

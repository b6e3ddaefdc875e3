#include "core/model/tables.h"

#include "core/model/structure/computation_sharing.h"
#include "core/model/structure/deep_safe.h"
#include "core/model/structure/dfa.h"
#include "core/model/structure/ltb.h"
#include "core/model/structure/mtsl.h"
#include "core/model/structure/rank_updates.h"
#include "core/model/structure/taps.h"

namespace eq::model {

std::vector<CatalogRow<Model, const Setting&>> structureRows() {
  return {tapsRow(), computationSharingRow(), ltbRow(),        mtslRow(),
          dfaRow(),  deepSafeRow(),           rankUpdatesRow()};
}

}  // namespace eq::model

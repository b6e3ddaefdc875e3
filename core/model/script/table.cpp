#include "core/model/script/torchscript_trunk.h"
#include "core/model/tables.h"

namespace eq::model {

std::vector<CatalogRow<Model, const Setting&>> scriptRows() {
  return {torchscriptTrunkRow()};
}

}  // namespace eq::model

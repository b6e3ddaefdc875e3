#include "core/model/tables.h"

#include "core/model/input_parts/multimodn.h"
#include "core/model/input_parts/pair_encoder.h"

namespace eq::model {

std::vector<CatalogRow<Model, const Setting&>> inputPartRows() {
  return {pairEncoderRow(), multimodnRow()};
}

}  // namespace eq::model

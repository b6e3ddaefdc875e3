#include "core/model/dense/dense_cnn.h"
#include "core/model/tables.h"

namespace eq::model {

std::vector<CatalogRow<Model, const Setting&>> denseRows() {
  return {denseCnnRow()};
}

}  // namespace eq::model

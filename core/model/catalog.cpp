#include "core/model/catalog.h"

#include "core/model/cnn.h"
#include "core/model/mlp.h"
#include "core/model/point.h"
#include "core/model/resnet.h"
#include "core/model/transformer.h"

namespace eq::model {

const Catalog<Model, const Setting&>& catalog() {
  static const Catalog<Model, const Setting&> table(
      "model", {mlpRow(), cnnRow(), resnetRow(), transformerRow(), pointRow()});
  return table;
}

}  // namespace eq::model

#include "core/model/catalog.h"

#include "core/model/cnn.h"
#include "core/model/cross_stitch.h"
#include "core/model/hierarchical.h"
#include "core/model/mlp.h"
#include "core/model/mmoe.h"
#include "core/model/point.h"
#include "core/model/resnet.h"
#include "core/model/single_task.h"
#include "core/model/transformer.h"
#include "core/model/tree.h"

namespace eq::model {

const Catalog<Model, const Setting&>& catalog() {
  static const Catalog<Model, const Setting&> table(
      "model", {mlpRow(), cnnRow(), resnetRow(), transformerRow(), singleTaskRow(), treeRow(),
                hierarchicalRow(), crossStitchRow(), mmoeRow(), pointRow()});
  return table;
}

}  // namespace eq::model

#include "core/model/catalog.h"

#include "core/model/cnn.h"
#include "core/model/cross_stitch.h"
#include "core/model/hierarchical.h"
#include "core/model/mlp.h"
#include "core/model/point.h"
#include "core/model/regulariser.h"
#include "core/model/resnet.h"
#include "core/model/single_task.h"
#include "core/model/subtuning.h"
#include "core/model/tables.h"
#include "core/model/transformer.h"
#include "core/model/tree.h"

namespace eq::model {

namespace {

using Row = CatalogRow<Model, const Setting&>;

std::vector<Row> allRows() {
  std::vector<Row> all{mlpRow(),          cnnRow(),         resnetRow(),
                       transformerRow(),  singleTaskRow(),  treeRow(),
                       hierarchicalRow(), crossStitchRow(), subtuningRow()};
  for (const auto& rows :
       {expertRows(), taskPartRows(), inputPartRows(), structureRows(), lowRankRows(), routedRows(),
        denseRows(), pretrainedRows(), scriptRows()})
    all.insert(all.end(), rows.begin(), rows.end());
  all.push_back(pointRow());
  return all;
}

/// What regularisers record, any model does that takes them.
std::vector<Row> withRegularisers(std::vector<Row> rows) {
  const auto spec = regularisersSpec();
  for (auto& [descriptor, create] : rows)
    for (const auto& parameter : descriptor.parameters)
      if (parameter.name == spec.name) descriptor.traits["series"].push_back(regulariserSeries());
  return rows;
}

}  // namespace

const Catalog<Model, const Setting&>& catalog() {
  static const Catalog<Model, const Setting&> table("model", withRegularisers(allRows()));
  return table;
}

}  // namespace eq::model

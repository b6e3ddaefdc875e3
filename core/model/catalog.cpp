#include "core/model/catalog.h"

#include "core/model/adatt.h"
#include "core/model/cgc.h"
#include "core/model/cnn.h"
#include "core/model/cross_stitch.h"
#include "core/model/dselect_k.h"
#include "core/model/hierarchical.h"
#include "core/model/low_rank/c_poly.h"
#include "core/model/low_rank/lora_experts.h"
#include "core/model/low_rank/mor1e.h"
#include "core/model/low_rank/poly.h"
#include "core/model/low_rank/task_lora.h"
#include "core/model/low_rank/tensor_poly.h"
#include "core/model/mlp.h"
#include "core/model/mmoe.h"
#include "core/model/ple.h"
#include "core/model/point.h"
#include "core/model/prompts/prompts.h"
#include "core/model/regulariser.h"
#include "core/model/resnet.h"
#include "core/model/routed/task_level_moe.h"
#include "core/model/routed/task_moe.h"
#include "core/model/single_task.h"
#include "core/model/subtuning.h"
#include "core/model/transformer.h"
#include "core/model/tree.h"

namespace eq::model {

namespace {

using Row = CatalogRow<Model, const Setting&>;

std::vector<Row> allRows() {
  return {mlpRow(),     cnnRow(),          resnetRow(),      transformerRow(), singleTaskRow(),
          treeRow(),    hierarchicalRow(), crossStitchRow(), mmoeRow(),        dselectKRow(),
          cgcRow(),     pleRow(),          adattRow(),       subtuningRow(),   taskLoraRow(),
          polyRow(),    cPolyRow(),        tensorPolyRow(),  mor1eRow(),       loraExpertsRow(),
          taskMoeRow(), taskLevelMoeRow(), promptsRow(),     pointRow()};
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

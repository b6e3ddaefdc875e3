#include "core/model/low_rank/c_poly.h"
#include "core/model/low_rank/lora_experts.h"
#include "core/model/low_rank/mor1e.h"
#include "core/model/low_rank/poly.h"
#include "core/model/low_rank/task_lora.h"
#include "core/model/low_rank/tensor_poly.h"
#include "core/model/tables.h"

namespace eq::model {

std::vector<CatalogRow<Model, const Setting&>> lowRankRows() {
  return {taskLoraRow(), polyRow(), cPolyRow(), tensorPolyRow(), mor1eRow(), loraExpertsRow()};
}

}  // namespace eq::model

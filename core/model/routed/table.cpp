#include "core/model/routed/prompts.h"
#include "core/model/routed/task_level_moe.h"
#include "core/model/routed/task_moe.h"
#include "core/model/tables.h"

namespace eq::model {

std::vector<CatalogRow<Model, const Setting&>> routedRows() {
  return {taskMoeRow(), taskLevelMoeRow(), promptsRow()};
}

}  // namespace eq::model

#include "core/model/tables.h"

#include "core/model/task_parts/adapters.h"
#include "core/model/task_parts/dtrn.h"
#include "core/model/task_parts/medusa.h"
#include "core/model/task_parts/mtan.h"
#include "core/model/task_parts/subject_adapters.h"
#include "core/model/task_parts/transtee.h"

namespace eq::model {

std::vector<CatalogRow<Model, const Setting&>> taskPartRows() {
  return {mtanRow(), medusaRow(), adaptersRow(), dtrnRow(), subjectAdaptersRow(), transteeRow()};
}

}  // namespace eq::model

#pragma once

#include "core/data/catalog.h"

namespace eq::data {

/// Any CSV file with a header: columns to inputs, columns to tasks; missing targets are masked
/// task by task.
CatalogRow<Dataset, const Setting&> tableRow();

}  // namespace eq::data

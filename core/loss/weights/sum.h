#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// A weighted sum of losses on one task.
CatalogRow<Loss> sumRow();

}  // namespace eq::loss

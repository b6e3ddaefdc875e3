#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// 1 - concordance correlation over the batch. Lin 1989.
CatalogRow<Loss> cccRow();

}  // namespace eq::loss

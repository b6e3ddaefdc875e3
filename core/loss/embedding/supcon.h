#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// Every sample of an anchor's class is a positive; the mean over them stands outside the
/// logarithm. Khosla et al., NeurIPS 2020.
CatalogRow<Loss> supconRow();

}  // namespace eq::loss

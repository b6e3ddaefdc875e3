#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// An anchor's positive shall be nearer than its negative, by a margin. Hermans et al., 2017.
CatalogRow<Loss> tripletRow();

}  // namespace eq::loss

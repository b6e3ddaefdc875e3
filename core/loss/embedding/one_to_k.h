#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// An image with K texts: each finds the other among all of the batch. Nie et al., KDD 2024.
CatalogRow<Loss> oneToKRow();

}  // namespace eq::loss

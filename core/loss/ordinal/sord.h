#pragma once

#include "core/loss/row.h"

namespace eq::loss {

// Losses of logits of ordered classes whose target is spread or summed up over the order (sheet,
// B01 and B07).

CatalogRow<Loss> sordRow();
CatalogRow<Loss> squaredEmdRow();

}  // namespace eq::loss

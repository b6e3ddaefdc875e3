#pragma once

#include "core/loss/row.h"

namespace eq::loss {

// Losses of the logits of tokens, some of which stand for numbers (sheet, B08).

CatalogRow<Loss> ntlWasRow();
CatalogRow<Loss> ntlMseRow();

}  // namespace eq::loss

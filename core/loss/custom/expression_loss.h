#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// A loss of one's own: a formula of the prediction p and the target t, by element, with named
/// constants; see expression_parser.h for the language.
CatalogRow<Loss> expressionRow();

}  // namespace eq::loss

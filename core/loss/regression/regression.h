#pragma once

#include "core/base/catalog.h"
#include "core/loss/element_loss.h"

namespace eq::loss {

// Losses of numbers, by element; r = prediction - target.

/// r², or r²/2 with `half`.
CatalogRow<Loss> mseRow();
/// |r|, with subgradient 0 at 0.
CatalogRow<Loss> l1Row();
/// r²/2 where |r| <= δ, else δ(|r| - δ/2). Huber 1964.
CatalogRow<Loss> huberRow();
/// r²/(2β) where |r| < β, else |r| - β/2. Girshick 2015.
CatalogRow<Loss> smoothL1Row();
/// s² log cosh(r/s).
CatalogRow<Loss> logCoshRow();

}  // namespace eq::loss

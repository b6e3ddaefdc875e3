#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

// Losses of two views that also draw similar pairs of other samples together, after Garg and Jain,
// 2022. The published formulas could not be read: these are a template of their idea.

/// Pairs with a similarity of at least the threshold.
CatalogRow<Loss> ccslRow();
/// All pairs, weighted by a sigmoid about the threshold.
CatalogRow<Loss> csslRow();

}  // namespace eq::loss

#pragma once

#include "core/loss/row.h"

namespace eq::loss {

// Cumulative logits with slopes of their own at each threshold, drawn towards each other (sheet,
// B05).

CatalogRow<Loss> prestoRow();
CatalogRow<Loss> prestoPenaltyRow();

}  // namespace eq::loss

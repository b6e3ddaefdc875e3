#pragma once

#include "core/loss/row.h"

namespace eq::loss {

/// Proportional odds: one score against ordered thresholds (sheet, B04).
CatalogRow<Loss> cumulativeLinkRow();

}  // namespace eq::loss

#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// (ỹ - ã τ)² of residual outcomes ỹ and residual treatments ã. Nie and Wager 2021.
CatalogRow<Loss> rLearnerRow();

}  // namespace eq::loss

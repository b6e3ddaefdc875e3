#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// With ℓ = scale · ŝ t̂ᵀ of the unit rows: cross-entropy of ℓ's rows against the diagonal, plus
/// α KL(softmax of ℓ's columns ‖ softmax of its rows). The student's gradient flows into the KL's
/// target too. Giakoumoglou, Stathaki 2024.
CatalogRow<Loss> dcdRow();

}  // namespace eq::loss

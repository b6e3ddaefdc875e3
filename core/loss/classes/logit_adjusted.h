#pragma once

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

/// L = CE(z + τ log π, y), π the classes' shares of the training samples, at least one sample each.
/// τ = 1 is balanced softmax. Menon et al., ICLR 2021; Ren et al., NeurIPS 2020.
CatalogRow<Loss> logitAdjustedRow();

}  // namespace eq::loss

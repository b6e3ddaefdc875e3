#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// InfoNCE of two views that neither forgets nor repeats a frozen former model. Cha et al., ICML
/// 2024.
CatalogRow<Loss> syConRow();

}  // namespace eq::loss

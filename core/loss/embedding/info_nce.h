#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// Each row must find its partner among all partners. Oord et al., 2018; Radford et al., 2021
/// (symmetric).
CatalogRow<Loss> infoNceRow();
/// The same among all other embeddings of both views. Chen et al., ICML 2020.
CatalogRow<Loss> ntXentRow();

}  // namespace eq::loss

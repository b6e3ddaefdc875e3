#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// Partners near each other, all embeddings spread over the sphere. Wang and Isola, ICML 2020.
CatalogRow<Loss> alignUniformRow();

}  // namespace eq::loss

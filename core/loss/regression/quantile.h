#pragma once

#include "core/base/catalog.h"
#include "core/loss/element_loss.h"

namespace eq::loss {

/// max(τu, (τ-1)u) with u = target - prediction; with a list of τ the prediction has one column a
/// quantile and the element's value is their mean. Koenker and Bassett 1978.
CatalogRow<Loss> quantileRow();

}  // namespace eq::loss

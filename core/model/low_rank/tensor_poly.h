#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Additions of low rank whose matrices are sums of Kronecker products, weighed by each task.
CatalogRow<Model, const Setting&> tensorPolyRow();

}  // namespace eq::model

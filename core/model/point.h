#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// The parameters of an analytic problem themselves: the trunk is the point x, head k the k-th loss
/// at it.
CatalogRow<Model, const Setting&> pointRow();

}  // namespace eq::model

#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A linear map of the inputs for each task, a subject, before a base that all share.
CatalogRow<Model, const Setting&> subjectAdaptersRow();

}  // namespace eq::model

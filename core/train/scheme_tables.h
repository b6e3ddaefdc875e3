#pragma once

#include <vector>

#include "core/train/scheme_catalog.h"

namespace eq::train {

using SchemeRow = CatalogRow<Scheme, const SchemeSetting&>;

/// From core/train/scheme/table.cpp.
std::vector<SchemeRow> schemeRows();

}  // namespace eq::train

#pragma once

#include <vector>

#include "core/train/front_catalog.h"

namespace eq::train {

using FrontRow = CatalogRow<FrontMethod, const FrontSetting&>;

/// From core/train/front/table.cpp.
std::vector<FrontRow> frontRows();

}  // namespace eq::train

#pragma once

#include <vector>

#include "core/base/catalog.h"

namespace eq::model {

class Model;
struct Setting;

// The rows of each family, from core/model/<family>/table.cpp; the catalog joins them with those of
// the top in this order.

/// Models whose structure is learned or grows, and what tasks change of a common base.
std::vector<CatalogRow<Model, const Setting&>> structureRows();

}  // namespace eq::model

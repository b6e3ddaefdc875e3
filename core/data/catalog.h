#pragma once

#include "core/base/catalog.h"

namespace eq::data {

class Dataset;

/// Every dataset. Relative paths in its parameters are taken from the experiment's folder, then
/// from the samples'. To add one: a file pair core/data/<id>.h/.cpp, one row in catalog.cpp, one
/// test, one line in CHANGELOG.md.
const Catalog<Dataset>& catalog();

}  // namespace eq::data

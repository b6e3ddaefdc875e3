#pragma once

#include "core/base/catalog.h"

namespace eq::model {

class Model;
struct Setting;

/// Every model. To add one: a file pair core/model/<family>/<id>.h/.cpp, one row in the family's
/// table.cpp, one case in tests/core/gradient/tst_owners.cpp and in tst_architectures.cpp beside
/// (core/train), one line in CHANGELOG.md.
const Catalog<Model, const Setting&>& catalog();

}  // namespace eq::model

#pragma once

#include "core/base/catalog.h"

namespace eq::model {

class Model;
struct Setting;

/// Every model. To add one: a file pair core/model/<id>.h/.cpp, one row in catalog.cpp, one row in
/// tests/core/model/tst_model.cpp, one line in CHANGELOG.md.
const Catalog<Model, const Setting&>& catalog();

}  // namespace eq::model

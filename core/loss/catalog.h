#pragma once

#include "core/base/catalog.h"

namespace eq::loss {

class Loss;

/// Every loss. To add one: a file pair core/loss/<family>/<id>.h/.cpp, one row in that family's
/// table.cpp, one row in tests/core/loss/<family>/, one line in CHANGELOG.md.
const Catalog<Loss>& catalog();

}  // namespace eq::loss

#pragma once

#include "core/base/catalog.h"

namespace eq::loss {

class Loss;

/// Every loss. To add one: a file pair core/loss/<id>.h/.cpp (or its family's), one row in
/// catalog.cpp, one row in tests/core/loss/tst_<family>.cpp, one line in CHANGELOG.md.
const Catalog<Loss>& catalog();

}  // namespace eq::loss

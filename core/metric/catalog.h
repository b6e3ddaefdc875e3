#pragma once

#include "core/base/catalog.h"

namespace eq::metric {

class Metric;

/// Every metric. Traits: "direction" is "max" where higher is better, "min" where lower is, so that
/// tables can mark the best; "range" is [lowest, highest] of the value, null for no end; "unit" is
/// "" for shares and "target" for the target's own; "nullable" lists the input fields in which null
/// is read as unknown; "examples" is false where the input is not made of examples that a bootstrap
/// can draw anew, or names the field that says which rows are one. To add one: a file pair
/// core/metric/<family>/<id>.h/.cpp, one row in that family's table.cpp, one row in
/// tests/core/metric/<family>/, one line in CHANGELOG.md.
const Catalog<Metric>& catalog();

}  // namespace eq::metric

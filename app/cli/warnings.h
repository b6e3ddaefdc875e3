#pragma once

#include <iosfwd>
#include <vector>

#include "core/data/warning.h"

namespace eq::cli {

/// One line each: `wine.csv:17: column "ash": ...`.
void printWarnings(const std::vector<data::Warning>& warnings, std::ostream& err);

}  // namespace eq::cli

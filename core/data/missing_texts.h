#pragma once

#include <string>
#include <vector>

namespace eq::data {

/// Texts that stand for no value in any column, as the usual tools write them.
const std::vector<std::string>& usualMissing();

/// Texts that stand for no value among numbers and dates; elsewhere they may be a category.
const std::vector<std::string>& usualMissingNumbers();

}  // namespace eq::data

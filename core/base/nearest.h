#pragma once

#include <string>
#include <vector>

namespace eq {

/// Letters to add, drop or change between two texts.
size_t editDistance(const std::string& a, const std::string& b);

/// For messages: all names where they are few, else the nearest to `name` and how many there are.
std::string namesNear(const std::string& name, const std::vector<std::string>& names);

}  // namespace eq

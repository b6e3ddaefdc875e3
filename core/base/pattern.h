#pragma once

#include <string_view>

namespace eq {

/// Whether a name fits a pattern, in which `*` stands for any characters and `?` for any one.
bool fitsPattern(std::string_view name, std::string_view pattern);

}  // namespace eq

#pragma once

#include <string>
#include <string_view>

namespace eq::data {

/// \throws Error `wine.csv:3: byte 8 is not UTF-8 ...` for other bytes, zero bytes and UTF-16.
void requireUtf8(std::string_view text, const std::string& name);

}  // namespace eq::data
